/**
 * The client library and the server's own code in one process, with a clock that is turned by hand: what was said comes into
 * the log once, whatever was lost on the way and however long one was away. Storms of it are in `simulation_test.ts`.
 * @module
 */
import assert from "node:assert/strict";
import { EmbeddedBus, type Store } from "../../lib/chat/embedded_bus.ts";
import { Hub } from "../../lib/chat/hub.ts";
import { JsonConversation } from "../../lib/chat/json_conversation.ts";
import { Turns } from "../../lib/chat/turns.ts";
import { MemoryStore } from "../../lib/chat/memory_store.ts";
import type { SessionContext } from "../../lib/chat/session.ts";
import type { Deed, Draft } from "../../lib/core/entries.ts";
import type { Retention } from "../../lib/core/room_log.ts";
import { type Chat, connect, type Delivery, type Room } from "../../static/client.js";
import { search } from "../../static/client/search.js";
import type { Socket, Surroundings } from "../../static/client/surroundings.js";
import {
  AMPLE,
  counter,
  FakeClock,
  FakeIdentities,
  FakeSocket,
  name,
  room,
  settle,
  UNLIMITED,
} from "../fakes.ts";
import { user } from "../core/list_shelf.ts";

const HOUR_MS = 60 * 60_000;
const RECOVER_LIMIT = 5;
const LOBBY = room("lobby");

/** A clock that can be put on, as nobody who sleeps then notices. */
class LeapingClock extends FakeClock {
  #leaptMs = 0;

  override now(): number {
    return super.now() + this.#leaptMs;
  }

  override date(): number {
    return super.date() + this.#leaptMs;
  }

  leap(ms: number): void {
    this.#leaptMs += ms;
  }
}

/** A server whose log can be put back, or lost. */
class Service implements Disposable {
  readonly clock = new LeapingClock();
  readonly #identities = new FakeIdentities();
  readonly #retention: Retention;
  readonly #drawEpoch = counter("epoch");
  readonly #drawId = counter("id");
  readonly #drafts: Draft[] = [];
  #life = new AbortController();
  #bus: EmbeddedBus;
  #context: SessionContext;

  constructor(retention: Partial<Retention> = {}) {
    this.#retention = { ...AMPLE, ...retention };
    [this.#bus, this.#context] = this.#start(this.#makeStore());
  }

  /** Somebody connects. */
  begin(socket: FakeSocket): JsonConversation {
    return new JsonConversation(socket, this.#context);
  }

  /** Somebody else says something, so often. */
  async babble(count: number): Promise<void> {
    for (let said = 0; said < count; said++) {
      await this.#bus.publish(this.#draft({ kind: "said", text: "babble" }));
    }
    await settle();
  }

  /** It is another one, with the first so many entries of its log, or with an empty one in a new epoch. */
  async restart(kept: number | "nothing"): Promise<void> {
    this.#life.abort();
    this.#life = new AbortController();
    const drafts = this.#drafts.splice(0);
    const store = this.#makeStore(kept === "nothing" ? undefined : "epoch1");
    for (const draft of kept === "nothing" ? [] : drafts.slice(0, kept)) await store.append(draft);
    [this.#bus, this.#context] = this.#start(store);
  }

  /** What stands in the log, as the texts they have by now; an edit as its text too, a reaction as its emoji. */
  async log(): Promise<string[]> {
    const { entries } = await this.#bus.replay(LOBBY, { epoch: "epoch1", seq: 0 }, 1_000);
    return entries.map(({ deed }) =>
      "text" in deed ? deed.text : deed.kind === "reacted" ? deed.emoji : deed.kind
    ).filter((text) => text !== "babble");
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }

  #draft(deed: Deed): Draft {
    const id = this.#drawId();
    return { room: LOBBY, user: user("user_bob"), name: name("Bob"), id, deed };
  }

  /** Each call of `append` draws an epoch, and the first one counts. */
  #makeStore(epoch?: string): Store {
    const drawEpoch = epoch === undefined ? this.#drawEpoch : () => epoch;
    const store = new MemoryStore(this.clock, this.#retention, drawEpoch);
    return {
      append: async (draft) => {
        const outcome = await store.append(draft);
        if (outcome.kind === "entered") this.#drafts.push(draft);
        return outcome;
      },
      replay: (id, since, limit) => store.replay(id, since, limit),
      page: (id, before, limit) => store.page(id, before, limit),
      standing: (id, who) => store.standing(id, who),
      markRead: (id, who, read) => store.markRead(id, who, read),
      probe: () => store.probe(),
      problems: () => store.problems(),
    };
  }

  #start(store: Store): [EmbeddedBus, SessionContext] {
    const { clock } = this;
    const bus = new EmbeddedBus(store, clock);
    const common = { clock, bus, random: () => 0, guestName: "guest", drawId: this.#drawId };
    const hub = new Hub({ ...common, node: "node", recoverLimit: RECOVER_LIMIT });
    const limits = {
      ...{ maxTextBytes: 1_000, maxMessageBytes: 10_000, maxRooms: 3 },
      ...{ messagesPerSecond: 0, bytesPerSecond: 0, recoverLimit: RECOVER_LIMIT },
    };
    const card = { server: { name: "parley", version: "0" }, limits, heartbeat: { seconds: 25 } };
    const { signal } = this.#life;
    this.#carry(bus, hub, signal);
    hub.run(signal);
    return [bus, {
      ...common,
      ...limits,
      limits: UNLIMITED,
      readTurns: new Turns(16),
      hub,
      identities: this.#identities,
      card,
    }];
  }

  async #carry(bus: EmbeddedBus, hub: Hub, signal: AbortSignal): Promise<void> {
    for await (const heard of bus.announcements(signal)) hub.receive(heard);
  }
}

/** The network of one machine: what may be lost on it is for the test to say. */
class Machine implements Surroundings {
  readonly storage = new Keeper();
  /** Whether there is a way to the server. */
  isUp = true;
  /** What becomes of a deed that is sent: it gets there, it is lost with all that follows, or it hangs until it is let go. */
  sending: "works" | "is lost" | "hangs" = "works";
  /** Frames of the server's that do not get here. */
  deafTo: RegExp | undefined;
  /** How far its clock is wrong. */
  skewMs = 0;
  readonly #service: Service;
  readonly #hung: (() => void)[] = [];
  readonly #open = new Set<Line>();

