import assert from "node:assert/strict";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import type { SessionContext } from "../../../lib/chat/session/session.ts";
import type { SessionTokens } from "../../../lib/chat/ports/session_tokens.ts";
import {
  NOT_READY,
  TOO_MANY_MESSAGES,
  UNSUPPORTED_DATA,
} from "../../../lib/core/protocol/close_codes.ts";
import { parseLegacyRoom } from "../../../lib/core/names/names.ts";
import { user } from "../../contract/fixtures.ts";
import {
  FakeChat,
  FakeSessionTokens,
  FakeSocket,
  flushMicrotasks,
  name,
  room,
  UNLIMITED,
} from "../../support/fakes.ts";

type Frame = Record<string, unknown>;

/** Handlers on one fake chat. */
function openChat(
  follows?: "at once" | "when let",
  settings?: Partial<SessionContext>,
  recoverLimit?: number,
) {
  const chat = new FakeChat(follows, settings, recoverLimit);
  return {
    chat,
    bus: chat.bus,
    clock: chat.clock,
    connect: () => new Client(chat),
    async enter(name: string, ...rooms: readonly string[]) {
      const client = new Client(chat);
      await client.ask({ type: "hello", name });
      for (const room of rooms) await client.ask({ type: "join", room });
      client.take();
      return client;
    },
    [Symbol.dispose]: () => chat[Symbol.dispose](),
  };
}

/** A client of a handler. */
class Client {
  readonly socket = new FakeSocket();
  readonly handler: JsonHandler;
  #seen = 0;

  constructor(chat: FakeChat) {
    this.handler = new JsonHandler(this.socket, chat.context);
  }

  /** Sends frames as one message; returns the frames received since the last call. */
  async ask(...frames: readonly Frame[]): Promise<Frame[]> {
    this.handler.onMessage(frames.map((frame) => JSON.stringify(frame)).join("\n"));
    await flushMicrotasks();
    return this.take();
  }

  /** The received frames, in order. */
  take(): Frame[] {
    const messages = this.socket.sent.slice(this.#seen);
    this.#seen = this.socket.sent.length;
    return messages.flatMap((message) => String(message).split("\n").map((it) => JSON.parse(it)));
  }

  /** The types of the received frames. */
  types(): unknown[] {
    return this.take().map(({ type }) => type);
  }
}

/** The tokens of a server that does not know its secret yet. */
class LateSessionTokens extends FakeSessionTokens {
  override serviceId: string | undefined = undefined;

  constructor(override readonly ready: Promise<void>) {
    super();
  }

  override sign(...signed: Parameters<SessionTokens["sign"]>): string | undefined {
    return this.serviceId && super.sign(...signed);
  }
}

/** A reaction to a message that does not exist. */
function react(emoji: string): Frame {
  return { type: "react", room: "lobby", of: "a:1", emoji };
}

/** The requested fields of a frame. */
function pick(frame: Frame | undefined, ...fields: readonly string[]): unknown[] {
  return fields.map((field) => frame?.[field]);
}

Deno.test("JsonHandler answers hello with the user and the server's limits", async () => {
  using chat = openChat();
  const [hello] = await chat.connect().ask({ type: "hello", id: "1", name: "Ann" });
  assert.deepEqual(pick(hello, "type", "id", "you"), [
    "hello",
    "1",
    { user: "user_no_1", name: "Ann", kind: "guest" },
  ]);
  assert.equal(hello?.resume, "user_no_1/Ann");
  assert.equal(Object(hello?.limits).maxRooms, 3);
});

Deno.test("JsonHandler names the deployment in its hello, or in a token as soon as it can", async () => {
  using chat = openChat();
  const [hello] = await chat.connect().ask({ type: "hello" });
  assert.equal(Object(hello?.["server"]).id, "service-under-test");

  const known = Promise.withResolvers<void>();
  const late = new LateSessionTokens(known.promise);
  using slow = openChat(undefined, { sessionTokens: late });
  const ann = slow.connect();
  const [first] = await ann.ask({ type: "hello", name: "Ann" });
  assert.deepEqual(pick(first, "resume"), [undefined]);
  assert.ok(!("id" in Object(first?.["server"])));
  late.serviceId = "known-by-now";
  known.resolve();
  await flushMicrotasks();
  assert.deepEqual(ann.take(), [
    { type: "token", resume: "user_no_1/Ann", server: { id: "known-by-now" } },
  ]);
});

Deno.test("JsonHandler closes with 4010, which has a wait, when it cannot check a token yet", async () => {
  const sessionTokens = Object.assign(new FakeSessionTokens(), { isReady: false });
  using chat = openChat(undefined, { sessionTokens });
  const ann = chat.connect();
  assert.deepEqual(await ann.ask({ type: "hello", resume: "user_no_7/Ann" }), []);
  assert.deepEqual(ann.socket.closeStatuses, [NOT_READY]);
  assert.equal(NOT_READY.afterMs, 2_000);
});

Deno.test("JsonHandler sends its advice immediately, after everything else", async () => {
  using chat = openChat();
  const ann = chat.connect();
  ann.handler.onMessage('{"type":"ping","id":"1"}');
  ann.handler.sendRetryAfter(1_500);
  assert.deepEqual(ann.take(), [{ type: "pong", id: "1" }, { type: "retry", afterMs: 1_500 }]);
  await flushMicrotasks();
  assert.deepEqual(ann.take(), []);
});

Deno.test("JsonHandler recognizes a user by the token", async () => {
  using chat = openChat();
  const [hello] = await chat.connect().ask({ type: "hello", resume: "user_no_7/Ann" });
  assert.deepEqual(hello?.you, { user: "user_no_7", name: "Ann", kind: "guest" });
  const [renamed] = await chat.connect().ask({
    type: "hello",
    resume: "user_no_7/Ann",
    name: "Bea",
  });
  assert.deepEqual(renamed?.you, { user: "user_no_7", name: "Bea", kind: "guest" });
  const [stranger] = await chat.connect().ask({ type: "hello", resume: "forged" });
  assert.deepEqual(stranger?.you, { user: "user_no_1", name: "网友10", kind: "guest" });
});

Deno.test("JsonHandler answers a join with the room, its members, and the newest messages", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  await ann.ask({ type: "say", room: "lobby", text: "1" }, {
    type: "say",
    room: "lobby",
    text: "2",
  });
  const bob = await chat.enter("Bob");
  const [joined] = await bob.ask({ type: "join", id: "j", room: "lobby", limit: 1 });
  const fields = pick(joined, "type", "id", "room", "name", "position", "more", "count", "unread");
  assert.deepEqual(fields, ["joined", "j", "lobby", "Bob", "epoch1:2", true, 2, 2]);
  assert.equal(Object(joined?.messages)[0].text, "2");
  const cid = await chat.enter("Cid");
  const [withoutMessages] = await cid.ask({ type: "join", room: "lobby" });
  assert.deepEqual([withoutMessages?.messages, withoutMessages?.more], [[], true]);
});

