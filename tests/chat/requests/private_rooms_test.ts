import assert from "node:assert/strict";
import { makeCall } from "../../../lib/chat/calls/call.ts";
import { EventStream } from "../../../lib/chat/calls/event_stream.ts";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { user } from "../../contract/fixtures.ts";
import {
  type FakeBus,
  FakeSocket,
  flushMicrotasks,
  name,
  room as roomId,
} from "../../support/fakes.ts";
import {
  ANN,
  BOB,
  CAT,
  Client,
  type Frame,
  MIA,
  RoomsScene,
} from "../../support/chat/rooms_scene.ts";

const MISSING = `_private.${"a".repeat(26)}`;

Deno.test("Whoever creates a private room is its only member, and can join it and say something", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const created = await scene.ask(ann, {
    type: "create",
    kind: "private",
    title: "Plans",
    topic: "Secret",
  });
  assert.deepEqual([created.type, created.kind, created.title, created.topic], [
    "room",
    "private",
    "Plans",
    "Secret",
  ]);
  const { room } = created;
  assert.match(String(room), /^_private\.[a-z2-7]{26}$/);
  const joined = await scene.ask(ann, { type: "join", room });
  assert.deepEqual([joined.type, Object(joined.settings).access], ["joined", "private"]);
  assert.equal(await scene.outcome(ann, { type: "say", room, text: "hi" }), "ack");
  const { members, creator } = await scene.ask(ann, { type: "members", room });
  assert.deepEqual([members, creator], [[{ user: ANN, name: "Ann" }], ANN]);
});

Deno.test("A request that is repeated creates one private room, and another one with another id, user or time", async () => {
  using scene = new RoomsScene();
  const [ann, again, bob] = [
    await scene.enter("ann"),
    await scene.enter("ann"),
    await scene.enter("bob"),
  ];
  const create = { type: "create", kind: "private", title: "Plans", id: "c1" };
  const answers = await Promise.all([scene.ask(ann, create), scene.ask(again, create)]);
  assert.deepEqual(answers.map(({ room }) => room), [answers[0]?.room, answers[0]?.room]);
  const [first] = answers;
  // A new period may begin between the request and its repetition.
  await scene.beat(9 * 60_000);
  assert.deepEqual(await scene.ask(again, create), first);
  assert.deepEqual((await scene.list(ann)).length, 1);
  assert.equal(await scene.outcome(ann, { ...create, title: "Other" }), "id_reused");
  assert.equal((await scene.list(ann)).length, 1);
  const others = [
    await scene.ask(ann, { ...create, id: "c2" }),
    await scene.ask(bob, create),
  ];
  await scene.beat(20 * 60_000);
  others.push(await scene.ask(ann, create));
  const rooms = [first, ...others].map((it) => it?.room);
  assert.equal(new Set(rooms).size, 4, String(rooms));
  assert.equal((await scene.list(ann)).length, 3);
  const leave = { type: "member", room: rooms[3], on: false };
  assert.equal(await scene.outcome(ann, leave), "ack");
  assert.equal(await scene.outcome(ann, create), "not_allowed");
  assert.equal((await scene.list(ann)).length, 2);
});

Deno.test("A member request that is repeated is answered as the first time, also after it had its effect", async () => {
  using scene = new RoomsScene();
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const room = await scene.createPrivate(ann);
  const add = { type: "member", id: "add", room, user: BOB };
  const added = await scene.ask(ann, add);
  assert.ok(added.type === "ack" && added.position !== undefined && added.at !== undefined);
  assert.equal(await scene.outcome(ann, { type: "join", room }), "joined");
  assert.equal(await scene.outcome(ann, { type: "say", room, text: "hi" }), "ack");
  assert.deepEqual(await scene.ask(ann, add), added);
  const leave = { type: "member", id: "leave", room, on: false };
  const left = await scene.ask(bob, leave);
  assert.ok(left.type === "ack" && left.position !== undefined);
  assert.deepEqual(await scene.ask(bob, leave), left);
  // Nor does a late repetition bring somebody back.
  assert.deepEqual(await scene.ask(ann, add), added);
  assert.deepEqual(await scene.list(bob), []);
  assert.equal(await scene.outcome(bob, { type: "join", room }), "not_allowed");
  assert.equal(await scene.outcome(bob, { ...leave, id: "other" }), "not_allowed");
  assert.equal(await scene.outcome(ann, { ...add, id: "again" }), "ack");
  const both = { type: "member", id: "remove", room, user: BOB, on: false };
  const elsewhere = await scene.enter("ann");
  const removed = await Promise.all([scene.ask(ann, both), scene.ask(elsewhere, both)]);
  assert.deepEqual(removed[0], removed[1]);
  assert.equal(removed[0]?.type, "ack");
  // The last one who leaves.
  const end = await scene.ask(ann, leave);
  assert.deepEqual(await scene.ask(ann, leave), end);
});