  constructor(service: Service) {
    this.#service = service;
  }

  /** Opens a page. */
  page(options: { limit?: number } = {}): Page {
    const chat = connect("ws://machine/ws", { storage: this.storage, surroundings: this });
    return { chat, lobby: chat.join("lobby", { limit: 2, ...options }) };
  }

  /** The connections end, and there are no new ones. */
  async cut(): Promise<void> {
    this.isUp = false;
    for (const line of this.#open) line.end();
    await settle();
  }

  /** There is a way again, and nothing is wrong with it. */
  async mend(): Promise<void> {
    this.isUp = true;
    this.deafTo = undefined;
    this.sending = "works";
    await this.#service.clock.advance(25_000);
  }

  /** What hung gets there at last. */
  async letGo(): Promise<void> {
    for (const arrive of this.#hung.splice(0)) arrive();
    await settle();
  }

  open(): Line {
    const line: Line = new Line(this.#service, {
      passes: (frame, arrive) => {
        if (this.sending === "works" || !/"type":"(say|edit|delete|react)"/.test(frame)) arrive();
        else if (this.sending === "hangs") this.#hung.push(arrive);
      },
      hears: (frame) => !this.deafTo?.test(frame),
      ended: () => this.#open.delete(line),
    });
    if (this.isUp) this.#open.add(line);
    queueMicrotask(() => this.isUp ? line.begin() : line.end());
    return line;
  }

  now(): number {
    return this.#service.clock.date() + this.skewMs;
  }

  draw(): number {
    return 0.5;
  }

  after(deed: () => void, ms: number): () => void {
    const life = new AbortController();
    this.#service.clock.sleep(ms, life.signal).then(() => life.signal.aborted || deed());
    return () => life.abort();
  }

  onWake(): () => void {
    return () => {};
  }
}

interface Page {
  readonly chat: Chat;
  readonly lobby: Room;
}

interface Way {
  passes(frame: string, arrive: () => void): void;
  hears(frame: string): boolean;
  ended(): void;
}

/** A WebSocket that leads straight into a conversation. */
class Line implements Socket {
  readonly protocol = "chat.v1.json";
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  readonly #service: Service;
  readonly #way: Way;
  #conversation: JsonConversation | undefined;

  constructor(service: Service, way: Way) {
    this.#service = service;
    this.#way = way;
  }

