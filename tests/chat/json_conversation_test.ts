import assert from "node:assert/strict";
import { JsonConversation } from "../../lib/chat/json_conversation.ts";
import type { SessionContext } from "../../lib/chat/session.ts";
import type { Author } from "../../lib/core/entries.ts";
import { FLOODING, NOT_READY, UNSUPPORTED } from "../../lib/core/farewells.ts";
import { FakeChat, FakeIdentities, FakeSocket, room, settle, UNLIMITED } from "../fakes.ts";

type Frame = Record<string, unknown>;

/** Conversations on one fake chat. */
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

/** Speaks the protocol to a conversation. */
class Client {
  readonly socket = new FakeSocket();
  readonly conversation: JsonConversation;
  #seen = 0;

  constructor(chat: FakeChat) {
    this.conversation = new JsonConversation(this.socket, chat.context);
  }

  /** Sends frames as one message; brings what has come since it was last looked. */
  async ask(...frames: readonly Frame[]): Promise<Frame[]> {
    this.conversation.receive(frames.map((frame) => JSON.stringify(frame)).join("\n"));
    await settle();
    return this.take();
  }

  /** What has come, one frame after the other. */
  take(): Frame[] {
    const messages = this.socket.sent.slice(this.#seen);
    this.#seen = this.socket.sent.length;
    return messages.flatMap((message) => String(message).split("\n").map((it) => JSON.parse(it)));
  }

  /** Of what has come, the types. */
  types(): unknown[] {
    return this.take().map(({ type }) => type);
  }
}

/** Those of a server that does not know its secret yet. */
class LateIdentities extends FakeIdentities {
  override service: string | undefined = undefined;

  constructor(override readonly ready: Promise<void>) {
    super();
  }