Deno.test("A room that is created is open or listed under its name, and cannot be created again", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const creator = await scene.enter("bob");
  const create = { type: "create", kind: "listed", room: "Attic", title: "The attic" };
  const { room, kind } = await scene.ask(creator, create);
  assert.deepEqual([room, kind], ["attic", "listed"]);
  assert.equal(await scene.outcome(ann, create), "room_exists");
  assert.deepEqual((await scene.list(ann)).map(({ room, title }) => [room, title]), [
    ["attic", "The attic"],
  ]);
  const joined = await scene.ask(creator, { type: "join", room: "attic" });
  assert.ok((joined.may as readonly string[]).includes("configure"));
});

for (
  const [what, request, code] of [
    ["the lobby", { kind: "open", room: "lobby" }, "room_exists"],
    ["the moderators' rooms", { kind: "open", room: "_Audit" }, "not_allowed"],
    ["a name of a private room", { kind: "open", room: "_private.mine" }, "not_allowed"],
    ["a name of a direct room", { kind: "listed", room: "_Direct.mine" }, "not_allowed"],
    ["no name", { kind: "open" }, "bad_room"],
    ["a name that is none", { kind: "open", room: "a b" }, "bad_room"],
    ["a name of dots", { kind: "open", room: ".." }, "bad_room"],
    ["a direct room", { kind: "direct" }, "bad_frame"],
  ] as const
) {
  Deno.test(`Nobody creates a room with ${what}: ${code}`, async () => {
    using scene = new RoomsScene();
    const ann = await scene.enter("ann");
    assert.equal(await scene.outcome(ann, { type: "create", ...request }), code);
    assert.deepEqual(scene.chat.bus.published, []);
  });
}

Deno.test("Guests create no private rooms, and who may create no rooms creates none of any kind", async () => {
  using scene = new RoomsScene({ roomCreation: "moderators" });
  const [ann, mia] = [await scene.enter("ann"), await scene.enter("mia")];
  for (const kind of ["open", "listed", "private"]) {
    const create = { type: "create", kind, room: "attic" };
    assert.equal(await scene.outcome(ann, create), "not_allowed", kind);
  }
  assert.equal(await scene.outcome(ann, { type: "open", user: BOB }), "not_allowed");
  assert.equal(await scene.outcome(mia, { type: "create", kind: "private" }), "room");
  using open = new RoomsScene();
  const { client: guest } = await open.enterGuest();
  const create = { type: "create", kind: "private" };
  assert.equal(await open.outcome(guest, create), "not_allowed");
});

