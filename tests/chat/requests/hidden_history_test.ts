import assert from "node:assert/strict";
import { flushMicrotasks } from "../../support/fakes.ts";
import { BOB, type Client, type Frame, RoomsScene } from "../../support/chat/rooms_scene.ts";

/** Ann's private room with something that she has said, before Bob was added. */
async function open(
  history: string | undefined,
): Promise<{ scene: RoomsScene; ann: Client; bob: Client; room: string; of: unknown }> {
  const scene = new RoomsScene();
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const room = await scene.createPrivate(ann, { ...(history && { history }) });
  await scene.ask(ann, { type: "join", room });
  const { position: of } = await scene.ask(ann, { type: "say", room, text: "before" });
  await scene.ask(ann, { type: "member", room, user: BOB, name: "Bob" });
  await scene.ask(ann, { type: "say", room, text: "after" });
  return { scene, ann, bob, room, of };
}

function texts(answer: Frame): readonly unknown[] {
  assert.ok(Array.isArray(answer.messages), JSON.stringify(answer));
  return answer.messages.map(({ text }) => text);
}

Deno.test("A member who was added later reads everything, unless the room hides it", async () => {
  const { scene, bob, room, of } = await open(undefined);
  using _scene = scene;
  const joined = await scene.ask(bob, { type: "join", room, limit: 50 });
  assert.deepEqual(texts(joined).includes("before"), true);
  assert.equal(joined.unread, 4);
  assert.equal(await scene.outcome(bob, { type: "report", room, of }), "ack");
});

Deno.test("A member who was added later reads nothing from before, on any path", async () => {
  const { scene, bob, room, of } = await open("joined");
  using _scene = scene;
  const listed = await scene.list(bob);
  assert.equal(listed[0]?.unread, 2);
  const joined = await scene.ask(bob, { type: "join", room, limit: 50 });
  assert.deepEqual(texts(joined), ["added Bob", "after"]);
  assert.deepEqual([joined.more, joined.unread], [false, 2]);
  await scene.ask(bob, { type: "leave", room });
  const since = String(of).replace(/:2$/, ":1");
  const resumed = await scene.ask(bob, { type: "join", room, since, limit: 50 });
  assert.deepEqual(texts(resumed), ["added Bob", "after"]);
  assert.deepEqual([resumed.recovered, resumed.reason], [false, "too_old"]);
  const history = await scene.ask(bob, { type: "history", room });
  assert.deepEqual([texts(history), history.more], [["added Bob", "after"], false]);
  const one = await scene.ask(bob, { type: "history", room, limit: 1 });
  assert.deepEqual([texts(one), one.more], [["after"], true]);
  const before = (one.messages as readonly Frame[])[0]?.position;
  const older = await scene.ask(bob, { type: "history", room, before, limit: 1 });
  assert.deepEqual(texts(older), ["added Bob"]);
  const [first] = older.messages as readonly Frame[];
  const oldest = await scene.ask(bob, { type: "history", room, before: first?.position });
  assert.deepEqual([texts(oldest), oldest.more], [[], false]);
  for (
    const request of [
      { type: "report", of },
      { type: "react", of, emoji: "👍" },
      { type: "edit", of, text: "mine" },
      { type: "delete", of },
    ]
  ) {
    assert.equal(await scene.outcome(bob, { ...request, room }), "gone", request.type);
  }
  assert.ok(!bob.socket.sent.join("\n").includes('"before"'));
});

Deno.test("A member who was added later is sent no change of an earlier message, live or missed", async () => {
  const { scene, ann, bob, room, of } = await open("joined");
  using _scene = scene;
  await scene.ask(bob, { type: "join", room });
  const change = async (text: string) => {
    const { position: own } = await scene.ask(ann, { type: "say", room, text: `new ${text}` });
    for (const it of [of, own]) {
      await scene.ask(ann, { type: "edit", room, of: it, text: `${text} of ${it}` });
      await scene.ask(ann, { type: "react", room, of: it, emoji: "👍" });
    }
    return own;
  };
  const check = (sent: readonly unknown[], own: unknown) => {
    const frames = sent.flatMap((it) => String(it).split("\n")).map((it): Frame => JSON.parse(it));
    const changes = frames.filter(({ of }) => of !== undefined);
    assert.deepEqual(changes.map(({ type }) => type), ["edited", "reacted"]);
    const positions = frames.flatMap(({ type, position }) =>
      /said|edited|reacted|deleted|hidden/.test(String(type))
        ? [Number(String(position).split(":")[1])]
        : []
    );
    const [first = 0] = positions;
    assert.deepEqual(positions, positions.map((_, index) => first + index));
    assert.equal(frames.filter(({ type }) => type === "hidden").length, 2);
    assert.ok(changes.every(({ of }) => of === own));
  };
  const live = await change("live");
  check(bob.socket.sent, live);
  const { position: since } = await scene.ask(ann, { type: "say", room, text: "then" });
  await scene.ask(bob, { type: "leave", room });
  const missed = await change("missed");
  const { length } = bob.socket.sent;
  assert.equal(await scene.outcome(bob, { type: "join", room, since }), "joined");
  check(bob.socket.sent.slice(length), missed);
  await scene.ask(ann, { type: "delete", room, of });
  assert.ok(!bob.socket.sent.join("\n").includes(`"of":${JSON.stringify(of)}`));
  assert.ok(ann.socket.sent.join("\n").includes(`"of":${JSON.stringify(of)}`));
});