  override sign(me: Author): string | undefined {
    return this.service && super.sign(me);
  }
}

/** A reaction to a message that there is not. */
function react(emoji: string): Frame {
  return { type: "react", room: "lobby", of: "a:1", emoji };
}

/** The fields of a frame that are asked for. */
function pick(frame: Frame | undefined, ...fields: readonly string[]): unknown[] {
  return fields.map((field) => frame?.[field]);
}

Deno.test("JsonConversation answers hello with who it is and what the server allows", async () => {
  using chat = openChat();
  const [hello] = await chat.connect().ask({ type: "hello", id: "1", name: "Ann" });
  assert.deepEqual(pick(hello, "type", "id", "you"), [
    "hello",
    "1",
    { user: "user_no_1", name: "Ann" },
  ]);
  assert.equal(hello?.resume, "user_no_1/Ann");
  assert.equal(Object(hello?.limits).maxRooms, 3);
});

Deno.test("JsonConversation names the deployment in its hello, or in a token as soon as it can", async () => {
  using chat = openChat();
  const [hello] = await chat.connect().ask({ type: "hello" });
  assert.equal(Object(hello?.["server"]).id, "service-under-test");

  const known = Promise.withResolvers<void>();
  const late = new LateIdentities(known.promise);
  using slow = openChat(undefined, { identities: late });
  const ann = slow.connect();
  const [first] = await ann.ask({ type: "hello", name: "Ann" });
  assert.deepEqual(pick(first, "resume"), [undefined]);
  assert.ok(!("id" in Object(first?.["server"])));
  late.service = "known-by-now";
  known.resolve();
  await settle();
  assert.deepEqual(ann.take(), [
    { type: "token", resume: "user_no_1/Ann", server: { id: "known-by-now" } },
  ]);
});

Deno.test("JsonConversation closes with 4010, which has a wait, where it cannot check a token yet", async () => {
  const identities = Object.assign(new FakeIdentities(), { isReady: false });
  using chat = openChat(undefined, { identities });
  const ann = chat.connect();
  assert.deepEqual(await ann.ask({ type: "hello", resume: "user_no_7/Ann" }), []);
  assert.deepEqual(ann.socket.farewells, [NOT_READY]);
  assert.equal(NOT_READY.afterMs, 2_000);
});

Deno.test("JsonConversation advises at once, after all that it has to tell", async () => {
  using chat = openChat();
  const ann = chat.connect();
  ann.conversation.receive('{"type":"ping","id":"1"}');
  ann.conversation.advise(1_500);
  assert.deepEqual(ann.take(), [{ type: "pong", id: "1" }, { type: "retry", afterMs: 1_500 }]);
  await settle();
  assert.deepEqual(ann.take(), []);
});

Deno.test("JsonConversation makes whoever brings a token who they were", async () => {
  using chat = openChat();
  const [hello] = await chat.connect().ask({ type: "hello", resume: "user_no_7/Ann" });
  assert.deepEqual(hello?.you, { user: "user_no_7", name: "Ann" });
  const [renamed] = await chat.connect().ask({
    type: "hello",
    resume: "user_no_7/Ann",
    name: "Bea",
  });
  assert.deepEqual(renamed?.you, { user: "user_no_7", name: "Bea" });
  const [stranger] = await chat.connect().ask({ type: "hello", resume: "forged" });
  assert.deepEqual(stranger?.you, { user: "user_no_1", name: "网友10" });
});

Deno.test("JsonConversation answers a join with the room, who is there, and the newest messages", async () => {
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
});

Deno.test("JsonConversation acknowledges a say that has an id, and tells it to everybody once", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const bob = await chat.enter("Bob", "lobby");
  const answers = await ann.ask({ type: "say", id: "s", room: "lobby", text: "hi" });
  const ack = answers.find(({ type }) => type === "ack");
  assert.deepEqual(pick(ack, "id", "room", "position"), ["s", "lobby", "epoch1:1"]);
  const told = bob.take();
  assert.deepEqual(pick(told[0], "type", "position", "name", "id", "text"), [
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

Deno.test("JsonConversation sends what is answered in one turn as one message", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann");
  const before = ann.socket.sent.length;
  const pongs = await ann.ask({ type: "ping", id: "1" }, { type: "ping", id: "2" });
  assert.deepEqual(pongs, [{ type: "pong", id: "1" }, { type: "pong", id: "2" }]);
  assert.equal(ann.socket.sent.length, before + 1);
});

for (
  const [what, request, code] of [
    ["a room that is none", { type: "join", room: "no good" }, "bad_room"],
    ["a room that it is in", { type: "join", room: "lobby" }, "in_room"],
    ["a name that is none", { type: "name", name: "* server" }, "bad_name"],
    ["a say elsewhere", { type: "say", room: "attic", text: "hi" }, "not_in_room"],
    ["leaving elsewhere", { type: "leave", room: "attic" }, "not_in_room"],
    ["no text", { type: "say", room: "lobby", text: "" }, "empty"],
    ["a text that shows nothing", { type: "say", room: "lobby", text: " \u200b\u2800\n" }, "empty"],
    [
      "an edit to what shows nothing",
      { type: "edit", room: "lobby", of: "a:1", text: "\u3164\ufe0f" },
      "empty",
    ],
    ["too much text", { type: "say", room: "lobby", text: "é".repeat(51) }, "too_long"],
    ["an edit of nothing", { type: "edit", room: "lobby", of: "a:1", text: "x" }, "gone"],
    ["no type that is known", { type: "dance" }, "unknown_type"],
    ["a field of the wrong kind", { type: "say", room: "lobby", text: 1 }, "bad_frame"],
    ["a position that is none", { type: "delete", room: "lobby", of: "1" }, "bad_frame"],
    ["a word for an emoji", { type: "react", room: "lobby", of: "a:1", emoji: "no" }, "bad_frame"],
    ["an emoji under marks", react("👍\u0301\u0301"), "bad_frame"],
    ["an emoji beside what nobody sees", react("👍\u200b"), "bad_frame"],
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
  Deno.test(`JsonConversation answers ${what} with ${code}`, async () => {
    using chat = openChat();
    const ann = await chat.enter("Ann", "lobby");
    const [fault, ...rest] = await ann.ask({ ...request, id: "7" });
    assert.deepEqual(pick(fault, "type", "id", "code"), ["fault", "7", code]);
    assert.deepEqual([rest, ann.socket.farewells], [[], []]);
  });
}

Deno.test("JsonConversation repeats no more than 100 characters of an unknown type", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const [fault] = await ann.ask({ type: "x".repeat(300) });
  assert.equal(fault?.message, `there is no request of type ${"x".repeat(100)}…`);
});

Deno.test("JsonConversation owes a hello, then a room, and nothing more once it has joined or waits to", async () => {
  for (const follows of ["at once", "when let"] as const) {
    using chat = openChat(follows);
    const client = chat.connect();
    const { conversation } = client;
    const ask = (frame: Frame) => client.ask(frame);
    assert.equal(conversation.owes(), "hello");
    await ask({ type: "join", room: "lobby" });
    assert.equal(conversation.owes(), "hello");
    await ask({ type: "hello", name: "Ann" });
    assert.equal(conversation.owes(), "room");
    await ask({ type: "join", room: "not a room" });
    assert.equal(conversation.owes(), "room");
    await ask({ type: "join", room: "lobby" });
    assert.equal(conversation.owes(), undefined);
    await ask({ type: "leave", room: "lobby" });
    assert.equal(conversation.owes(), follows === "at once" ? undefined : "room");
  }
});

Deno.test("JsonConversation answers what comes before the hello with hello_first", async () => {
  using chat = openChat();
  const [fault] = await chat.connect().ask({ type: "join", id: "1", room: "lobby" });
  assert.equal(fault?.code, "hello_first");
});

Deno.test("JsonConversation lets edits, deletions and reactions change what history gives", async () => {
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

Deno.test("JsonConversation answers an edit by another with not_yours", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  await ann.ask({ type: "say", room: "lobby", text: "mine" });
  const bob = await chat.enter("Bob", "lobby");
  const [fault] = await bob.ask({ type: "edit", room: "lobby", of: "epoch1:1", text: "his" });
  assert.equal(fault?.code, "not_yours");
});

Deno.test("JsonConversation replays what was missed, and says whether it is all", async () => {
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

Deno.test("JsonConversation holds what is asked in a room until it has joined, and not for long", async () => {
  using chat = openChat("when let");
  const ann = await chat.enter("Ann");
  const say = { type: "say", id: "s", room: "lobby", text: "hi" };
  assert.deepEqual(await ann.ask({ type: "join", room: "lobby" }, say), []);
  await chat.clock.advance(1_000);
  assert.deepEqual(pick(ann.take()[0], "id", "code", "retry"), ["s", "unavailable", true]);
  chat.bus.letJoin();
  await settle();
  assert.deepEqual(ann.types(), ["joined"]);
});

Deno.test("JsonConversation answers with unknown_outcome where the reply was lost", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  chat.bus.mood = "forgetful";
  const answers = await ann.ask({ type: "say", id: "s", room: "lobby", text: "hi" });
  const fault = answers.find(({ type }) => type === "fault");
  assert.deepEqual(pick(fault, "code", "retry"), ["unknown_outcome", true]);
  chat.bus.mood = "well";
  const [ack] = await ann.ask({ type: "say", id: "s", room: "lobby", text: "hi" });
  assert.deepEqual(pick(ack, "type", "position"), ["ack", "epoch1:1"]);
});

Deno.test("JsonConversation lets one be in several rooms, but not in too many", async () => {
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

Deno.test("JsonConversation tells nothing of a room that was left, nor that it was joined", async () => {
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
  chat.bus.letJoin();
  const bob = await chat.enter("Bob", "lobby");
  await bob.ask({ type: "say", room: "lobby", text: "is she gone?" });
  await chat.clock.advance(1_000);
  assert.deepEqual(ann.take(), []);
});

Deno.test("JsonConversation gives every entry once and in order to one who comes back in a storm", async () => {
  using chat = openChat(undefined, { limits: UNLIMITED }, 100);
  const ann = await chat.enter("Ann", "lobby");
  const say = (text: number) =>
    ann.conversation.receive(`{"type":"say","room":"lobby","text":"${text}"}`);
  for (let i = 1; i <= 5; i++) say(i);
  await settle();
  const bob = await chat.enter("Bob");
  bob.conversation.receive('{"type":"join","room":"lobby","since":"epoch1:2"}');
  for (let i = 6; i <= 60; i++) {
    say(i);
    await Promise.resolve();
  }
  await settle();
  const [joined, ...told] = bob.take();
  assert.equal(joined?.recovered, true);
  assert.deepEqual(
    told.map(({ text }) => Number(text)),
    Array.from({ length: 58 }, (_, i) => i + 3),
  );
});

Deno.test("JsonConversation renames in all rooms or in none", async () => {
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

Deno.test("JsonConversation asks again for a name whose reply was lost, and tells the room", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  chat.bus.mood = "forgetful";
  assert.deepEqual(await ann.ask({ type: "name", id: "n", name: "Bea" }), []);
  chat.bus.mood = "well";
  await chat.clock.advance(500);
  const told = ann.take().map((it) => pick(it, "type", "name", "id"));
  assert.ok(told.some(([type, name]) => type === "renamed" && name === "Bea"));
  assert.ok(told.some(([type, , id]) => type === "ack" && id === "n"));
});

Deno.test("JsonConversation gives back a name of which nobody could say for 10 s whether it was taken", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  chat.bus.mood = "forgetful";
  await ann.ask({ type: "name", id: "n", name: "Bea" });
  await chat.clock.advance(10_000);
  const faults = ann.take().filter(({ type }) => type === "fault");
  assert.deepEqual(faults.map(({ code }) => code), ["unknown_outcome"]);
  chat.bus.mood = "well";
  await chat.clock.advance(20_000);
  assert.deepEqual((await chat.bus.people(room("lobby"))).map(({ name }) => name), ["Ann"]);
  ann.take();
  const answers = await ann.ask({ type: "say", room: "lobby", text: "still me" });
  assert.deepEqual(answers.map(({ name }) => name), ["Ann"]);
});

for (const request of [{ type: "history" }, { type: "read", position: "epoch1:0" }]) {
  Deno.test(`JsonConversation answers ${request.type} with unavailable where the reply was lost`, async () => {
    using chat = openChat();
    const ann = await chat.enter("Ann", "lobby");
    chat.bus.mood = "forgetful";
    const [fault] = await ann.ask({ ...request, id: "1", room: "lobby" });
    assert.deepEqual(pick(fault, "id", "code"), ["1", "unavailable"]);
  });
}

Deno.test("JsonConversation tells that somebody writes, and not too often", async () => {
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

Deno.test("JsonConversation tells how much was said since one has read", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  for (const text of ["1", "2", "3"]) await ann.ask({ type: "say", room: "lobby", text });
  const [ack] = await ann.ask({ type: "read", id: "r", room: "lobby", position: "epoch1:1" });
  assert.deepEqual(ack, { type: "ack", id: "r", room: "lobby" });
  await ann.ask({ type: "leave", room: "lobby" });
  const [joined] = await ann.ask({ type: "join", room: "lobby" });
  assert.deepEqual(pick(joined, "read", "unread"), ["epoch1:1", 2]);
});

Deno.test("JsonConversation counts people and not their windows", async () => {
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
  windows[0]?.conversation.leave();
  await chat.clock.advance(60_000);
  assert.deepEqual(watcher.types().filter((type) => type === "presence"), []);
  windows[1]?.conversation.leave();
  await chat.clock.advance(11_000);
  assert.deepEqual(pick(watcher.take()[0], "type", "count"), ["presence", 1]);
});

Deno.test("JsonConversation lets one who drops and comes back within 10 s never have been away", async () => {
  using chat = openChat();
  const watcher = await chat.enter("Cid", "lobby");
  const ann = chat.connect();
  await ann.ask({ type: "hello", resume: "user_no_7/Ann" }, { type: "join", room: "lobby" });
  await chat.clock.advance(1_000);
  watcher.take();
  ann.conversation.leave();
  await chat.clock.advance(9_000);
  await chat.connect().ask({ type: "hello", resume: "user_no_7/Ann" }, {
    type: "join",
    room: "lobby",
  });
  await chat.clock.advance(60_000);
  assert.deepEqual(watcher.take(), []);
});

Deno.test("JsonConversation heals a hole before it goes on, and tells what is lost", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  const say = (text: string) => ann.ask({ type: "say", room: "lobby", text });
  await say("1");
  chat.chat.isDeaf = true;
  await say("2");
  assert.deepEqual(ann.take(), []);
  chat.chat.isDeaf = false;
  assert.deepEqual((await say("3")).map(({ text }) => text), ["2", "3"]);
});

Deno.test("JsonConversation finds a lost last message by the tops that are told", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  chat.chat.isDeaf = true;
  await ann.ask({ type: "say", room: "lobby", text: "the last" });
  chat.chat.isDeaf = false;
  chat.chat.hub.receive(await chat.bus.tops());
  await settle();
  assert.deepEqual(ann.take().map(({ text }) => text), ["the last"]);
});

Deno.test("JsonConversation asks with ping; closes with 1003 on bytes, 1008 on a flood", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann");
  ann.conversation.ask();
  await settle();
  assert.deepEqual(ann.take(), [{ type: "ping" }]);
  for (let i = 0; i < 90; i++) await ann.ask({ type: "ping" });
  assert.deepEqual(ann.socket.farewells[0], FLOODING);
  const bob = await chat.enter("Bob");
  bob.conversation.receive(new Uint8Array([1]));
  assert.deepEqual(bob.socket.farewells, [UNSUPPORTED]);
});

/** Counts what is parsed as JSON until it is disposed. */
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
  Deno.test(`JsonConversation drops the rest of a message once over the limit, unread: ${what}`, async () => {
    using chat = openChat();
    const ann = await chat.enter("Ann");
    using parsed = countParsed();
    for (let i = 0; i < 4; i++) ann.conversation.receive(message);
    // 30 and the hello at first, and the first one of each that was refused.
    assert.ok(parsed.count <= 34, `${parsed.count}`);
    await settle();
    const told = ann.take().filter(({ code }) => code === "slow_down");
    // One for each message, until the bytes of what was dropped have used up the patience.
    assert.ok(told.length >= 1 && told.length <= 2, `${told.length}`);
    assert.ok(told.every(({ retry, afterMs }) => retry === true && afterMs === 100));
    assert.deepEqual(ann.socket.farewells.slice(0, 1), [FLOODING]);
  });
}

Deno.test("JsonConversation counts pongs as it counts any frame", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann");
  for (let i = 0; i < 60; i++) await ann.ask({ type: "pong" });
  assert.deepEqual(ann.socket.farewells, [FLOODING]);
});

Deno.test("JsonConversation tells the first frame over the limit by its id, when to come back, and grants it then", async () => {
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
  assert.deepEqual(faults.map((it) => pick(it, "id", "code", "retry", "afterMs")), [
    ["s28", "slow_down", true, 100],
  ]);
  await chat.clock.advance(99);
  assert.deepEqual(pick((await ann.ask(says[28] ?? {}))[0], "code"), ["slow_down"]);
  await chat.clock.advance(1);
  await ann.ask(says[28] ?? {});
  assert.equal(chat.bus.published.length, 29);
});

Deno.test("JsonConversation lets a user leave a room while above the limit, and still counts it", async () => {
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
  assert.deepEqual(ann.socket.farewells[0], FLOODING);
});

Deno.test("JsonConversation counts bytes: of ten texts of 60 KB a second it takes what the limit allows, and closes", async () => {
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
  assert.deepEqual(ann.socket.farewells[0], FLOODING);
});

Deno.test("JsonConversation charges a rename once for each room", async () => {
  using chat = openChat(undefined, { maxRooms: 31 });
  const ann = await chat.enter("Ann");
  for (let i = 0; i < 31; i++) {
    await ann.ask({ type: "join", room: `room-${i}` });
    await chat.clock.advance(1_000);
  }
  ann.take();
  await chat.clock.advance(10_000);
  await ann.ask({ type: "name", id: "n1", name: "Bea" });
  for (let turn = 0; turn < 20; turn++) await settle();
  ann.take();
  const renames = chat.bus.published.filter(({ deed }) => deed.kind === "renamed");
  assert.equal(renames.length, 31);
  const [fault] = await ann.ask({ type: "name", id: "n2", name: "Cleo" });
  assert.deepEqual(pick(fault, "code", "id", "afterMs"), ["slow_down", "n2", 200]);
});

Deno.test("JsonConversation.leave() lets the bus go when nobody is expected any more", async () => {
  using chat = openChat();
  const ann = await chat.enter("Ann", "lobby");
  ann.conversation.leave();
  await chat.clock.advance(9_999);
  assert.equal(chat.bus.unfollowed.length, 0);
  await chat.clock.advance(1);
  assert.deepEqual(chat.bus.unfollowed, [room("lobby")]);
});

Deno.test("JsonConversation names everybody to whoever joins a room of 200, and 20 in a bigger one", async () => {
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