Deno.test("Every way to a private room gives strangers the same answer as a room that does not exist", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann, { title: "Plans" });
  await scene.ask(ann, { type: "join", room });
  const { position } = await scene.ask(ann, { type: "say", room, text: "secret" });
  for (const token of ["bob", "mia", "all", undefined]) {
    const stranger = token ? await scene.enter(token) : (await scene.enterGuest()).client;
    const answers = async (room: string) => {
      const requests: readonly Frame[] = [
        { type: "join", room },
        { type: "join", room, since: position, limit: 50 },
        { type: "join", room: room.toUpperCase(), since: position },
        { type: "history", room },
        { type: "who", room },
        { type: "say", room, text: "let me in" },
        { type: "edit", room, of: position, text: "mine" },
        { type: "delete", room, of: position },
        { type: "react", room, of: position, emoji: "👍" },
        { type: "read", room, position },
        { type: "typing", room },
        { type: "report", room, of: position },
        { type: "members", room },
        { type: "member", room, user: BOB },
        { type: "member", room, user: ANN, on: false },
        { type: "member", room, on: false },
        { type: "room", room, topic: "mine" },
        { type: "moderate", action: "clear", room },
        { type: "moderate", action: "ban", room, user: ANN },
        { type: "create", kind: "open", room },
        { type: "leave", room },
      ];
      const found: unknown[] = [];
      for (const request of requests) {
        const { id: _, ...answer } = await scene.ask(stranger, request);
        found.push(answer);
        await scene.beat(1_000);
      }
      return found;
    };
    const there = await answers(room);
    assert.deepEqual(there, await answers(MISSING), token);
    assert.ok(there.every((it) => (it as Frame).type === "fault"), token);
    assert.ok(!JSON.stringify(stranger.socket.sent).includes("secret"));
  }
  // Nothing of it has reached the room.
  const { messages } = await scene.ask(ann, { type: "history", room });
  assert.ok(Array.isArray(messages));
  assert.deepEqual(messages.map(({ text }: Frame) => text), [
    "created the private room; set the title: Plans",
    "secret",
  ]);
});

const JOIN_IN_TEXT = { name: undefined, since: undefined, history: undefined, notices: undefined };
const HISTORY = { type: "history", id: "call", limit: 5 } as const;

for (
  const [way, enter, reads] of [
    ["join", (scene, room) => askAsBob(scene, { type: "join", room, since: "epoch1:1" })],
    ["join in plain text", ({ chat: { context } }, room) => {
      new TextHandler(new FakeSocket(), context, { ...JOIN_IN_TEXT, room }, { token: "bob" });
    }],
    ["call for the history", ({ chat: { context } }, room) => {
      const call = { origin: { token: "bob" }, hello: {}, bytes: 10 };
      const { signal } = new AbortController();
      return makeCall({ ...call, room, request: { ...HISTORY, room } }, context, signal);
    }],
    ["event stream", ({ chat: { context } }, room) => {
      const rooms = [{ room, since: undefined }];
      const request = { origin: { token: "bob" }, hello: {}, rooms, listsRooms: false };
      new EventStream(new FakeSocket(), context, request);
    }],
    ["request for the members", (scene, room) => askAsBob(scene, { type: "members", room })],
    ["change of members", (scene, room) => {
      return askAsBob(scene, { type: "member", room, user: CAT });
    }, ["admission", "receipt"]],
  ] satisfies readonly (readonly [
    string,
    (scene: RoomsScene, room: string) => unknown,
    reads?: readonly string[],
  ])[]
) {
  Deno.test(`A stranger's ${way} opens nothing, is announced to nobody, and reads as much as for no room`, async () => {
    using scene = new RoomsScene();
    const ann = await scene.enter("ann");
    const room = await scene.createPrivate(ann);
    await scene.ask(ann, { type: "join", room });
    await scene.beat();
    ann.fresh();
    const { bus } = scene.chat;
    const calls = async (room: string): Promise<readonly string[]> => {
      using recorded = recordCalls(bus);
      const entered = enter(scene, room);
      for (let turn = 0; turn < 5; turn++) await flushMicrotasks();
      await entered;
      return [...recorded.calls];
    };
    const expected = reads ?? ["admission"];
    assert.deepEqual([await calls(room), await calls(MISSING)], [expected, expected]);
    assert.ok(!bus.subscribed.includes(roomId(MISSING)));
    assert.deepEqual(await bus.people(roomId(MISSING)), []);
    await scene.beat();
    assert.deepEqual(ann.fresh(), []);
  });
}

async function askAsBob(scene: RoomsScene, request: Frame): Promise<void> {
  assert.equal(await scene.outcome(await scene.enter("bob"), request), "not_allowed");
}

