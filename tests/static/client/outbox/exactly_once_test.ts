/**
 * The client library and the server's own code in one process, with a manual clock: every message is stored once,
 * whatever was lost and however long the client was offline. `simulation_test.ts` tests this under random faults.
 * @module
 */
import assert from "node:assert/strict";
import { noMembers } from "../../../support/identity/members.ts";
import { roomServices } from "../../../support/rooms.ts";
import { NO_TOKENS } from "../../../../lib/io/auth/authenticators/load_authenticator.ts";
import { EmbeddedBus, type Store } from "../../../../lib/chat/bus/embedded_bus.ts";
import { AddressSanctions } from "../../../../lib/chat/moderation/address_sanctions.ts";
import { GuestPace } from "../../../../lib/chat/moderation/guest_pace.ts";
import { Sanctions } from "../../../../lib/chat/moderation/sanctions.ts";
import { WordFilter } from "../../../../lib/chat/moderation/word_filter.ts";
import { Hub } from "../../../../lib/chat/room/hub.ts";
import { JsonHandler } from "../../../../lib/chat/handlers/json_handler.ts";
import { ConcurrencyLimit } from "../../../../lib/chat/concurrency_limit.ts";
import { MemoryStore } from "../../../../lib/chat/bus/memory_store.ts";
import type { SessionContext } from "../../../../lib/chat/session/session.ts";
import type { Action, Draft } from "../../../../lib/core/log/entry.ts";
import type { Retention } from "../../../../lib/core/log/retention.ts";
import { type Chat, connect, type Delivery, type Room } from "../../../../static/client.js";
import { searchHistory } from "../../../../static/client/outbox/history_search.js";
import type { Platform, Socket } from "../../../../static/client/connection/platform.js";
import {
  AMPLE,
  counter,
  FakeClock,
  FakeSessionTokens,
  FakeSocket,
  FakeTickets,
  flushMicrotasks,
  name,
  noRevocations,
  room,
  UNLIMITED,
} from "../../../support/fakes.ts";
import { MemoryUsedTokens } from "../../../../lib/io/auth/memory_used_tokens.ts";
import { user } from "../../../core/log/list_room_storage.ts";

const HOUR_MS = 60 * 60_000;
const RECOVER_LIMIT = 5;
const LOBBY = room("lobby");

/** A clock that can be set forward without waking sleepers. */
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

/** A server whose log can be rolled back or lost. */
class Service implements Disposable {
  readonly clock = new LeapingClock();
  readonly #sessionTokens = new FakeSessionTokens();
  readonly #usedTokens = new MemoryUsedTokens(this.clock);
  readonly #retention: Retention;
  readonly #drawEpoch = counter("epoch");
  readonly #newId = counter("id");
  readonly #drafts: Draft[] = [];
  #life = new AbortController();
  #bus: EmbeddedBus;
  #context: SessionContext;

