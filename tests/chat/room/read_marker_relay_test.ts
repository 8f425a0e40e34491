/** A read marker is sent to the user's other connections on every node, and to no other user. */
import assert from "node:assert/strict";
import { Subscribers } from "../../../lib/chat/room/subscribers.ts";
import { Hub } from "../../../lib/chat/room/hub.ts";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import type { SessionContext } from "../../../lib/chat/session/session.ts";
import {
  FakeChat,
  FakeSessionTokens,
  FakeSocket,
  flushMicrotasks,
  room,
} from "../../support/fakes.ts";

type Frame = Record<string, unknown>;

const ANN = "user_no_77/Ann";
const BOB = "user_no_78/Bob";
/** Markers are sent once in this time. */
const BEAT_MS = 250;

/** A chat on two nodes, which receive the same announcements. */
class Nodes implements Disposable {
  readonly chat = new FakeChat("at once", { maxRooms: 3 });
  readonly signals: Frame[] = [];
  readonly #life = new AbortController();
  readonly #other: SessionContext;

  constructor() {
    const { bus, context, hub, clock } = this.chat;
    const { random, guestName, newId, names } = context;
    const common = { bus, clock, random, guestName, newId, names, recoverLimit: 5 };
    const other = new Hub({ ...common, node: "other" });
    this.#other = { ...context, hub: other };
    other.run(this.#life.signal);
    const { dispatch } = hub;
    hub.dispatch = (announcements) => {
      dispatch.call(hub, announcements);
      other.dispatch(announcements);
    };
    const signal = bus.signal.bind(bus);
    bus.signal = (room, update) => {
      if (update.kind === "read") this.signals.push({ room, ...update });
      signal(room, update);
    };
  }

  async enter(resume: string, node: "one" | "other" = "one", ...rooms: readonly string[]) {
    const client = new Client(node === "one" ? this.chat.context : this.#other);
    const joins = (rooms.length > 0 ? rooms : ["lobby"]).map((room) => ({ type: "join", room }));
    await client.ask({ type: "hello", resume }, ...joins);
    await this.chat.clock.advance(BEAT_MS);
    client.take();
    return client;
  }

  [Symbol.dispose](): void {
    this.#life.abort();
    this.chat[Symbol.dispose]();
  }
}

class Client {
  readonly socket = new FakeSocket();
  readonly handler: JsonHandler;
  #seen = 0;

  constructor(context: SessionContext) {
    this.handler = new JsonHandler(this.socket, context);
  }

  async ask(...frames: readonly Frame[]): Promise<Frame[]> {
    this.handler.onMessage(frames.map((frame) => JSON.stringify(frame)).join("\n"));
    await flushMicrotasks();
    return this.take();
  }

  async say(...texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.ask({ type: "say", room: "lobby", text });
  }

  async read(seq: number, room = "lobby"): Promise<void> {
    await this.ask({ type: "read", room, position: `epoch1:${seq}` });
  }

  take(): Frame[] {
    const messages = this.socket.sent.slice(this.#seen);
    this.#seen = this.socket.sent.length;
    return messages.flatMap((message) => String(message).split("\n").map((it) => JSON.parse(it)));
  }

  /** The markers among the received frames. */
  markers(): unknown[] {
    return this.take().filter(({ type }) => type === "read")
      .map(({ room, position }) => `${room} ${position}`);
  }
}

for (const [where, node] of [["the same node", "one"], ["another node", "other"]] as const) {
  Deno.test(`A marker is sent to the user's connection on ${where}, and to no other user`, async () => {
    using nodes = new Nodes();
    const ann = await nodes.enter(ANN);
    const phone = await nodes.enter(ANN, node);
    const others = [await nodes.enter(BOB), await nodes.enter("user_no_79/Cid", "other")];
    await others[0]?.say("1", "2", "3");
    for (const it of [ann, phone, ...others]) it.take();
    await ann.read(2);
    await nodes.chat.clock.advance(BEAT_MS);
    assert.deepEqual(phone.markers(), ["lobby epoch1:2"]);
    assert.deepEqual(ann.markers(), [], "it has set that itself");
    for (const it of others) assert.deepEqual(it.markers(), []);
    await phone.read(3);
    await nodes.chat.clock.advance(BEAT_MS);
    assert.deepEqual([ann.markers(), phone.markers()], [["lobby epoch1:3"], []]);
  });

  Deno.test(`Only the newest of many markers is sent to a connection on ${where}`, async () => {
    using nodes = new Nodes();
    const ann = await nodes.enter(ANN);
    const phone = await nodes.enter(ANN, node);
    await ann.say("1", "2", "3", "4", "5");
    phone.take();
    for (const seq of [1, 2, 4, 3]) await ann.read(seq);
    await nodes.chat.clock.advance(BEAT_MS);
    assert.deepEqual(phone.markers(), ["lobby epoch1:4"]);
    assert.equal(nodes.signals.length, node === "one" ? 0 : 1);
  });

  Deno.test(`A marker that arrives late does not move a connection on ${where} back`, async () => {
    using nodes = new Nodes();
    const ann = await nodes.enter(ANN);
    const phone = await nodes.enter(ANN, node);
    await ann.say("1", "2", "3");
    await nodes.chat.clock.advance(BEAT_MS);
    phone.take();
    await ann.read(1);
    await phone.read(3);
    await nodes.chat.clock.advance(2 * BEAT_MS);
    assert.deepEqual(phone.markers(), []);
    assert.deepEqual(ann.markers(), ["lobby epoch1:3"]);
  });
}

Deno.test("A marker that the log does not know, or that is not further, is sent to no one", async () => {
  using nodes = new Nodes();
  const ann = await nodes.enter(ANN);
  const phone = await nodes.enter(ANN);
  await ann.say("1", "2");
  phone.take();
  for (const seq of [2, 1, 2, 9]) {
    await ann.read(seq);
    await nodes.chat.clock.advance(BEAT_MS);
  }
  assert.deepEqual(phone.markers(), ["lobby epoch1:2"]);
});

Deno.test("The markers of a user with one connection do not use the bus", async () => {
  using nodes = new Nodes();
  const ann = await nodes.enter(ANN);
  await nodes.enter(BOB, "other");
  await ann.say("1");
  await ann.read(1);
  await nodes.chat.clock.advance(BEAT_MS);
  assert.deepEqual(nodes.signals, []);
});

Deno.test("A marker set right before its connection closes is still sent to the others", async () => {
  for (const frame of [undefined, { type: "leave", room: "lobby" }]) {
    using nodes = new Nodes();
    const ann = await nodes.enter(ANN);
    const phone = await nodes.enter(ANN, "other");
    await ann.say("1");
    phone.take();
    await ann.read(1);
    if (frame) await ann.ask(frame);
    else ann.handler.onClose();
    await nodes.chat.clock.advance(BEAT_MS);
    assert.deepEqual(phone.markers(), ["lobby epoch1:1"], frame ? "left" : "closed");
  }
});

for (const [delay, ms] of [["", 0], [", even if its join is delayed", 2_000]] as const) {
  Deno.test(`A connection that joins while a marker is set receives it after joined${delay}`, async () => {
    using nodes = new Nodes();
    const ann = await nodes.enter(ANN);
    await ann.say("1");
    const { bus } = nodes.chat;
    const gate = Promise.withResolvers<void>();
    const page = bus.page.bind(bus);
    // The marker is read before the page.
    bus.page = async (...args) => {
      await gate.promise;
      return await page(...args);
    };
    const phone = new Client(nodes.chat.context);
    await phone.ask({ type: "hello", resume: ANN }, { type: "join", room: "lobby" });
    await nodes.chat.clock.advance(ms);
    await ann.read(1);
    await nodes.chat.clock.advance(BEAT_MS);
    gate.resolve();
    await flushMicrotasks();
    const received = phone.take().filter(({ type }) => type === "joined" || type === "read");
    assert.deepEqual(received.map(({ type, read, position }) => [type, read ?? null, position]), [
      ["joined", null, "epoch1:1"],
      ["read", null, "epoch1:1"],
    ]);
  });
}

Deno.test("A connection that joins is not moved back behind joined by a marker that arrives late", async () => {
  using nodes = new Nodes();
  const ann = await nodes.enter(ANN);
  const phone = await nodes.enter(ANN, "other");
  await ann.say("1", "2", "3");
  await ann.read(1);
  await phone.read(3);
  const late = new Client(nodes.chat.context);
  const received = await late.ask({ type: "hello", resume: ANN }, { type: "join", room: "lobby" });
  assert.equal(received.find(({ type }) => type === "joined")?.read, "epoch1:3");
  await nodes.chat.clock.advance(BEAT_MS);
  assert.deepEqual(late.markers(), []);
});

Deno.test("A room's connections are scanned once for all markers, and the furthest of each user is sent", async () => {
  using nodes = new Nodes();
  const ann = await nodes.enter(ANN);
  const anns = await nodes.enter(ANN);
  const bob = await nodes.enter(BOB);
  await bob.say("1", "2", "3");
  const { sendReadMarkers } = Subscribers.prototype;
  let times = 0;
  Subscribers.prototype.sendReadMarkers = function (...args) {
    times += 1;
    sendReadMarkers.apply(this, args);
  };
  try {
    await ann.read(1);
    await bob.read(1);
    anns.take();
    await nodes.chat.clock.advance(BEAT_MS);
    assert.deepEqual([times, anns.markers()], [1, ["lobby epoch1:1"]]);

    const lobby = room("lobby");
    const signals = [[ANN, 3], [BOB, 2], [ANN, 2]].map(([who, seq]) => {
      const user = new FakeSessionTokens().verify(String(who))?.user ?? assert.fail();
      return { kind: "read", user, read: { epoch: "epoch1", seq: Number(seq) } } as const;
    });
    nodes.chat.hub.dispatch(signals.map((signal) => ({ kind: "signal", room: lobby, signal })));
    assert.equal(times, 2);
    await flushMicrotasks();
    assert.deepEqual(anns.markers(), ["lobby epoch1:3"]);
  } finally {
    Subscribers.prototype.sendReadMarkers = sendReadMarkers;
  }
});