/** Records the calls of a bus until it is disposed of. */
function recordCalls(bus: FakeBus): Disposable & { readonly calls: readonly string[] } {
  const calls: string[] = [];
  const methods = [
    ...["state", "admission", "receipt", "page", "pageAfter", "replay", "readState", "claim"],
    ...["people", "subscribe", "publish"],
  ];
  for (const method of methods) {
    const original: unknown = Reflect.get(bus, method);
    assert.ok(typeof original === "function");
    Object.assign(bus, {
      [method](...args: readonly unknown[]) {
        calls.push(method);
        return Reflect.apply(original, bus, args);
      },
    });
  }
  const restore = () => methods.forEach((method) => Reflect.deleteProperty(bus, method));
  return { calls, [Symbol.dispose]: restore };
}

Deno.test("A name that somebody has in a private room is free for strangers to try, without effect", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann);
  await scene.ask(ann, { type: "join", room });
  for (const name of ["Ann", "Zoe"]) {
    const { client } = await scene.enterGuest(name);
    for (const id of [room, MISSING]) {
      assert.equal(await scene.outcome(client, { type: "join", room: id }), "not_allowed");
    }
  }
});

Deno.test("Requests that a stranger sends together with the join and the leave are not carried out", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann);
  await scene.ask(ann, { type: "join", room });
  await scene.ask(ann, { type: "say", room, text: "secret" });
  const bob = await scene.enter("bob");
  const drafts = scene.chat.bus.published.length;
  const frames = await bob.ask(
    { type: "join", id: "1", room },
    { type: "history", id: "2", room },
    { type: "say", id: "3", room, text: "hi" },
    { type: "who", id: "4", room },
    { type: "read", id: "5", room, position: "epoch1:1" },
    { type: "leave", id: "6", room },
  );
  assert.ok(frames.every(({ type }) => type === "fault" || type === "left"));
  assert.ok(!JSON.stringify(frames).includes("secret"));
  assert.equal(scene.chat.bus.published.length, drafts);
  const again = await bob.ask(
    { type: "join", id: "7", room },
    { type: "history", id: "8", room },
    { type: "say", id: "9", room, text: "hi" },
  );
  assert.deepEqual(again.map(({ id, code }) => [id, code]), [
    ["7", "not_allowed"],
    ["8", "unavailable"],
    ["9", "unavailable"],
  ]);
});

Deno.test("A member's requests wait until the join is decided, and are carried out in order", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann);
  const frames = [
    ...await ann.ask(
      { type: "join", id: "1", room },
      { type: "say", id: "2", room, text: "one" },
      { type: "history", id: "3", room },
    ),
    ...ann.fresh(),
  ];
  const types = frames.filter(({ id }) => id !== undefined).map(({ id, type }) => `${id} ${type}`);
  assert.deepEqual(types.filter((it) => !it.endsWith("said")), ["1 joined", "2 ack", "3 history"]);
});

Deno.test("While the store is away, a join of a private room waits, and says nothing", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann);
  const bob = await scene.enter("bob");
  scene.chat.bus.availability = "away";
  const asked = [
    ...await ann.ask({ type: "join", id: "1", room }, { type: "say", id: "2", room, text: "hi" }),
    ...await bob.ask({ type: "join", id: "1", room }),
  ];
  assert.deepEqual(asked, []);
  await scene.beat(2_000);
  assert.deepEqual(ann.fresh().map(({ id, code }) => [id, code]), [["2", "unavailable"]]);
  scene.chat.bus.availability = "well";
  await scene.beat(1_000);
  assert.equal(ann.fresh()[0]?.type, "joined");
  assert.deepEqual(bob.fresh().map(({ code }) => code), ["not_allowed"]);
});