  begin(): void {
    const socket = new FakeSocket();
    socket.send = (message) => {
      const frames = String(message).split("\n").filter((frame) => this.#way.hears(frame));
      if (frames.length > 0) this.onmessage?.({ data: frames.join("\n") });
    };
    this.#conversation = this.#service.begin(socket);
    this.onopen?.({});
  }

  /** It breaks: the server learns of it at once, but what hangs is still on its way to it. */
  end(): void {
    this.#way.ended();
    this.onclose?.({ code: 1006, reason: "" });
  }

  send(frame: string): void {
    this.#way.passes(frame, () => this.#conversation?.receive(frame));
  }

  close(): void {
    this.#way.ended();
  }
}

/** A storage as a browser has it. */
class Keeper {
  readonly #kept = new Map<string, string>();

  get length(): number {
    return this.#kept.size;
  }

  key(index: number): string | null {
    return [...this.#kept.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#kept.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#kept.set(key, value);
  }

  removeItem(key: string): void {
    this.#kept.delete(key);
  }

  /** The keys of what is still on its way. */
  get deeds(): readonly string[] {
    return [...this.#kept.keys()].filter((key) => key.includes(" deed."));
  }
}

/** A page that has joined, on a machine, and the server. */
async function open(retention?: Partial<Retention>) {
  const service = new Service(retention);
  const machine = new Machine(service);
  const page = machine.page();
  await settle();
  return { service, machine, ...page, [Symbol.dispose]: () => service[Symbol.dispose]() };
}

/** Says something of which no answer comes: it is done, or it is not. */
async function sayInDoubt(machine: Machine, put: () => Delivery, isDone: boolean) {
  const { promise, resolve } = Promise.withResolvers<void>();
  machine.deafTo = isDone ? /./ : undefined;
  machine.sending = isDone ? "works" : "is lost";
  const delivery = put();
  delivery.state.subscribe(({ kind }) => kind === "sending" && resolve());
  await promise;
  await settle();
  await machine.cut();
  assert.equal(delivery.state.value.kind, "waiting");
  return delivery;
}

/** Nothing is on its way any more, and nobody was asked. */
function assertSettled(machine: Machine, { chat }: Pick<Page, "chat">, delivery: Delivery): void {
  assert.equal(delivery.state.value.kind, "sent");
  assert.deepEqual(chat.outbox.value, []);
  assert.deepEqual(machine.storage.deeds, []);
}

const MISSED = [
  ["what came meanwhile", 1, AMPLE.messages],
  ["what the replay is too short for", RECOVER_LIMIT + 5, AMPLE.messages],
  ["pages of history", 450, AMPLE.messages],
] as const;

for (const [what, missed, messages] of MISSED) {
  for (const isDone of [true, false]) {
    Deno.test(`after an hour and ${what}, a text that was ${isDone ? "" : "not "}said stands there once, and nobody is asked`, async () => {
      using it = await open({ messages });
      const { service, machine, lobby } = it;
      const states: string[] = [];
      await service.babble(1);
      const delivery = await sayInDoubt(machine, () => lobby.say("hello"), isDone);
      delivery.state.subscribe(({ kind }) => states.push(kind));
      const next = lobby.say("and then");
      service.clock.leap(HOUR_MS);
      await service.babble(missed);
      await machine.mend();
      assert.deepEqual(await service.log(), ["hello", "and then"]);
      assertSettled(machine, it, delivery);
      assert.equal(next.state.value.kind, "sent");
      assert.ok(!states.includes("unsure"));
    });
  }
}

for (const isDone of [true, false]) {
  const was = `was ${isDone ? "" : "not "}said`;

  Deno.test(`what ${was} before all that the history has is asked about, and sent again or given up`, async () => {
    for (const answer of ["sendAgain", "discard"] as const) {
      using it = await open({ messages: 20, entries: 20 });
      const { service, machine, lobby, chat } = it;
      await service.babble(1);
      const delivery = await sayInDoubt(machine, () => lobby.say("hello"), isDone);
      const next = lobby.say("and then");
      service.clock.leap(HOUR_MS);
      await service.babble(30);
      await machine.mend();
      assert.equal(delivery.state.value.kind, "unsure");
      assert.deepEqual(chat.outbox.value, [delivery]);
      assert.equal(next.state.value.kind, "sent");
      assert.deepEqual(await service.log(), ["and then"]);
      delivery[answer]();
      await settle();
      assert.deepEqual(
        await service.log(),
        answer === "sendAgain" ? ["and then", "hello"] : ["and then"],
      );
      assert.equal(delivery.state.value.kind, answer === "sendAgain" ? "sent" : "discarded");
      assert.deepEqual([chat.outbox.value, machine.storage.deeds], [[], []]);
    }
  });

  Deno.test(`what ${was} is asked about where all of that time is too old to be kept`, async () => {
    using it = await open({ ageMs: HOUR_MS / 2 });
    const { service, machine, lobby } = it;
    const delivery = await sayInDoubt(machine, () => lobby.say("hello"), isDone);
    if (!isDone) await service.babble(1);
    service.clock.leap(HOUR_MS);
    await machine.mend();
    assert.equal(delivery.state.value.kind, "unsure");
  });

  Deno.test(`what ${was} stands there once, though one comes back as another user`, async () => {
    using it = await open();
    const { service, machine, lobby, chat } = it;
    const before = chat.me.value?.user;
    const delivery = await sayInDoubt(machine, () => lobby.say("hello"), isDone);
    machine.storage.removeItem("parley ws://machine/ws resume");
    await service.clock.advance(2 * 60_000);
    await machine.mend();
    assert.notEqual(chat.me.value?.user, before);
    assert.deepEqual(await service.log(), ["hello"]);
    assertSettled(machine, it, delivery);
  });

  Deno.test(`what ${was} stands there once, though the page was loaded anew before the answer came`, async () => {
    for (const awayMs of [1_000, HOUR_MS]) {
      using it = await open();
      const { service, machine, lobby, chat } = it;
      await service.babble(1);
      await sayInDoubt(machine, () => lobby.say("hello"), isDone);
      chat.close();
      service.clock.leap(awayMs);
      await service.babble(10);
      const next = machine.page();
      const [delivery] = next.chat.outbox.value;
      assert.ok(delivery);
      await machine.mend();
      assert.deepEqual(await service.log(), ["hello"]);
      assertSettled(machine, next, delivery);
    }
  });

  Deno.test(`an edit that ${was.replace("said", "made")} is asked about where not all was told since`, async () => {
    using it = await open();
    const { service, machine, lobby } = it;
    const { position } = await lobby.say("hello").sent;
    const edit = await sayInDoubt(machine, () => lobby.edit(position, "hello, all"), isDone);
    service.clock.leap(HOUR_MS);
    await service.babble(RECOVER_LIMIT + 1);
    await machine.mend();
    assert.equal(edit.state.value.kind, "unsure");
    assert.deepEqual(await service.log(), isDone ? ["hello, all", "hello, all"] : ["hello"]);
  });

  Deno.test(`an edit that ${was.replace("said", "made")} stands there once where all was told since`, async () => {
    using it = await open();
    const { service, machine, lobby } = it;
    const { position } = await lobby.say("hello").sent;
    const edit = await sayInDoubt(machine, () => lobby.edit(position, "hello, all"), isDone);
    service.clock.leap(HOUR_MS);
    await service.babble(1);
    await machine.mend();
    assert.deepEqual(await service.log(), ["hello, all", "hello, all"]);
    assertSettled(machine, it, edit);
  });

  Deno.test(`a reaction and a deletion that ${was.replace("said", "done")} are sent again without a question`, async () => {
    for (const type of ["react", "delete"] as const) {
      using it = await open();
      const { service, machine, lobby } = it;
      const { position } = await lobby.say("hello").sent;
      const put = () => type === "react" ? lobby.react(position, "👋") : lobby.delete(position);
      const delivery = await sayInDoubt(machine, put, isDone);
      service.clock.leap(HOUR_MS);
      await service.babble(RECOVER_LIMIT + 1);
      await machine.mend();
      assertSettled(machine, it, delivery);
      const { messages: [message] } = await lobby.history({ before: "epoch1:2" });
      if (type === "react") assert.deepEqual(Object.keys(message?.reactions ?? {}), ["👋"]);
      else assert.equal(message?.deleted, true);
    }
  });

  Deno.test(`what ${was} is asked about, or found, where the clock was put back`, async () => {
    using it = await open();
    const { service, machine, lobby } = it;
    const delivery = await sayInDoubt(machine, () => lobby.say("hello"), isDone);
    machine.skewMs = -HOUR_MS;
    await machine.mend();
    assert.equal(delivery.state.value.kind, isDone ? "sent" : "unsure");
    assert.deepEqual(await service.log(), isDone ? ["hello"] : []);
  });

  Deno.test(`what ${was} stands there once where two pages on one storage come back after an hour`, async () => {
    using it = await open();
    const { service, machine, lobby, chat } = it;
    await service.babble(1);
    const other = machine.page();
    await settle();
    const delivery = await sayInDoubt(machine, () => lobby.say("hello"), isDone);
    const third = machine.page();
    service.clock.leap(HOUR_MS);
    await service.babble(10);
    await machine.mend();
    assert.deepEqual(await service.log(), ["hello"]);
    assertSettled(machine, { chat }, delivery);
    assert.deepEqual([other.chat.outbox.value, third.chat.outbox.value], [[], []]);
  });
}

Deno.test("what another user of the same page may still have on its way is waited for", async () => {
  using it = await open();
  const { service, machine, lobby, chat } = it;
  machine.sending = "hangs";
  const delivery = lobby.say("hello");
  await settle();
  await machine.cut();
  machine.storage.removeItem("parley ws://machine/ws resume");
  await machine.mend();
  assert.equal(chat.state.value.kind, "online");
  assert.equal(delivery.state.value.kind, "waiting");
  await machine.letGo();
  await service.clock.advance(60_000);
  assert.deepEqual(await service.log(), ["hello"]);
  assertSettled(machine, it, delivery);
});

Deno.test("what another user of the same page had on its way and never came is said after a minute", async () => {
  using it = await open();
  const { service, machine, lobby } = it;
  const delivery = await sayInDoubt(machine, () => lobby.say("hello"), false);
  machine.storage.removeItem("parley ws://machine/ws resume");
  await machine.mend();
  assert.deepEqual(await service.log(), []);
  await service.clock.advance(60_000);
  assert.deepEqual(await service.log(), ["hello"]);
  assertSettled(machine, it, delivery);
});

Deno.test("what was sent by one page is not said again by another, which was away and has it too", async () => {
  for (const isOwn of [true, false]) {
    using it = await open();
    const { service, machine, lobby } = it;
    await service.babble(1);
    await machine.cut();
    const delivery = lobby.say("hello");
    // A machine of its own, so that one page is online while the other is not.
    const elsewhere = Object.assign(new Machine(service), { storage: machine.storage });
    const other = elsewhere.page();
    const [away, back] = isOwn ? [machine, elsewhere] : [elsewhere, machine];
    await away.cut();
    await back.mend();
    assert.deepEqual(await service.log(), ["hello"]);
    assert.deepEqual(machine.storage.deeds, []);
    service.clock.leap(HOUR_MS);
    await service.babble(450);
    await away.mend();
    assert.deepEqual(await service.log(), ["hello"]);
    assert.deepEqual([it.chat.outbox.value, other.chat.outbox.value], [[], []]);
    assert.equal(delivery.state.value.kind, isOwn ? "discarded" : "sent");
  }
});

Deno.test("what a page has sent and not heard of again is not said by another, which believes that it was never sent", async () => {
  using it = await open();
  const { service, machine, lobby } = it;
  await service.babble(1);
  await machine.cut();
  lobby.say("hello");
  const elsewhere = Object.assign(new Machine(service), { storage: machine.storage });
  await elsewhere.cut();
  const other = elsewhere.page();
  await settle();
  // It gets there; the page hears nothing of it, and is gone.
  machine.deafTo = /"type":"(said|ack)"/;
  machine.isUp = true;
  await service.clock.advance(25_000);
  assert.deepEqual(await service.log(), ["hello"]);
  assert.equal(machine.storage.deeds.length, 1);
  it.chat.close();
  service.clock.leap(HOUR_MS);
  await service.babble(450);
  await elsewhere.mend();
  assert.deepEqual(await service.log(), ["hello"]);
  assert.deepEqual([other.chat.outbox.value, machine.storage.deeds], [[], []]);
});

Deno.test("what waits is sent though the storage was emptied meanwhile", async () => {
  using it = await open();
  const { service, machine, lobby } = it;
  await machine.cut();
  const delivery = lobby.say("hello");
  for (const key of Array.from({ length: machine.storage.length }, () => machine.storage.key(0))) {
    machine.storage.removeItem(key ?? "");
  }
  await machine.mend();
  assert.deepEqual(await service.log(), ["hello"]);
  assertSettled(machine, it, delivery);
});

Deno.test("an acknowledged text is said again where the log was put back before it was told", async () => {
  using it = await open();
  const { service, machine, lobby } = it;
  await lobby.say("first").sent;
  await settle();
  machine.deafTo = /"type":"said"/;
  const delivery = lobby.say("second");
  await delivery.sent;
  assert.deepEqual(it.chat.outbox.value, [delivery]);
  await machine.cut();
  assert.deepEqual(await service.log(), ["first", "second"]);
  await service.restart(1);
  assert.deepEqual(await service.log(), ["first"]);
  await machine.mend();
  assert.deepEqual(await service.log(), ["first", "second"]);
  assertSettled(machine, it, delivery);
});

for (
  const [what, kept, reason] of [["put back", 1, "rewound"], [
    "lost",
    "nothing",
    "unknown_epoch",
  ]] as const
) {
  Deno.test(`what was not answered is said where the log was ${what}, and the caller is told so`, async () => {
    using it = await open();
    const { service, machine, lobby } = it;
    const reasons: unknown[] = [];
    lobby.events.subscribe((event) => event.type === "opened" && reasons.push(event.reason));
    for (const text of ["one", "two", "three"]) await lobby.say(text).sent;
    const delivery = await sayInDoubt(machine, () => lobby.say("hello"), true);
    await service.restart(kept);
    await service.clock.advance(1_000);
    await machine.mend();
    assert.deepEqual(reasons, [reason]);
    assertSettled(machine, it, delivery);
    const { messages } = await lobby.history();
    assert.deepEqual(
      messages.map(({ text }) => text),
      kept === 1 ? ["one", "hello"] : ["hello"],
    );
  });
}

Deno.test("a text of an epoch that nobody knows any more is asked about after an hour", async () => {
  using it = await open();
  const { service, machine, lobby } = it;
  await lobby.say("one").sent;
  const delivery = await sayInDoubt(machine, () => lobby.say("hello"), true);
  await service.restart("nothing");
  await service.babble(2);
  service.clock.leap(HOUR_MS);
  await machine.mend();
  assert.equal(delivery.state.value.kind, "unsure");
});

Deno.test("a repetition that is acknowledged where it was done long before is settled", async () => {
  using it = await open();
  const { service, machine, lobby, chat } = it;
  await sayInDoubt(machine, () => lobby.say("hello"), true);
  chat.close();
  await service.babble(10);
  const next = machine.page({ limit: 2 });
  const [delivery] = next.chat.outbox.value;
  assert.ok(delivery);
  await machine.mend();
  assertSettled(machine, next, delivery);
  assert.deepEqual(await service.log(), ["hello"]);
});

Deno.test("two pages that are new at the same time are one user", async () => {
  using service = new Service();
  const machine = new Machine(service);
  const [one, other] = [machine.page(), machine.page()];
  await service.clock.advance(5_000);
  assert.equal(one.chat.me.value?.user, other.chat.me.value?.user);
  assert.deepEqual([one, other].map(({ lobby }) => lobby.state.value.kind), ["joined", "joined"]);
});

Deno.test("search() knows what was there before, though another epoch's messages stand before that", async () => {
  const of = (position: string) => ({
    ...{ position, at: 0, user: "user_bob", name: "Bob" },
    ...{ id: position, text: "babble" },
  });
  const record = {
    ...{ id: "a", room: "lobby", deed: { type: "say", text: "hello" } as const, at: 0 },
    ...{ sequence: 1, service: null },
    ...{ sentAt: 0, triedAt: 0, sentAs: "user_ann", after: "new:8", receipt: null, fault: null },
  };
  const messages = ["old:5", "new:7", "new:9"].map(of);
  const { found, isWhole } = await search([record], {
    ...{
      user: "user_ann",
      service: null,
      maxMessageBytes: 1_000,
      position: () => "new:9",
      isPast: () => true,
    },
    send: () => {},
    history: () =>
      Promise.resolve({ type: "history", room: "lobby", messages, more: false, position: "new:9" }),
  });
  assert.deepEqual([found.size, isWhole("new:8"), isWhole("new:6")], [0, true, false]);
});