  constructor(retention: Partial<Retention> = {}) {
    this.#retention = { ...AMPLE, ...retention };
    [this.#bus, this.#context] = this.#start(this.#makeStore());
  }

  /** Opens a connection. */
  connect(socket: FakeSocket): JsonHandler {
    return new JsonHandler(socket, this.#context);
  }

  /** Publishes entries by another user. */
  async publishNoise(count: number): Promise<void> {
    for (let said = 0; said < count; said++) {
      await this.#bus.publish(this.#draft({ kind: "said", text: "babble" }));
    }
    await flushMicrotasks();
  }

  /** Restarts the server with the first entries of its log, or with an empty log in a new epoch. */
  async restart(kept: number | "nothing"): Promise<void> {
    this.#life.abort();
    this.#life = new AbortController();
    const drafts = this.#drafts.splice(0);
    const store = this.#makeStore(kept === "nothing" ? undefined : "epoch1");
    for (const draft of kept === "nothing" ? [] : drafts.slice(0, kept)) await store.append(draft);
    [this.#bus, this.#context] = this.#start(store);
  }

  /** The log's current texts; for an edit its text, for a reaction its emoji. */
  async log(): Promise<string[]> {
    const { entries } = await this.#bus.replay(LOBBY, { epoch: "epoch1", seq: 0 }, 1_000);
    return entries.map(({ action }) =>
      "text" in action ? action.text : action.kind === "reacted" ? action.emoji : action.kind
    ).filter((text) => text !== "babble");
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }

  #draft(action: Action): Draft {
    const id = this.#newId();
    return { room: LOBBY, user: user("user_bob"), name: name("Bob"), id, action };
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
      tops: (ids) => store.tops(ids),
      page: (id, before, limit) => store.page(id, before, limit),
      pageAfter: (id, after, limit) => store.pageAfter(id, after, limit),
      state: (id) => store.state(id),
      admission: (id, who) => store.admission(id, who),
      receipt: (id, who, draftId) => store.receipt(id, who, draftId),
      readState: (id, who, after) => store.readState(id, who, after),
      markRead: (id, who, read) => store.markRead(id, who, read),
      probe: () => store.probe(),
      problems: () => store.problems(),
    };
  }

  #start(store: Store): [EmbeddedBus, SessionContext] {
    const { clock } = this;
    const bus = new EmbeddedBus(store, clock);
    const common = { clock, bus, random: () => 0, guestName: "guest", newId: this.#newId };
    const members = noMembers(clock);
    const { names } = members;
    const hub = new Hub({ ...common, names, node: "node", recoverLimit: RECOVER_LIMIT });
    const limits = {
      ...{ maxTextBytes: 1_000, maxMessageBytes: 10_000, maxRooms: 3 },
      ...{ messagesPerSecond: 0, bytesPerSecond: 0, recoverLimit: RECOVER_LIMIT },
    };
    const serverInfo = {
      server: { name: "parley", version: "0" },
      limits,
      heartbeat: { seconds: 25 },
    };
    const sanctions = new Sanctions(clock);
    const { signal } = this.#life;
    this.#forward(bus, hub, signal);
    hub.run(signal);
    return [bus, {
      ...common,
      ...limits,
      limits: UNLIMITED,
      readLimit: new ConcurrencyLimit(16),
      appsModerate: false,
      hub,
      sessionTokens: this.#sessionTokens,
      authenticator: NO_TOKENS,
      tickets: new FakeTickets(),
      usedTokens: this.#usedTokens,
      words: new WordFilter(),
      sanctions,
      addressSanctions: new AddressSanctions({ ...common, sanctions, pace: new GuestPace() }),
      revocations: noRevocations(),
      ...members,
      ...roomServices({ bus, hub, clock }),
      auth: "open",
      roomCreation: "anyone",
      serverInfo,
    }];
  }

  async #forward(bus: EmbeddedBus, hub: Hub, signal: AbortSignal): Promise<void> {
    for await (const announcements of bus.announcements(signal)) hub.dispatch(announcements);
  }
}

/** The network of one machine, with faults that the test sets. */
class Machine implements Platform {
  readonly storage = new SharedStorage();
  /** Whether the server can be reached. */
  isUp = true;
  /** What happens to a sent action: it arrives, it is lost with all later ones, or it hangs until released. */
  sending: "works" | "is lost" | "hangs" = "works";
  /** Server frames that are dropped. */
  dropped: RegExp | undefined;
  /** The error of the machine's clock. */
  skewMs = 0;
  readonly #service: Service;
  readonly #hung: (() => void)[] = [];
  readonly #open = new Set<ServiceSocket>();

  constructor(service: Service) {
    this.#service = service;
  }

  /** Opens a page. */
  page(options: { limit?: number } = {}): Page {
    const chat = connect("ws://machine/ws", { storage: this.storage, platform: this });
    return { chat, lobby: chat.join("lobby", { limit: 2, ...options }) };
  }

  /** Ends all connections, and allows no new ones. */
  async cut(): Promise<void> {
    this.isUp = false;
    for (const socket of this.#open) socket.end();
    await flushMicrotasks();
  }

  /** Restores the network, without faults. */
  async restore(): Promise<void> {
    this.isUp = true;
    this.dropped = undefined;
    this.sending = "works";
    await this.#service.clock.advance(25_000);
  }

  /** Releases the actions that hang. */
  async releaseHung(): Promise<void> {
    for (const arrive of this.#hung.splice(0)) arrive();
    await flushMicrotasks();
  }

  open(): ServiceSocket {
    const line: ServiceSocket = new ServiceSocket(this.#service, {
      onSend: (frame, arrive) => {
        if (this.sending === "works" || !/"type":"(say|edit|delete|react)"/.test(frame)) arrive();
        else if (this.sending === "hangs") this.#hung.push(arrive);
      },
      isReceived: (frame) => !this.dropped?.test(frame),
      onClose: () => this.#open.delete(line),
    });
    if (this.isUp) this.#open.add(line);
    queueMicrotask(() => this.isUp ? line.start() : line.end());
    return line;
  }

  now(): number {
    return this.#service.clock.date() + this.skewMs;
  }

  random(): number {
    return 0.5;
  }

  after(action: () => void, ms: number): () => void {
    const life = new AbortController();
    this.#service.clock.sleep(ms, life.signal).then(() => life.signal.aborted || action());
    return () => life.abort();
  }

  onLifecycle(): () => void {
    return () => {};
  }
}

interface Page {
  readonly chat: Chat;
  readonly lobby: Room;
}

interface LineFaults {
  onSend(frame: string, arrive: () => void): void;
  isReceived(frame: string): boolean;
  onClose(): void;
}

/** A WebSocket connected directly to a session. */
class ServiceSocket implements Socket {
  readonly protocol = "chat.v1.json";
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  readonly #service: Service;
  readonly #faults: LineFaults;
  #handler: JsonHandler | undefined;