Deno.test("JsonHandler acknowledges a say that has an id, and sends it to all members once", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const bob = await chat.enter("Bob", "lobby");
  const answers = await ann.ask({ type: "say", id: "s", room: "lobby", text: "hi" });
  const ack = answers.find(({ type }) => type === "ack");
  assert.deepEqual(pick(ack, "id", "room", "position"), ["s", "lobby", "epoch1:1"]);
  const received = bob.take();
  assert.deepEqual(pick(received[0], "type", "position", "name", "id", "text"), [
    "said",
    "epoch1:1",
    "Ann",
    "s",
    "hi",
  ]);
  const [again, ...none] = await ann.ask({ type: "say", id: "s", room: "lobby", text: "hi" });
  assert.deepEqual(again, ack);
  assert.deepEqual([none, bob.take()], [[], []]);
});

Deno.test("JsonHandler sends the responses of one turn as one message", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann");
  const before = ann.socket.sent.length;
  const pongs = await ann.ask({ type: "ping", id: "1" }, { type: "ping", id: "2" });
  assert.deepEqual(pongs, [{ type: "pong", id: "1" }, { type: "pong", id: "2" }]);
  assert.equal(ann.socket.sent.length, before + 1);
});

Deno.test("JsonHandler joins a room by any spelling, and answers with its canonical name", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann");
  const [joined] = await ann.ask({ type: "join", id: "1", room: "Cafe\u0301" });
  assert.deepEqual([joined?.type, joined?.id, joined?.room], ["joined", "1", "café"]);
  const [again] = await ann.ask({ type: "join", id: "2", room: "CAFÉ" });
  assert.equal(again?.code, "in_room");
  const [ack, said] = await ann.ask({ type: "say", id: "3", room: "CAFÉ", text: "hi" });
  assert.deepEqual([ack?.room, said?.room], ["café", "café"]);
  const [left] = await ann.ask({ type: "leave", id: "4", room: "CAFE\u0301" });
  assert.deepEqual(left, { type: "left", id: "4", room: "café" });
});

Deno.test("JsonHandler joins the room in lower case when none has the capitals", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const bob = await chat.enter("Bob");
  const [joined, ack] = await bob.ask(
    { type: "join", id: "1", room: "Lobby" },
    { type: "say", id: "2", room: "Lobby", text: "hi" },
  );
  assert.deepEqual([joined?.room, joined?.count, ack?.room], ["lobby", 2, "lobby"]);
  const said = ann.take().find(({ type }) => type === "said");
  assert.deepEqual([said?.type, said?.room, said?.text], ["said", "lobby", "hi"]);
  const [again] = await bob.ask({ type: "join", id: "3", room: "LOBBY" });
  assert.deepEqual([again?.code, again?.id], ["in_room", "3"]);
  const [who] = await bob.ask({ type: "who", id: "4", room: "lobby" });
  assert.equal(who?.count, 2);
});