Deno.test("Any member adds others, who are told on all their connections and can join", async () => {
  using scene = new RoomsScene();
  const [ann, bob, phone] = [
    await scene.enter("ann"),
    await scene.enter("bob"),
    await scene.enter("bob"),
  ];
  const room = await scene.createPrivate(ann);
  assert.equal(await scene.outcome(ann, { type: "member", room, user: BOB, name: "Bob" }), "ack");
  for (const client of [bob, phone]) {
    assert.deepEqual(client.fresh(), [{ type: "member", room, on: true }]);
  }
  assert.deepEqual((await scene.list(bob)).map((it) => it.room), [room]);
  assert.equal(await scene.outcome(bob, { type: "join", room }), "joined");
  assert.equal(await scene.outcome(bob, { type: "member", room, user: CAT, name: "Cat" }), "ack");
  assert.equal(await scene.outcome(bob, { type: "member", room, user: CAT }), "ack");
  const { members } = await scene.ask(bob, { type: "members", room });
  assert.deepEqual(members, [
    { user: ANN, name: "Ann" },
    { user: BOB, name: "Bob" },
    { user: CAT, name: "Cat" },
  ]);
});

Deno.test("The list of members has the role of an app user who is in the room", async () => {
  using scene = new RoomsScene();
  const [ann, mia] = [await scene.enter("ann"), await scene.enter("mia")];
  const room = await scene.createPrivate(mia);
  await scene.ask(mia, { type: "member", room, user: ANN, name: "Ann" });
  const list = async () => (await scene.ask(ann, { type: "members", room })).members;
  assert.deepEqual(await list(), [{ user: MIA, name: "Mia" }, { user: ANN, name: "Ann" }]);
  await scene.ask(mia, { type: "join", room });
  const shown = { user: MIA, name: "Mia", role: "moderator" };
  assert.deepEqual(await list(), [shown, { user: ANN, name: "Ann" }]);
});

Deno.test("A guest can be added to a private room, and adds nobody", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const { client: guest, user } = await scene.enterGuest();
  const room = await scene.createPrivate(ann);
  await scene.ask(ann, { type: "member", room, user, name: "Guy" });
  assert.equal(await scene.outcome(guest, { type: "join", room }), "joined");
  assert.equal(await scene.outcome(guest, { type: "say", room, text: "hi" }), "ack");
  assert.equal(await scene.outcome(guest, { type: "member", room, user: BOB }), "not_allowed");
  assert.equal(await scene.outcome(guest, { type: "member", room, on: false }), "ack");
  assert.equal(await scene.outcome(guest, { type: "history", room }), "not_in_room");
});

Deno.test("Only whoever has created a private room, and moderators in it, remove others", async () => {
  using scene = new RoomsScene();
  const [ann, bob, mia] = [
    await scene.enter("ann"),
    await scene.enter("bob"),
    await scene.enter("mia"),
  ];
  const room = await scene.createPrivate(ann);
  for (const user of [BOB, CAT, MIA]) await scene.ask(ann, { type: "member", room, user });
  const remove = (user: string) => ({ type: "member", room, user, on: false });
  assert.equal(await scene.outcome(bob, remove(CAT)), "not_allowed");
  assert.equal(await scene.outcome(mia, remove(CAT)), "ack");
  assert.equal(await scene.outcome(ann, remove(BOB)), "ack");
  const { members } = await scene.ask(ann, { type: "members", room });
  assert.deepEqual((members as readonly Frame[]).map(({ user }) => user), [ANN, MIA]);
});

/** Ann and Bob in a private room. */
async function twoIn(scene: RoomsScene): Promise<{ ann: Client; bob: Client; room: string }> {
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const room = await scene.createPrivate(ann);
  await scene.ask(ann, { type: "member", room, user: BOB, name: "Bob" });
  for (const client of [ann, bob]) await scene.ask(client, { type: "join", room });
  await scene.beat();
  bob.fresh();
  return { ann, bob, room };
}