/** A member with an own message from before being added again; then earlier messages are hidden. */
async function openAgain() {
  const scene = new RoomsScene();
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const room = await scene.createPrivate(ann);
  await scene.ask(ann, { type: "join", room });
  await scene.ask(ann, { type: "member", room, user: BOB });
  await scene.ask(bob, { type: "join", room });
  const { position: of } = await scene.ask(bob, { type: "say", room, text: "mine" });
  await scene.ask(bob, { type: "member", room, on: false });
  await scene.ask(ann, { type: "member", room, user: BOB });
  const { position: since } = await scene.ask(bob, { type: "join", room });
  return { scene, ann, bob, room, of, since };
}

Deno.test("Users are sent what they have done, although the message is hidden by now, live and after a reconnect", async () => {
  const { scene, ann, bob, room, of, since } = await openAgain();
  using _scene = scene;
  bob.fresh();
  scene.chat.dropsAnnouncements = true;
  await bob.ask({ type: "edit", id: "e1", room, of, text: "better" });
  await ann.ask({ type: "room", room, history: "joined" });
  scene.chat.dropsAnnouncements = false;
  scene.chat.hub.dispatch(await scene.chat.bus.topPositions());
  await flushMicrotasks();
  const isEdit = ({ type, id }: Frame) => type === "edited" && id === "e1";
  assert.ok(bob.fresh().some(isEdit));
  bob.handler.onClose();
  const again = await scene.enter("bob");
  assert.ok((await again.ask({ type: "join", id: "j", room, since })).some(isEdit));
});

for (const isLossy of [false, true]) {
  const how = isLossy ? "which has lost entries" : "which has all of it";
  Deno.test(`A member who was removed and added again reads nothing from in between when both are read from the log, ${how}`, async () => {
    using scene = new RoomsScene();
    const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
    const room = await scene.createPrivate(ann, { history: "joined" });
    await scene.ask(ann, { type: "join", room });
    await scene.ask(ann, { type: "member", room, user: BOB });
    await scene.ask(bob, { type: "join", room });
    const { bus } = scene.chat;
    scene.chat.dropsAnnouncements = true;
    await scene.ask(ann, { type: "say", room, text: "early" });
    await scene.ask(ann, { type: "member", room, user: BOB, on: false });
    await scene.ask(ann, { type: "say", room, text: "secret" });
    await scene.ask(ann, { type: "member", room, user: BOB });
    await scene.ask(ann, { type: "say", room, text: "later" });
    scene.chat.dropsAnnouncements = false;
    const { replay } = bus;
    bus.replay = async (...args) => {
      const read = await replay.apply(bus, args);
      const [, ...entries] = read.entries;
      return isLossy && entries.length > 1 ? { ...read, entries, lossReason: "too_old" } : read;
    };
    scene.chat.hub.dispatch(await bus.topPositions());
    for (let step = 0; step < 10; step++) await scene.beat(50);
    const sent = bob.socket.sent.join("\n");
    assert.ok(!sent.includes("secret"));
    assert.equal(sent.includes("later"), isLossy);
    assert.ok(ann.socket.sent.join("\n").includes("secret"));
  });
}

Deno.test("A member who has been there from the beginning reads everything", async () => {
  const { scene, ann, room } = await open("joined");
  using _scene = scene;
  const history = await scene.ask(ann, { type: "history", room });
  assert.ok(texts(history).includes("before"));
});