Deno.test("JsonHandler keeps a room with capitals that holds messages apart from the other", async () => {
  using chat = openChat();
  const old = parseLegacyRoom("Lobby") ?? assert.fail();
  const author = { user: user("user_old"), name: name("Old") };
  const action = { kind: "said", text: "from before" } as const;
  await chat.bus.publish({ room: old, ...author, id: "1", action });
  const ann = await chat.enter("Ann", "lobby");
  const [joined] = await ann.ask({ type: "join", id: "1", room: "Lobby", limit: 5 });
  assert.deepEqual([joined?.room, joined?.count], ["Lobby", 1]);
  assert.deepEqual(Object(joined?.messages).length, 1);
  const [one] = await ann.ask({ type: "say", id: "2", room: "Lobby", text: "here" });
  const [other] = await ann.ask({ type: "say", id: "3", room: "LOBBY", text: "there" });
  assert.deepEqual([one?.room, other?.room], ["Lobby", "lobby"]);
});

Deno.test("JsonHandler refuses requests that wait for a room in capitals that the user is already in", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const answers = await ann.ask(
    { type: "join", id: "1", room: "Lobby" },
    { type: "typing", id: "2", room: "Lobby" },
  );
  assert.deepEqual(answers.map(({ id, code }) => [id, code]), [["1", "in_room"], [
    "2",
    "unavailable",
  ]]);
  const after = await ann.ask({ type: "say", id: "3", room: "lobby", text: "hi" });
  assert.ok(after.some(({ type }) => type === "ack"));
});

for (
  const [what, frame] of [
    ["takes another name", { type: "name", id: "2", name: "Zed" }],
    ["sends a message and leaves", { type: "leave", id: "2", room: "Lobby" }],
    ["sends a message and closes", undefined],
  ] as const
) {
  Deno.test(`JsonHandler begins no room with capitals for a user who ${what} immediately`, async () => {
    using chat = openChat();
    const ann = await chat.enter("Ann", "lobby");
    const bob = await chat.enter("Bob");
    const frames: Frame[] = [{ type: "join", id: "1", room: "Lobby" }];
    const say = { type: "say", id: "3", room: "Lobby", text: "hi" };
    const answered = bob.ask(...frames, ...(frame?.type === "name" ? [frame, say] : [say]));
    if (frame === undefined) bob.handler.onClose();
    else if (frame.type === "leave") await bob.ask(frame);
    await answered;
    await chat.clock.advance(2_000);
    const old = parseLegacyRoom("Lobby") ?? assert.fail();
    assert.equal((await chat.bus.page(old, undefined, 1)).top.seq, 0);
    const received = ann.take();
    assert.equal(received.filter(({ type }) => type === "said").length, 1);
    if (frame?.type !== "name") return;
    const people = await chat.bus.people(room("lobby"));
    assert.deepEqual(people.map(({ name }) => name), ["Ann", "Zed"]);
    assert.ok(received.some(({ type, name }) => type === "renamed" && name === "Zed"));
  });
}

Deno.test("JsonHandler uses a new name in a room that was being joined when it was chosen", async () => {
  using chat = openChat();
  const bob = await chat.enter("Bob");
  await bob.ask({ type: "join", room: "attic" }, { type: "name", id: "2", name: "Zed" });
  await chat.clock.advance(1_000);
  const people = await chat.bus.people(room("attic"));
  assert.deepEqual(people.map(({ name }) => name), ["Zed"]);
});