Deno.test("A member who is removed has left at once, and sees nothing that follows", async () => {
  using scene = new RoomsScene();
  const { ann, bob, room } = await twoIn(scene);
  await scene.ask(ann, { type: "member", room, user: BOB, on: false });
  await scene.ask(ann, { type: "say", room, text: "without Bob" });
  await scene.beat();
  assert.deepEqual(bob.fresh().map(({ type, reason, on }) => [type, reason ?? on]).toSorted(), [
    ["left", "not_allowed"],
    ["member", false],
  ]);
  for (const request of [{ type: "history" }, { type: "say", text: "hi" }, { type: "who" }]) {
    assert.equal(await scene.outcome(bob, { ...request, room }), "not_in_room");
  }
  assert.equal(await scene.outcome(bob, { type: "join", room, limit: 50 }), "not_allowed");
  assert.deepEqual(await scene.list(bob), []);
  assert.ok(!JSON.stringify(bob.socket.sent).includes("without Bob"));
});

Deno.test("A member whose removal arrives together with the next message does not see that", async () => {
  using scene = new RoomsScene();
  const { bob, room } = await twoIn(scene);
  const event = { kind: "member", user: user(BOB), name: name("Bob"), on: false } as const;
  const author = { room: roomId(room), user: user(ANN), name: name("Ann") };
  const last = scene.chat.hub.find(roomId(room))?.last ?? assert.fail("not open");
  scene.chat.hub.dispatch([
    { text: "removed Bob", event },
    { text: "without Bob" },
  ].map((said, index) => {
    const position = { epoch: last.epoch, seq: last.seq + 1 + index };
    return {
      kind: "entry",
      entry: { ...author, id: `e${index}`, action: { kind: "said", ...said }, position, at: 0 },
    };
  }));
  await flushMicrotasks();
  assert.ok(!JSON.stringify(bob.socket.sent).includes("without Bob"));
  assert.equal(bob.fresh().at(-1)?.type, "left");
});

Deno.test("A member who is removed while this node hears nothing reads nothing that was said since", async () => {
  using scene = new RoomsScene();
  const { ann, bob, room } = await twoIn(scene);
  scene.chat.dropsAnnouncements = true;
  await scene.ask(ann, { type: "member", room, user: BOB, on: false });
  await scene.ask(ann, { type: "say", room, text: "without Bob" });
  assert.equal(await scene.outcome(bob, { type: "history", room }), "not_allowed");
  const second = await scene.enter("bob");
  const join = { type: "join", room, limit: 50 };
  assert.equal(await scene.outcome(second, join), "not_allowed");
  for (const client of [bob, second]) {
    assert.ok(!JSON.stringify(client.socket.sent).includes("without Bob"));
  }
});

Deno.test("A member who leaves while history is read, and is removed, reads nothing that was said since", async () => {
  using scene = new RoomsScene();
  const { ann, bob, room } = await twoIn(scene);
  await scene.ask(ann, { type: "leave", room });
  const { bus } = scene.chat;
  const { page } = bus;
  const reading = Promise.withResolvers<void>();
  bus.page = async (...query) => (await reading.promise, await page.apply(bus, query));
  await bob.ask({ type: "history", id: "h", room });
  await scene.ask(bob, { type: "leave", room });
  await scene.ask(ann, { type: "member", room, user: BOB, on: false });
  bus.page = page;
  await scene.ask(ann, { type: "join", room });
  await scene.ask(ann, { type: "say", room, text: "without Bob" });
  reading.resolve();
  await scene.beat();
  const answer = bob.fresh().find(({ id }) => id === "h");
  assert.deepEqual([answer?.type, answer?.code], ["fault", "not_allowed"]);
});

Deno.test("A member who was added, or came back, while this node hears nothing gets in", async () => {
  using scene = new RoomsScene();
  const { ann, bob, room } = await twoIn(scene);
  await scene.ask(ann, { type: "room", room, history: "joined" });
  const cat = await scene.enter("cat");
  scene.chat.dropsAnnouncements = true;
  const change = (user: string, on: boolean) => ({ type: "member", room, user, on });
  await scene.ask(ann, change(BOB, false));
  await scene.ask(ann, { type: "say", room, text: "without Bob" });
  await scene.ask(ann, change(BOB, true));
  await scene.ask(ann, change(CAT, true));
  for (const client of [cat, await scene.enter("bob")]) {
    assert.equal(await scene.outcome(client, { type: "join", room, limit: 50 }), "joined");
    assert.ok(!JSON.stringify(client.socket.sent).includes("without Bob"));
  }
  assert.equal(bob.fresh().filter(({ type }) => type === "left").length, 1);
});