  constructor(service: Service, faults: LineFaults) {
    this.#service = service;
    this.#faults = faults;
  }

  start(): void {
    const socket = new FakeSocket();
    socket.send = (message) => {
      const frames = String(message).split("\n").filter((frame) => this.#faults.isReceived(frame));
      if (frames.length > 0) this.onmessage?.({ data: frames.join("\n") });
    };
    this.#handler = this.#service.connect(socket);
    this.onopen?.({});
  }

  /** The connection breaks: the server notices at once, but hanging actions can still arrive. */
  end(): void {
    this.#faults.onClose();
    this.onclose?.({ code: 1006, reason: "" });
  }

  send(frame: string): void {
    this.#faults.onSend(frame, () => this.#handler?.onMessage(frame));
  }

  close(): void {
    this.#faults.onClose();
  }
}

/** A browser's storage. */
class SharedStorage {
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

  /** The keys of pending actions. */
  get actions(): readonly string[] {
    return [...this.#kept.keys()].filter((key) => key.includes(" deed."));
  }
}

/** A page that has joined, its machine, and the server. */
async function open(retention?: Partial<Retention>) {
  const service = new Service(retention);
  const machine = new Machine(service);
  const page = machine.page();
  await flushMicrotasks();
  return { service, machine, ...page, [Symbol.dispose]: () => service[Symbol.dispose]() };
}

/** Sends an action that is never answered: it is either done or not. */
async function sayWithoutAnswer(machine: Machine, put: () => Delivery, isDone: boolean) {
  const { promise, resolve } = Promise.withResolvers<void>();
  machine.dropped = isDone ? /./ : undefined;
  machine.sending = isDone ? "works" : "is lost";
  const delivery = put();
  delivery.state.subscribe(({ kind }) => kind === "sending" && resolve());
  await promise;
  await flushMicrotasks();
  await machine.cut();
  assert.equal(delivery.state.value.kind, "waiting");
  return delivery;
}

/** Checks that nothing is pending and that no question was asked. */
function assertSettled(machine: Machine, { chat }: Pick<Page, "chat">, delivery: Delivery): void {
  assert.equal(delivery.state.value.kind, "sent");
  assert.deepEqual(chat.outbox.value, []);
  assert.deepEqual(machine.storage.actions, []);
}

const MISSED = [
  ["what came meanwhile", 1, AMPLE.messages],
  ["more than the replay covers", RECOVER_LIMIT + 5, AMPLE.messages],
  ["pages of history", 450, AMPLE.messages],
] as const;

for (const [what, missed, messages] of MISSED) {
  for (const isDone of [true, false]) {
    Deno.test(`After an hour and ${what}, a text that was ${isDone ? "" : "not "}stored is in the log once, without a question`, async () => {
      using it = await open({ messages });
      const { service, machine, lobby } = it;
      const states: string[] = [];
      await service.publishNoise(1);
      const delivery = await sayWithoutAnswer(machine, () => lobby.say("hello"), isDone);
      delivery.state.subscribe(({ kind }) => states.push(kind));
      const next = lobby.say("and then");
      service.clock.leap(HOUR_MS);
      await service.publishNoise(missed);
      await machine.restore();
      assert.deepEqual(await service.log(), ["hello", "and then"]);
      assertSettled(machine, it, delivery);
      assert.equal(next.state.value.kind, "sent");
      assert.ok(!states.includes("unsure"));
    });
  }
}

for (const isDone of [true, false]) {
  const was = `was ${isDone ? "" : "not "}stored`;

  Deno.test(`A message that ${was}, older than the history, is asked about, and resent or discarded`, async () => {
    for (const answer of ["sendAgain", "discard"] as const) {
      using it = await open({ messages: 20, entries: 20 });
      const { service, machine, lobby, chat } = it;
      await service.publishNoise(1);
      const delivery = await sayWithoutAnswer(machine, () => lobby.say("hello"), isDone);
      const next = lobby.say("and then");
      service.clock.leap(HOUR_MS);
      await service.publishNoise(30);
      await machine.restore();
      assert.equal(delivery.state.value.kind, "unsure");
      assert.deepEqual(chat.outbox.value, [delivery]);
      assert.equal(next.state.value.kind, "sent");
      assert.deepEqual(await service.log(), ["and then"]);
      delivery[answer]();
      await flushMicrotasks();
      assert.deepEqual(
        await service.log(),
        answer === "sendAgain" ? ["and then", "hello"] : ["and then"],
      );
      assert.equal(delivery.state.value.kind, answer === "sendAgain" ? "sent" : "discarded");
      assert.deepEqual([chat.outbox.value, machine.storage.actions], [[], []]);
    }
  });

  Deno.test(`A message that ${was} is asked about when all entries of that time have expired`, async () => {
    using it = await open({ ageMs: HOUR_MS / 2 });
    const { service, machine, lobby } = it;
    const delivery = await sayWithoutAnswer(machine, () => lobby.say("hello"), isDone);
    if (!isDone) await service.publishNoise(1);
    service.clock.leap(HOUR_MS);
    await machine.restore();
    assert.equal(delivery.state.value.kind, "unsure");
  });

  Deno.test(`A message that ${was} is in the log once, even if the client returns as another user`, async () => {
    using it = await open();
    const { service, machine, lobby, chat } = it;
    const before = chat.me.value?.user;
    const delivery = await sayWithoutAnswer(machine, () => lobby.say("hello"), isDone);
    machine.storage.removeItem("parley ws://machine/ws resume");
    await service.clock.advance(2 * 60_000);
    await machine.restore();
    assert.notEqual(chat.me.value?.user, before);
    assert.deepEqual(await service.log(), ["hello"]);
    assertSettled(machine, it, delivery);
  });

  Deno.test(`A message that ${was} is in the log once, even if the page was reloaded before the answer`, async () => {
    for (const awayMs of [1_000, HOUR_MS]) {
      using it = await open();
      const { service, machine, lobby, chat } = it;
      await service.publishNoise(1);
      await sayWithoutAnswer(machine, () => lobby.say("hello"), isDone);
      chat.close();
      service.clock.leap(awayMs);
      await service.publishNoise(10);
      const next = machine.page();
      const [delivery] = next.chat.outbox.value;
      assert.ok(delivery);
      await machine.restore();
      assert.deepEqual(await service.log(), ["hello"]);
      assertSettled(machine, next, delivery);
    }
  });

  Deno.test(`An edit that ${was} is asked about when the client missed entries since`, async () => {
    using it = await open();
    const { service, machine, lobby } = it;
    const { position } = await lobby.say("hello").sent;
    const edit = await sayWithoutAnswer(machine, () => lobby.edit(position, "hello, all"), isDone);
    service.clock.leap(HOUR_MS);
    await service.publishNoise(RECOVER_LIMIT + 1);
    await machine.restore();
    assert.equal(edit.state.value.kind, "unsure");
    assert.deepEqual(await service.log(), isDone ? ["hello, all", "hello, all"] : ["hello"]);
  });

  Deno.test(`An edit that ${was} is in the log once when the client missed no entries since`, async () => {
    using it = await open();
    const { service, machine, lobby } = it;
    const { position } = await lobby.say("hello").sent;
    const edit = await sayWithoutAnswer(machine, () => lobby.edit(position, "hello, all"), isDone);
    service.clock.leap(HOUR_MS);
    await service.publishNoise(1);
    await machine.restore();
    assert.deepEqual(await service.log(), ["hello, all", "hello, all"]);
    assertSettled(machine, it, edit);
  });

  Deno.test(`A reaction and a deletion that ${was.replace("was", "were")} are resent without a question`, async () => {
    for (const type of ["react", "delete"] as const) {
      using it = await open();
      const { service, machine, lobby } = it;
      const { position } = await lobby.say("hello").sent;
      const put = () => type === "react" ? lobby.react(position, "👋") : lobby.delete(position);
      const delivery = await sayWithoutAnswer(machine, put, isDone);
      service.clock.leap(HOUR_MS);
      await service.publishNoise(RECOVER_LIMIT + 1);
      await machine.restore();
      assertSettled(machine, it, delivery);
      const { messages: [message] } = await lobby.history({ before: "epoch1:2" });
      if (type === "react") assert.deepEqual(Object.keys(message?.reactions ?? {}), ["👋"]);
      else assert.equal(message?.deleted, true);
    }
  });

  Deno.test(`A message that ${was} is found or asked about when the clock was set back`, async () => {
    using it = await open();
    const { service, machine, lobby } = it;
    const delivery = await sayWithoutAnswer(machine, () => lobby.say("hello"), isDone);
    machine.skewMs = -HOUR_MS;
    await machine.restore();
    assert.equal(delivery.state.value.kind, isDone ? "sent" : "unsure");
    assert.deepEqual(await service.log(), isDone ? ["hello"] : []);
  });

  Deno.test(`A message that ${was} is in the log once when two pages on one storage return after an hour`, async () => {
    using it = await open();
    const { service, machine, lobby, chat } = it;
    await service.publishNoise(1);
    const other = machine.page();
    await flushMicrotasks();
    const delivery = await sayWithoutAnswer(machine, () => lobby.say("hello"), isDone);
    const third = machine.page();
    service.clock.leap(HOUR_MS);
    await service.publishNoise(10);
    await machine.restore();
    assert.deepEqual(await service.log(), ["hello"]);
    assertSettled(machine, { chat }, delivery);
    assert.deepEqual([other.chat.outbox.value, third.chat.outbox.value], [[], []]);
  });
}

Deno.test("The page waits for an action that may still be in flight from its previous user", async () => {
  using it = await open();
  const { service, machine, lobby, chat } = it;
  machine.sending = "hangs";
  const delivery = lobby.say("hello");
  await flushMicrotasks();
  await machine.cut();
  machine.storage.removeItem("parley ws://machine/ws resume");
  await machine.restore();
  assert.equal(chat.state.value.kind, "online");
  assert.equal(delivery.state.value.kind, "waiting");
  await machine.releaseHung();
  await service.clock.advance(60_000);
  assert.deepEqual(await service.log(), ["hello"]);
  assertSettled(machine, it, delivery);
});

Deno.test("The page sends an action of its previous user that never arrived after a minute", async () => {
  using it = await open();
  const { service, machine, lobby } = it;
  const delivery = await sayWithoutAnswer(machine, () => lobby.say("hello"), false);
  machine.storage.removeItem("parley ws://machine/ws resume");
  await machine.restore();
  assert.deepEqual(await service.log(), []);
  await service.clock.advance(60_000);
  assert.deepEqual(await service.log(), ["hello"]);
  assertSettled(machine, it, delivery);
});

Deno.test("A message sent by one page is not resent by another that shares it and was offline", async () => {
  for (const isOwn of [true, false]) {
    using it = await open();
    const { service, machine, lobby } = it;
    await service.publishNoise(1);
    await machine.cut();
    const delivery = lobby.say("hello");
    // A separate machine, so that one page is online while the other is not.
    const elsewhere = Object.assign(new Machine(service), { storage: machine.storage });
    const other = elsewhere.page();
    const [away, back] = isOwn ? [machine, elsewhere] : [elsewhere, machine];
    await away.cut();
    await back.restore();
    assert.deepEqual(await service.log(), ["hello"]);
    assert.deepEqual(machine.storage.actions, []);
    service.clock.leap(HOUR_MS);
    await service.publishNoise(450);
    await away.restore();
    assert.deepEqual(await service.log(), ["hello"]);
    assert.deepEqual([it.chat.outbox.value, other.chat.outbox.value], [[], []]);
    assert.equal(delivery.state.value.kind, isOwn ? "discarded" : "sent");
  }
});

Deno.test("A message that one page sent without an answer is not resent by another that considers it unsent", async () => {
  using it = await open();
  const { service, machine, lobby } = it;
  await service.publishNoise(1);
  await machine.cut();
  lobby.say("hello");
  const elsewhere = Object.assign(new Machine(service), { storage: machine.storage });
  await elsewhere.cut();
  const other = elsewhere.page();
  await flushMicrotasks();
  // It arrives; the page receives no answer, and is closed.
  machine.dropped = /"type":"(said|ack)"/;
  machine.isUp = true;
  await service.clock.advance(25_000);
  assert.deepEqual(await service.log(), ["hello"]);
  assert.equal(machine.storage.actions.length, 1);
  it.chat.close();
  service.clock.leap(HOUR_MS);
  await service.publishNoise(450);
  await elsewhere.restore();
  assert.deepEqual(await service.log(), ["hello"]);
  assert.deepEqual([other.chat.outbox.value, machine.storage.actions], [[], []]);
});

Deno.test("Waiting messages are sent even if the storage was cleared", async () => {
  using it = await open();
  const { service, machine, lobby } = it;
  await machine.cut();
  const delivery = lobby.say("hello");
  for (const key of Array.from({ length: machine.storage.length }, () => machine.storage.key(0))) {
    machine.storage.removeItem(key ?? "");
  }
  await machine.restore();
  assert.deepEqual(await service.log(), ["hello"]);
  assertSettled(machine, it, delivery);
});

Deno.test("An acknowledged text is resent when the log was rolled back before it was delivered", async () => {
  using it = await open();
  const { service, machine, lobby } = it;
  await lobby.say("first").sent;
  await flushMicrotasks();
  machine.dropped = /"type":"said"/;
  const delivery = lobby.say("second");
  await delivery.sent;
  assert.deepEqual(it.chat.outbox.value, [delivery]);
  await machine.cut();
  assert.deepEqual(await service.log(), ["first", "second"]);
  await service.restart(1);
  assert.deepEqual(await service.log(), ["first"]);
  await machine.restore();
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
  Deno.test(`An unanswered message is sent when the log was ${what}, and the caller is notified`, async () => {
    using it = await open();
    const { service, machine, lobby } = it;
    const reasons: unknown[] = [];
    lobby.events.subscribe((event) => event.type === "opened" && reasons.push(event.reason));
    for (const text of ["one", "two", "three"]) await lobby.say(text).sent;
    const delivery = await sayWithoutAnswer(machine, () => lobby.say("hello"), true);
    await service.restart(kept);
    await service.clock.advance(1_000);
    await machine.restore();
    assert.deepEqual(reasons, [reason]);
    assertSettled(machine, it, delivery);
    const { messages } = await lobby.history();
    assert.deepEqual(
      messages.map(({ text }) => text),
      kept === 1 ? ["one", "hello"] : ["hello"],
    );
  });
}

Deno.test("A text of an unknown epoch is asked about after an hour", async () => {
  using it = await open();
  const { service, machine, lobby } = it;
  await lobby.say("one").sent;
  const delivery = await sayWithoutAnswer(machine, () => lobby.say("hello"), true);
  await service.restart("nothing");
  await service.publishNoise(2);
  service.clock.leap(HOUR_MS);
  await machine.restore();
  assert.equal(delivery.state.value.kind, "unsure");
});

Deno.test("A repetition that is acknowledged at an old position is settled", async () => {
  using it = await open();
  const { service, machine, lobby, chat } = it;
  await sayWithoutAnswer(machine, () => lobby.say("hello"), true);
  chat.close();
  await service.publishNoise(10);
  const next = machine.page({ limit: 2 });
  const [delivery] = next.chat.outbox.value;
  assert.ok(delivery);
  await machine.restore();
  assertSettled(machine, next, delivery);
  assert.deepEqual(await service.log(), ["hello"]);
});

Deno.test("Two pages that start at the same time are one user", async () => {
  using service = new Service();
  const machine = new Machine(service);
  const [one, other] = [machine.page(), machine.page()];
  await service.clock.advance(5_000);
  assert.equal(one.chat.me.value?.user, other.chat.me.value?.user);
  assert.deepEqual([one, other].map(({ lobby }) => lobby.state.value.kind), ["joined", "joined"]);
});

Deno.test("searchHistory() recognizes messages sent before, even behind those of another epoch", async () => {
  const of = (position: string) => ({
    ...{ position, at: 0, user: "user_bob", name: "Bob" },
    ...{ id: position, text: "babble" },
  });
  const record = {
    ...{ id: "a", room: "lobby", deed: { type: "say", text: "hello" } as const, at: 0 },
    ...{ sequence: 1, service: null, author: null },
    ...{ sentAt: 0, triedAt: 0, sentAs: "user_ann", after: "new:8", receipt: null, fault: null },
  };
  const messages = ["old:5", "new:7", "new:9"].map(of);
  const { found, isWhole } = await searchHistory([record], {
    ...{
      user: "user_ann",
      service: null,
      isTooLong: () => false,
      position: () => "new:9",
      isPast: () => true,
    },
    send: () => {},
    history: () =>
      Promise.resolve({ type: "history", room: "lobby", messages, more: false, position: "new:9" }),
  });
  assert.deepEqual([found.size, isWhole("new:8"), isWhole("new:6")], [0, true, false]);
});