for (
  const [what, request, code] of [
    ["an invalid room", { type: "join", room: "no good" }, "bad_room"],
    ["a room that the user is in", { type: "join", room: "lobby" }, "in_room"],
    ["an invalid name", { type: "name", name: "* server" }, "bad_name"],
    [
      "a say to a room that the user is not in",
      { type: "say", room: "attic", text: "hi" },
      "not_in_room",
    ],
    [
      "a leave from a room that the user is not in",
      { type: "leave", room: "attic" },
      "not_in_room",
    ],
    ["no text", { type: "say", room: "lobby", text: "" }, "empty"],
    ["an invisible text", { type: "say", room: "lobby", text: " \u200b\u2800\n" }, "empty"],
    [
      "an edit to an invisible text",
      { type: "edit", room: "lobby", of: "a:1", text: "\u3164\ufe0f" },
      "empty",
    ],
    ["too much text", { type: "say", room: "lobby", text: "é".repeat(51) }, "too_long"],
    ["an edit of a missing message", { type: "edit", room: "lobby", of: "a:1", text: "x" }, "gone"],
    ["an unknown type", { type: "dance" }, "unknown_type"],
    ["a field of the wrong kind", { type: "say", room: "lobby", text: 1 }, "bad_frame"],
    ["an invalid position", { type: "delete", room: "lobby", of: "1" }, "bad_frame"],
    ["a word as an emoji", { type: "react", room: "lobby", of: "a:1", emoji: "no" }, "bad_frame"],
    ["an emoji under marks", react("👍\u0301\u0301"), "bad_frame"],
    ["an emoji beside an invisible character", react("👍\u200b"), "bad_frame"],
    ["an emoji beside a blank", react("👍\u2800"), "bad_frame"],
    ["17 emoji", react("👍".repeat(17)), "bad_frame"],
    ["an emoji to no message", react("👍"), "gone"],
    ["a keycap to no message", react("1\ufe0f\u20e3"), "gone"],
    ["a family to no message", react("👩🏽\u200d👩🏽\u200d👧🏽\u200d👦🏽"), "gone"],
    [
      "a flag made of tags to no message",
      react("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"),
      "gone",
    ],
    ["a flag to no message", react("🇩🇪"), "gone"],
    ["a heart in colour to no message", react("❤\ufe0f"), "gone"],
    ["a second hello", { type: "hello" }, "bad_frame"],
  ] as const
) {
  Deno.test(`JsonHandler answers ${what} with ${code}`, async () => {
    using chat = openChat();
    const ann = await chat.enter("Ann", "lobby");
    const [fault, ...rest] = await ann.ask({ ...request, id: "7" });
    assert.deepEqual(pick(fault, "type", "id", "code"), ["fault", "7", code]);
    assert.deepEqual([rest, ann.socket.closeStatuses], [[], []]);
  });
}

Deno.test("JsonHandler repeats at most 100 characters of an unknown type", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const [fault] = await ann.ask({ type: "x".repeat(300) });
  assert.equal(fault?.message, `there is no request of type ${"x".repeat(100)}…`);
});

Deno.test("JsonHandler expects a hello, then a room, and nothing more once it has joined or waits to", async () => {
  for (const follows of ["at once", "when let"] as const) {
    using chat = openChat(follows);
    const client = chat.connect();
    const { handler } = client;
    const ask = (frame: Frame) => client.ask(frame);
    assert.equal(handler.pendingStep(), "hello");
    await ask({ type: "join", room: "lobby" });
    assert.equal(handler.pendingStep(), "hello");
    await ask({ type: "hello", name: "Ann" });
    assert.equal(handler.pendingStep(), "room");
    await ask({ type: "join", room: "not a room" });
    assert.equal(handler.pendingStep(), "room");
    await ask({ type: "join", room: "lobby" });
    assert.equal(handler.pendingStep(), undefined);
    await ask({ type: "leave", room: "lobby" });
    assert.equal(handler.pendingStep(), follows === "at once" ? undefined : "room");
  }
});

Deno.test("JsonHandler answers any request before the hello with hello_first", async () => {
  using chat = openChat();
  const [fault] = await chat.connect().ask({ type: "join", id: "1", room: "lobby" });
  assert.equal(fault?.code, "hello_first");
});

Deno.test("JsonHandler applies edits, deletions and reactions to the history", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  for (const text of ["one", "two", "three"]) await ann.ask({ type: "say", room: "lobby", text });
  const about = (seq: number) => ({ room: "lobby", of: `epoch1:${seq}` });
  await ann.ask(
    { type: "edit", ...about(1), text: "uno" },
    { type: "delete", ...about(2) },
    { type: "react", ...about(3), emoji: "👍" },
  );
  const [history] = await ann.ask({ type: "history", id: "h", room: "lobby" });
  const messages: Frame[] = Object(history?.messages);
  assert.deepEqual(messages.map(({ text, deleted, reactions }) => [text, deleted, reactions]), [
    ["uno", undefined, undefined],
    ["", true, undefined],
    ["three", undefined, { "👍": ["user_no_1"] }],
  ]);
  assert.equal(history?.position, "epoch1:6");
});

Deno.test("JsonHandler answers an edit by another user with not_yours", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  await ann.ask({ type: "say", room: "lobby", text: "mine" });
  const bob = await chat.enter("Bob", "lobby");
  const [fault] = await bob.ask({ type: "edit", room: "lobby", of: "epoch1:1", text: "his" });
  assert.equal(fault?.code, "not_yours");
});

Deno.test("JsonHandler replays the missed entries, and reports whether they are complete", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  for (let i = 1; i <= 8; i++) await ann.ask({ type: "say", room: "lobby", text: String(i) });
  const back = await (await chat.enter("Bob")).ask({
    type: "join",
    room: "lobby",
    since: "epoch1:5",
  });
  assert.deepEqual(back.map(({ type, recovered, text }) => recovered ?? text ?? type), [
    true,
    "6",
    "7",
    "8",
  ]);
  const late = await (await chat.enter("Cid")).ask({
    type: "join",
    room: "lobby",
    since: "epoch1:1",
    limit: 2,
  });
  assert.deepEqual(pick(late[0], "recovered", "reason"), [false, "too_many"]);
  assert.deepEqual(Object(late[0]?.messages).length, 2);
  assert.equal(late.length, 1);
});