Deno.test("Without the state of a private room, nobody is let in", async () => {
  using scene = new RoomsScene();
  const { bob, room } = await twoIn(scene);
  const { bus } = scene.chat;
  const { state } = bus;
  bus.state = async (id) => ({ ...await state.call(bus, id), fields: new Map() });
  bus.admission = bus.state;
  const second = await scene.enter("bob");
  assert.equal(await scene.outcome(second, { type: "join", room }), "not_allowed");
  assert.equal(await scene.outcome(bob, { type: "members", room }), "not_allowed");
});

Deno.test("A member who joins while the rules of the service change gets in", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann);
  const { bus } = scene.chat;
  const opening = Promise.withResolvers<void>();
  const { state } = bus;
  bus.state = async (id) => {
    await opening.promise;
    return await state.call(bus, id);
  };
  await ann.ask({ type: "join", id: "1", room });
  ann.handler.signIn.recheckUser();
  opening.resolve();
  await scene.beat();
  assert.ok(ann.fresh().some(({ id, type }) => id === "1" && type === "joined"));
});

Deno.test("A member who sends and leaves before the room is open is told to try again", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann);
  const { bus } = scene.chat;
  const opening = Promise.withResolvers<void>();
  const { refresh } = bus;
  bus.refresh = async (id, node) => {
    await opening.promise;
    return await refresh.call(bus, id, node);
  };
  await ann.ask({ type: "join", id: "1", room }, { type: "say", id: "2", room, text: "hi" });
  const frames = await ann.ask({ type: "leave", id: "3", room });
  opening.resolve();
  assert.deepEqual(frames.map(({ id, type, code }) => `${id} ${code ?? type}`), [
    "1 not_in_room",
    "2 unavailable",
    "3 left",
  ]);
});

Deno.test("Nothing is kept of a connection that ends while its token is checked", async () => {
  using scene = new RoomsScene();
  const { userSessions } = scene.chat.context;
  const checked = Promise.withResolvers<void>();
  scene.authenticator.whenLet = checked.promise;
  const client = new Client(scene.chat);
  await client.ask({ type: "hello", token: "ann" });
  client.handler.onClose();
  checked.resolve();
  await flushMicrotasks();
  assert.equal(userSessions.size, 0);
  const other = await scene.enter("ann");
  assert.equal(userSessions.size, 1);
  other.handler.onClose();
  assert.equal(userSessions.size, 0);
});

Deno.test("A private room cannot be listed, and what it is called does not reach _audit", async () => {
  using scene = new RoomsScene();
  const { ann, room } = await twoIn(scene);
  assert.equal(await scene.outcome(ann, { type: "room", room, listed: true }), "bad_frame");
  assert.equal(await scene.outcome(ann, { type: "room", room, title: "Plans" }), "ack");
  const audit = await scene.chat.bus.page(AUDIT_ROOM, undefined, 50);
  assert.deepEqual(audit.messages, []);
  const [listed] = await scene.list(ann);
  assert.deepEqual([listed?.kind, listed?.title, listed?.people], ["private", "Plans", 2]);
});

Deno.test("A muted member adds nobody, and can leave", async () => {
  using scene = new RoomsScene();
  const mia = await scene.enter("mia");
  const room = await scene.createPrivate(mia);
  await scene.ask(mia, { type: "member", room, user: BOB, name: "Bob" });
  await scene.ask(mia, { type: "join", room });
  const bob = await scene.enter("bob");
  await scene.ask(mia, { type: "moderate", action: "mute", room, user: BOB });
  assert.equal(await scene.outcome(bob, { type: "member", room, user: CAT }), "muted");
  assert.equal(await scene.outcome(bob, { type: "member", room, on: false }), "ack");
  await scene.ask(mia, { type: "moderate", action: "mute", user: BOB });
  assert.equal(await scene.outcome(bob, { type: "create", kind: "private" }), "muted");
  assert.equal(await scene.outcome(bob, { type: "open", user: ANN }), "muted");
});