Deno.test("A member who resumes from after being added misses nothing", async () => {
  const { scene, ann, bob, room } = await open("joined");
  using _scene = scene;
  const { position: since } = await scene.ask(bob, { type: "join", room });
  await scene.ask(bob, { type: "leave", room });
  await scene.ask(ann, { type: "say", room, text: "later" });
  const joined = await scene.ask(bob, { type: "join", room, since });
  assert.equal(joined.recovered, true);
  assert.ok(JSON.stringify(bob.socket.sent).includes("later"));
});

Deno.test("A member who comes back into the room reads nothing from before the last return", async () => {
  const { scene, ann, bob, room } = await open("joined");
  using _scene = scene;
  await scene.ask(bob, { type: "member", room, on: false });
  await scene.ask(ann, { type: "say", room, text: "meanwhile" });
  await scene.ask(ann, { type: "member", room, user: BOB, name: "Bob" });
  const joined = await scene.ask(bob, { type: "join", room, limit: 50 });
  assert.deepEqual(texts(joined), ["added Bob"]);
});

Deno.test("The setting can be changed later, in private rooms only, and events do not show its numbers", async () => {
  const { scene, ann, bob, room } = await open(undefined);
  using _scene = scene;
  assert.equal(await scene.outcome(ann, { type: "room", room, history: "joined" }), "ack");
  const joined = await scene.ask(bob, { type: "join", room, limit: 50 });
  assert.ok(!texts(joined).includes("before"));
  assert.equal(Object(joined.settings).history, "joined");
  const events = JSON.stringify((joined.messages as readonly Frame[]).map(({ event }) => event));
  assert.ok(events.includes(BOB) && !events.includes("from"));
  assert.equal(await scene.outcome(ann, { type: "room", room, history: "all" }), "ack");
  const history = await scene.ask(bob, { type: "history", room });
  assert.ok(texts(history).includes("before"));
  const create = { type: "create", kind: "open", room: "tea", history: "joined" };
  assert.equal(await scene.outcome(ann, create), "bad_frame");
  const mia = await scene.enter("mia");
  const change = { type: "room", room: "lobby", history: "joined" };
  assert.equal(await scene.outcome(mia, change), "bad_frame");
});

Deno.test("What is said while a member is being added is hidden from the member, if earlier messages are", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann, { history: "joined" });
  await scene.ask(ann, { type: "join", room });
  const bob = await scene.enter("bob");
  const { bus } = scene.chat;
  const { state } = bus;
  const said = Promise.withResolvers<void>();
  bus.state = async (id) => {
    bus.state = state;
    const read = await state.call(bus, id);
    await said.promise;
    return read;
  };
  await ann.ask({ type: "member", id: "1", room, user: BOB });
  await scene.ask(ann, { type: "say", room, text: "before Bob" });
  said.resolve();
  await flushMicrotasks();
  await scene.ask(ann, { type: "say", room, text: "with Bob" });
  assert.equal(await scene.outcome(bob, { type: "join", room, limit: 50 }), "joined");
  const { messages } = await scene.ask(bob, { type: "history", room });
  assert.ok(Array.isArray(messages));
  assert.deepEqual(messages.map(({ text }: Frame) => text), [`added ${BOB}`, "with Bob"]);
  assert.ok(!JSON.stringify(bob.socket.sent).includes("before Bob"));
});

Deno.test("A member who joins while earlier messages are being hidden is shown none of them", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann);
  await scene.ask(ann, { type: "join", room });
  const { position: since } = await scene.ask(ann, { type: "say", room, text: "first" });
  await scene.ask(ann, { type: "say", room, text: "before Bob" });
  await scene.ask(ann, { type: "member", room, user: BOB });
  for (const resumption of [{}, { since }]) {
    await scene.ask(ann, { type: "room", room, history: "all" });
    const bob = await scene.enter("bob");
    const { bus } = scene.chat;
    const { readState } = bus;
    const hidden = Promise.withResolvers<void>();
    bus.readState = async (...args) => {
      bus.readState = readState;
      await hidden.promise;
      return await readState.apply(bus, args);
    };
    await bob.ask({ type: "join", id: "1", room, limit: 50, ...resumption });
    await scene.ask(ann, { type: "room", room, history: "joined" });
    hidden.resolve();
    await flushMicrotasks();
    const joined = bob.fresh().find(({ type }) => type === "joined");
    assert.equal(joined?.type, "joined");
    assert.ok(!joined.recovered);
    assert.ok(!JSON.stringify(bob.socket.sent).includes("before Bob"));
  }
});