Deno.test("JsonHandler holds requests for a room until it has joined, for a limited time", async () => {
  using chat = openChat("when let");
  const ann = await chat.enter("Ann");
  const say = { type: "say", id: "s", room: "lobby", text: "hi" };
  assert.deepEqual(await ann.ask({ type: "join", room: "lobby" }, say), []);
  await chat.clock.advance(1_000);
  assert.deepEqual(pick(ann.take()[0], "id", "code", "retry"), ["s", "unavailable", true]);
  chat.bus.letSubscribe();
  await flushMicrotasks();
  assert.deepEqual(ann.types(), ["joined"]);
});

Deno.test("JsonHandler answers with unknown_outcome when the reply was lost", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  chat.bus.availability = "forgetful";
  const answers = await ann.ask({ type: "say", id: "s", room: "lobby", text: "hi" });
  const fault = answers.find(({ type }) => type === "fault");
  assert.deepEqual(pick(fault, "code", "retry"), ["unknown_outcome", true]);
  chat.bus.availability = "well";
  const [ack] = await ann.ask({ type: "say", id: "s", room: "lobby", text: "hi" });
  assert.deepEqual(pick(ack, "type", "position"), ["ack", "epoch1:1"]);
});

Deno.test("JsonHandler lets a user join several rooms, up to a limit", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "a", "b", "c");
  const [fault] = await ann.ask({ type: "join", room: "d" });
  assert.equal(fault?.code, "too_many_rooms");
  assert.deepEqual(await ann.ask({ type: "leave", id: "l", room: "b" }), [
    { type: "left", id: "l", room: "b" },
  ]);
  const [joined] = await ann.ask({ type: "join", room: "d" });
  assert.equal(joined?.type, "joined");
});

Deno.test("JsonHandler sends nothing of a room that was left, not even that it was joined", async () => {
  using chat = openChat("when let");
  const ann = await chat.enter("Ann");
  const asked = [{ type: "join", id: "j", room: "lobby" }, {
    type: "leave",
    id: "l",
    room: "lobby",
  }];
  const answers = await ann.ask(...asked);
  assert.deepEqual(answers.map((it) => pick(it, "type", "id", "code")), [
    ["fault", "j", "not_in_room"],
    ["left", "l", undefined],
  ]);
  chat.bus.letSubscribe();
  const bob = await chat.enter("Bob", "lobby");
  await bob.ask({ type: "say", room: "lobby", text: "is she gone?" });
  await chat.clock.advance(1_000);
  assert.deepEqual(ann.take(), []);
});

Deno.test("JsonHandler sends every entry once and in order to a client that returns during a burst of messages", async () => {
  using chat = openChat(undefined, { limits: UNLIMITED }, 100);
  const ann = await chat.enter("Ann", "lobby");
  const say = (text: number) =>
    ann.handler.onMessage(`{"type":"say","room":"lobby","text":"${text}"}`);
  for (let i = 1; i <= 5; i++) say(i);
  await flushMicrotasks();
  const bob = await chat.enter("Bob");
  bob.handler.onMessage('{"type":"join","room":"lobby","since":"epoch1:2"}');
  for (let i = 6; i <= 60; i++) {
    say(i);
    await Promise.resolve();
  }
  await flushMicrotasks();
  const [joined, ...received] = bob.take();
  assert.equal(joined?.recovered, true);
  assert.deepEqual(
    received.map(({ text }) => Number(text)),
    Array.from({ length: 58 }, (_, i) => i + 3),
  );
});

Deno.test("JsonHandler renames in all rooms or in none", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "a", "b");
  const bob = await chat.enter("Bob", "b");
  const [taken] = await ann.ask({ type: "name", id: "n", name: "bob" });
  assert.equal(taken?.code, "name_taken");
  assert.equal(bob.take().length, 0);
  const answers = await ann.ask({ type: "name", id: "n", name: "Bea" });
  const names = answers.filter(({ type }) => type === "renamed");
  assert.deepEqual(names.map((it) => pick(it, "room", "from", "name")), [
    ["a", "Ann", "Bea"],
    ["b", "Ann", "Bea"],
  ]);
  assert.ok(answers.some(({ type, resume }) => type === "token" && resume === "user_no_1/Bea"));
  await ann.ask({ type: "say", room: "b", text: "it is me" });
  assert.deepEqual(bob.take().map(({ name }) => name), ["Bea", "Bea"]);
  const [free] = await (await chat.enter("Ann")).ask({ type: "join", room: "a" });
  assert.equal(free?.name, "Ann");
});