Deno.test("When the last member leaves a private room, its messages are removed", async () => {
  using scene = new RoomsScene();
  const { ann, bob, room } = await twoIn(scene);
  await scene.ask(ann, { type: "say", room, text: "secret" });
  const read = async () => (await scene.chat.bus.page(roomId(room), undefined, 50)).messages;
  assert.equal(await scene.outcome(ann, { type: "member", room, on: false }), "ack");
  assert.ok((await read()).some(({ text }) => text === "secret"));
  assert.equal(await scene.outcome(bob, { type: "member", room, on: false }), "ack");
  await flushMicrotasks();
  assert.deepEqual((await read()).map(({ text }) => text), ["removed all earlier messages"]);
});

Deno.test("A member who is banned from a private room neither sees the members nor adds any, and can leave", async () => {
  using scene = new RoomsScene();
  const mia = await scene.enter("mia");
  const room = await scene.createPrivate(mia);
  await scene.ask(mia, { type: "member", room, user: BOB, name: "Bob" });
  await scene.ask(mia, { type: "join", room });
  const bob = await scene.enter("bob");
  await scene.ask(mia, { type: "moderate", action: "ban", room, user: BOB });
  for (const request of [{ type: "join" }, { type: "members" }, { type: "member", user: CAT }]) {
    assert.equal(await scene.outcome(bob, { ...request, room }), "not_allowed", request.type);
  }
  assert.equal(await scene.outcome(bob, { type: "member", room, on: false }), "ack");
});

Deno.test("Creating rooms and changing members is limited for each user and address, and so are lists", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann);
  const codes = async (client: Client, requests: readonly Frame[]) => {
    const found: string[] = [];
    for (const request of requests) {
      found.push(await scene.outcome(client, request));
      await scene.beat(200);
    }
    return found;
  };
  const repeat = (count: number, request: (index: number) => Frame) =>
    Array.from({ length: count }, (_, index) => request(index));
  const create = () => ({ type: "create", kind: "private" });
  assert.deepEqual((await codes(ann, repeat(20, create))).slice(-2), ["room", "slow_down"]);
  await scene.beat(120_000);
  const add = () => ({ type: "member", room, user: BOB, name: "Bob" });
  assert.ok((await codes(ann, repeat(40, add))).includes("slow_down"));
  assert.ok((await codes(ann, repeat(15, () => ({ type: "rooms" })))).includes("slow_down"));
  // Guests can come back as somebody else.
  const outcomes: string[] = [];
  for (let index = 0; index <= 100; index++) {
    const client = new Client(scene.chat, { address: "192.0.2.1" });
    await client.ask({ type: "hello" });
    outcomes.push(await scene.outcome(client, { type: "create", kind: "open", room: `r${index}` }));
  }
  assert.deepEqual(outcomes.slice(-2), ["room", "slow_down"]);
});

Deno.test("A member who is banned from a private room sees nothing of it in the list", async () => {
  using scene = new RoomsScene();
  const [ann, mia] = [await scene.enter("ann"), await scene.enter("mia")];
  const room = await scene.createPrivate(ann, { title: "Plans" });
  for (const member of [MIA, BOB]) await scene.ask(ann, { type: "member", room, user: member });
  const bob = await scene.enter("bob");
  assert.deepEqual((await scene.list(bob)).map(({ title }) => title), ["Plans"]);
  await scene.ask(mia, { type: "join", room });
  const ban = { type: "moderate", action: "ban", room, user: BOB };
  assert.equal(await scene.outcome(mia, ban), "ack");
  await scene.ask(ann, { type: "join", room });
  await scene.ask(ann, { type: "room", room, title: "Against Bob" });
  assert.deepEqual(await scene.list(bob), []);
  assert.equal(await scene.outcome(bob, { type: "members", room }), "not_allowed");
  assert.equal(await scene.outcome(mia, { ...ban, action: "unban" }), "ack");
  assert.deepEqual((await scene.list(bob)).map(({ title }) => title), ["Against Bob"]);
});