Deno.test("JsonHandler retries a rename whose reply was lost, and notifies the room", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  chat.bus.availability = "forgetful";
  assert.deepEqual(await ann.ask({ type: "name", id: "n", name: "Bea" }), []);
  chat.bus.availability = "well";
  await chat.clock.advance(500);
  const received = ann.take().map((it) => pick(it, "type", "name", "id"));
  assert.ok(received.some(([type, name]) => type === "renamed" && name === "Bea"));
  assert.ok(received.some(([type, , id]) => type === "ack" && id === "n"));
});

Deno.test("JsonHandler releases a name whose claim stayed unconfirmed for 10 s", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  chat.bus.availability = "forgetful";
  await ann.ask({ type: "name", id: "n", name: "Bea" });
  await chat.clock.advance(11_000);
  const faults = ann.take().filter(({ type }) => type === "fault");
  assert.deepEqual(faults.map(({ code }) => code), ["unknown_outcome"]);
  chat.bus.availability = "well";
  await chat.clock.advance(20_000);
  assert.deepEqual((await chat.bus.people(room("lobby"))).map(({ name }) => name), ["Ann"]);
  ann.take();
  const answers = await ann.ask({ type: "say", room: "lobby", text: "still me" });
  assert.deepEqual(answers.map(({ name }) => name), ["Ann"]);
});

for (const request of [{ type: "history" }, { type: "read", position: "epoch1:0" }]) {
  Deno.test(`JsonHandler answers ${request.type} with unavailable when the reply was lost`, async () => {
    using chat = openChat();
    const ann = await chat.enter("Ann", "lobby");
    chat.bus.availability = "forgetful";
    const [fault] = await ann.ask({ ...request, id: "1", room: "lobby" });
    assert.deepEqual(pick(fault, "id", "code"), ["1", "unavailable"]);
  });
}

Deno.test("JsonHandler sends typing notices, at a limited rate", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const bob = await chat.enter("Bob", "lobby");
  await ann.ask({ type: "typing", room: "lobby" }, { type: "typing", room: "lobby" });
  assert.deepEqual(bob.take().map((it) => pick(it, "type", "name", "on")), [[
    "typing",
    "Ann",
    true,
  ]]);
  await ann.ask({ type: "typing", room: "lobby", on: false });
  assert.deepEqual(bob.take().map(({ on }) => on), [false]);
});

Deno.test("JsonHandler reports the number of unread messages", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  for (const text of ["1", "2", "3"]) await ann.ask({ type: "say", room: "lobby", text });
  const [ack] = await ann.ask({ type: "read", id: "r", room: "lobby", position: "epoch1:1" });
  assert.deepEqual(ack, { type: "ack", id: "r", room: "lobby" });
  await ann.ask({ type: "leave", room: "lobby" });
  const [joined] = await ann.ask({ type: "join", room: "lobby" });
  assert.deepEqual(pick(joined, "read", "unread"), ["epoch1:1", 2]);
});

Deno.test("JsonHandler reports how many of the unread messages mention the user", async () => {
  using chat = openChat();
  const ann = chat.connect();
  const join = { type: "join", room: "lobby" };
  const [hello] = await ann.ask({ type: "hello", name: "Ann" }, join);
  const { user } = hello?.["you"] as { readonly user: string };
  for (const mentions of [[user], [], ["user_nobody"], [user, "user_nobody"]]) {
    await ann.ask({ type: "say", room: "lobby", text: "you", mentions });
  }
  await ann.ask({ type: "read", room: "lobby", position: "epoch1:1" });
  const joined = [];
  for (const position of ["epoch1:1", "epoch1:4"]) {
    await ann.ask({ type: "read", room: "lobby", position });
    const [, again] = await ann.ask({ type: "leave", room: "lobby" }, join);
    joined.push(pick(again, "type", "unread", "mentions"));
  }
  assert.deepEqual(joined, [["joined", 3, 1], ["joined", 0, undefined]]);
});

Deno.test("JsonHandler counts users, not connections", async () => {
  using chat = openChat();
  const watcher = await chat.enter("Cid", "lobby");
  const windows = [chat.connect(), chat.connect()];
  for (const window of windows) {
    await window.ask({ type: "hello", resume: "user_no_7/Ann" }, { type: "join", room: "lobby" });
  }
  await chat.clock.advance(250);
  const [presence, ...none] = watcher.take();
  assert.deepEqual(pick(presence, "type", "count"), ["presence", 2]);
  assert.deepEqual(none, []);
  windows[0]?.handler.onClose();
  await chat.clock.advance(60_000);
  assert.deepEqual(watcher.types().filter((type) => type === "presence"), []);
  windows[1]?.handler.onClose();
  await chat.clock.advance(11_000);
  assert.deepEqual(pick(watcher.take()[0], "type", "count"), ["presence", 1]);
});

Deno.test("JsonHandler reports no absence of a user who reconnects within 10 s", async () => {
  using chat = openChat();
  const watcher = await chat.enter("Cid", "lobby");
  const ann = chat.connect();
  await ann.ask({ type: "hello", resume: "user_no_7/Ann" }, { type: "join", room: "lobby" });
  await chat.clock.advance(1_000);
  watcher.take();
  ann.handler.onClose();
  await chat.clock.advance(9_000);
  await chat.connect().ask({ type: "hello", resume: "user_no_7/Ann" }, {
    type: "join",
    room: "lobby",
  });
  await chat.clock.advance(60_000);
  assert.deepEqual(watcher.take(), []);
});

Deno.test("JsonHandler fills a gap before it continues, and reports what is lost", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const say = (text: string) => ann.ask({ type: "say", room: "lobby", text });
  await say("1");
  chat.chat.dropsAnnouncements = true;
  await say("2");
  assert.deepEqual(ann.take(), []);
  chat.chat.dropsAnnouncements = false;
  assert.deepEqual((await say("3")).map(({ text }) => text), ["2", "3"]);
});

Deno.test("JsonHandler finds a lost last message by the announced tops", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  chat.chat.dropsAnnouncements = true;
  await ann.ask({ type: "say", room: "lobby", text: "the last" });
  chat.chat.dropsAnnouncements = false;
  chat.chat.hub.dispatch(await chat.bus.topPositions());
  await flushMicrotasks();
  assert.deepEqual(ann.take().map(({ text }) => text), ["the last"]);
});

Deno.test("JsonHandler does not take an acknowledged message for lost before it can have been announced", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const takeTexts = () => ann.take().flatMap(({ type, text }) => type === "said" ? [text] : []);
  const readBefore = await chat.bus.topPositions();
  chat.chat.dropsAnnouncements = true;
  await ann.ask({ type: "say", room: "lobby", text: "on its way" });
  chat.chat.dropsAnnouncements = false;
  for (const ms of [1_900, 0]) {
    chat.chat.hub.dispatch(readBefore);
    await chat.clock.advance(ms);
    assert.deepEqual(takeTexts(), []);
  }
  await chat.clock.advance(100);
  chat.chat.hub.dispatch(readBefore);
  await flushMicrotasks();
  assert.deepEqual(takeTexts(), ["on its way"]);
});

Deno.test("JsonHandler sends ping; closes with 1003 on bytes, 1008 on a flood", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann");
  ann.handler.ping();
  await flushMicrotasks();
  assert.deepEqual(ann.take(), [{ type: "ping" }]);
  for (let i = 0; i < 90; i++) await ann.ask({ type: "ping" });
  assert.deepEqual(ann.socket.closeStatuses[0], TOO_MANY_MESSAGES);
  const bob = await chat.enter("Bob");
  bob.handler.onMessage(new Uint8Array([1]));
  assert.deepEqual(bob.socket.closeStatuses, [UNSUPPORTED_DATA]);
});

/** Counts the texts that are parsed as JSON until it is disposed. */
function countParsed(): Disposable & { readonly count: number } {
  const { parse } = JSON;
  let count = 0;
  JSON.parse = (...args) => (count += 1, parse(...args));
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]: () => void (JSON.parse = parse),
  };
}

for (
  const [what, message] of [
    ["195,000 frames", "0\n".repeat(195_000)],
    ["195,000 blank lines", "\n".repeat(195_000)],
    ["26,000 pongs", '{"type":"pong"}\n'.repeat(26_000).slice(0, 390_000)],
    ["7,800 frames with ids", '{"type":"ping","id":"0123456789012345678901234"}\n'.repeat(7_800)],
  ] as const
) {
  Deno.test(`JsonHandler drops the rest of a message over the limit without parsing it: ${what}`, async () => {
    using chat = openChat();
    const ann = await chat.enter("Ann");
    using parsed = countParsed();
    for (let i = 0; i < 4; i++) ann.handler.onMessage(message);
    // 30 and the hello at first, and the first refused one of each message.
    assert.ok(parsed.count <= 34, `${parsed.count}`);
    await flushMicrotasks();
    const received = ann.take().filter(({ code }) => code === "slow_down");
    // One for each message, until the bytes of the dropped rest have used up the patience.
    assert.ok(received.length >= 1 && received.length <= 2, `${received.length}`);
    assert.ok(received.every(({ retry, afterMs }) => retry === true && afterMs === 100));
    assert.deepEqual(ann.socket.closeStatuses.slice(0, 1), [TOO_MANY_MESSAGES]);
  });
}

Deno.test("JsonHandler counts pongs like any frame", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann");
  for (let i = 0; i < 60; i++) await ann.ask({ type: "pong" });
  assert.deepEqual(ann.socket.closeStatuses, [TOO_MANY_MESSAGES]);
});

Deno.test("JsonHandler reports the id of the first frame over the limit and when to retry, and accepts it then", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const says = Array.from(
    { length: 40 },
    (_, i) => ({ type: "say", id: `s${i}`, room: "lobby", text: `${i}` }),
  );
  const answers = await ann.ask(...says);
  // The hello and the join have taken two of the thirty.
  assert.equal(chat.bus.published.length, 28);
  const faults = answers.filter(({ type }) => type === "fault");
  assert.deepEqual(faults.map((it) => pick(it, "id", "code", "retry", "afterMs", "scope")), [
    ["s28", "slow_down", true, 100, "connection"],
  ]);
  await chat.clock.advance(99);
  assert.deepEqual(pick((await ann.ask(says[28] ?? {}))[0], "code"), ["slow_down"]);
  await chat.clock.advance(1);
  await ann.ask(says[28] ?? {});
  assert.equal(chat.bus.published.length, 29);
});

Deno.test("JsonHandler lets a user leave a room while over the limit, and still counts it", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  for (let i = 0; i < 30; i++) await ann.ask({ type: "ping" });
  const [left, ...others] = await ann.ask({ type: "leave", room: "lobby" });
  assert.deepEqual([left?.type, others], ["left", []]);
  assert.deepEqual(pick((await ann.ask({ type: "ping", id: "p" }))[0], "code", "id"), [
    "slow_down",
    "p",
  ]);
  const answers = await ann.ask({ type: "leave", room: "lobby" }, { type: "ping", id: "dropped" });
  assert.deepEqual(answers.map(({ code }) => code), ["not_in_room", "slow_down"]);
  for (let i = 0; i < 30; i++) await ann.ask({ type: "leave", room: "lobby" });
  assert.deepEqual(ann.socket.closeStatuses[0], TOO_MANY_MESSAGES);
});

Deno.test("JsonHandler limits bytes: of ten texts of 60 KB a second it accepts what the limit allows, then closes", async () => {
  using chat = openChat(undefined, { maxMessageBytes: 65_536 });
  const ann = await chat.enter("Ann", "lobby");
  const text = "x".repeat(60_000);
  const answers: Frame[] = [];
  for (let i = 0; i < 10; i++) {
    answers.push(...await ann.ask({ type: "say", id: `${i}`, room: "lobby", text }));
    await chat.clock.advance(100);
  }
  // 512 KiB at once, and 32 KiB in a second.
  assert.equal(chat.bus.published.length, 9);
  const { afterMs } = answers.find(({ code }) => code === "slow_down") ?? { afterMs: 0 };
  assert.ok(Number(afterMs) > 0 && Number(afterMs) < 2_000, `${afterMs}`);
  for (let i = 0; i < 20; i++) await ann.ask({ type: "say", room: "lobby", text });
  assert.deepEqual(ann.socket.closeStatuses[0], TOO_MANY_MESSAGES);
});

Deno.test("JsonHandler charges a rename once for each room", async () => {
  using chat = openChat(undefined, { maxRooms: 31 });
  const ann = await chat.enter("Ann");
  for (let i = 0; i < 31; i++) {
    await ann.ask({ type: "join", room: `room-${i}` });
    await chat.clock.advance(1_000);
  }
  ann.take();
  await chat.clock.advance(10_000);
  await ann.ask({ type: "name", id: "n1", name: "Bea" });
  for (let turn = 0; turn < 20; turn++) await flushMicrotasks();
  ann.take();
  const renames = chat.bus.published.filter(({ action }) => action.kind === "renamed");
  assert.equal(renames.length, 31);
  const [fault] = await ann.ask({ type: "name", id: "n2", name: "Cleo" });
  assert.deepEqual(pick(fault, "code", "id", "afterMs"), ["slow_down", "n2", 200]);
});

Deno.test("JsonHandler.leave() stops following the bus when no session is left", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  ann.handler.onClose();
  await chat.clock.advance(9_999);
  assert.equal(chat.bus.unsubscribed.length, 0);
  await chat.clock.advance(1);
  assert.deepEqual(chat.bus.unsubscribed, [room("lobby")]);
});

Deno.test("JsonHandler lists all members on joining a room of 200, and 20 in a bigger one", async () => {
  using chat = openChat();
  const lobby = room("lobby");
  await chat.enter("first", "lobby");
  for (let i = 0; i < 198; i++) await chat.enter(`m${i}`, "lobby");
  const last = chat.connect();
  await last.ask({ type: "hello", name: "last" });
  const [small] = await last.ask({ type: "join", room: lobby });
  assert.ok(Array.isArray(small?.["members"]));
  assert.deepEqual([small["count"], small["members"].length, small["sampled"]], [
    200,
    200,
    undefined,
  ]);
  const tooMany = chat.connect();
  await tooMany.ask({ type: "hello", name: "more" });
  const [big] = await tooMany.ask({ type: "join", room: lobby });
  assert.ok(Array.isArray(big?.["members"]));
  assert.deepEqual([big["count"], big["members"].length, big["sampled"]], [201, 20, true]);
});
