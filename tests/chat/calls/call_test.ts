import assert from "node:assert/strict";
import { type Call, type CallResult, makeCall } from "../../../lib/chat/calls/call.ts";
import type { Frame } from "../../../lib/core/protocol/frames.ts";
import { FakeChat, flushMicrotasks, room } from "../../support/fakes.ts";
import { Client } from "../../support/chat/den.ts";
import { RoomsScene } from "../../support/chat/rooms_scene.ts";

const FOREVER = new AbortController().signal;

/** Makes a call, with the id `call` if there is a request, and waits for its result. */
async function call(
  chat: FakeChat,
  { origin = {}, hello = {}, bytes = 10, ...rest }: Partial<Call>,
  signal = FOREVER,
): Promise<CallResult> {
  const result = makeCall({ origin, hello, bytes, ...rest }, chat.context, signal);
  for (let turn = 0; turn < 5; turn++) await flushMicrotasks();
  return await result;
}

function say(text: string, id = "call") {
  return { room: "den", request: { type: "say", id, room: "den", text } } as const;
}

function frameOf(result: CallResult): Frame {
  return result.kind === "answered" ? result.frame : result.fault;
}

function codeOf(result: CallResult): string {
  return result.kind === "answered" ? result.frame.type : result.fault.code;
}

Deno.test("A call sends a message that everybody in the room receives", async () => {
  using chat = new FakeChat();
  const bob = new Client(chat);
  await bob.ask({ type: "hello", name: "Bob" }, { type: "join", id: "join", room: "den" });
  const result = await call(chat, { hello: { name: "Ann" }, ...say("hello") });
  assert.equal(codeOf(result), "ack");
  const [said] = bob.fresh().filter(({ type }) => type === "said");
  assert.deepEqual([said?.name, said?.text], ["Ann", "hello"]);
});

Deno.test("Nobody sees the user of a call come and go", async () => {
  using chat = new FakeChat();
  const bob = new Client(chat);
  await bob.ask({ type: "hello", name: "Bob" }, { type: "join", id: "join", room: "den" });
  await chat.clock.advance(1_000);
  bob.fresh();
  await call(chat, { hello: { name: "Ann" }, ...say("hello") });
  await chat.clock.advance(1_000);
  const frames = bob.fresh();
  assert.deepEqual(frames.filter(({ type }) => type === "presence"), []);
  assert.deepEqual((await chat.bus.people(room("den"))).map(({ name }) => name), ["Bob"]);
});

Deno.test("A call does not take a user out of the room who is there by a connection", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  await ann.ask({ type: "join", id: "join", room: "den" });
  await call(scene.chat, { origin: { token: "ann" }, ...say("by a script") });
  await scene.beat(1_000);
  assert.equal((await scene.ask(ann, { type: "who", room: "den" })).count, 1);
});

Deno.test("A room that nobody is in closes after a call", async () => {
  using chat = new FakeChat();
  await call(chat, say("hello"));
  assert.deepEqual(chat.bus.unsubscribed, chat.bus.subscribed);
});

Deno.test("A call cannot speak under the name of somebody who is in the room", async () => {
  using chat = new FakeChat();
  const bob = new Client(chat);
  await bob.ask({ type: "hello", name: "Bob" }, { type: "join", id: "join", room: "den" });
  assert.equal(
    codeOf(await call(chat, { hello: { name: "bob" }, ...say("I am Bob") })),
    "name_taken",
  );
  const result = await call(chat, { ...say("I have no name") });
  assert.equal(codeOf(result), "ack");
});

Deno.test("A repeated call is answered with the first position, and nothing is sent twice", async () => {
  using chat = new FakeChat();
  const origin = { guestSeed: "ann" };
  const first = await call(chat, {
    origin,
    hello: { name: "Ann" },
    ...say("hello", "key_1"),
  });
  const again = await call(chat, { origin, hello: { name: "Ann" }, ...say("hello", "key_1") });
  assert.deepEqual(frameOf(again), frameOf(first));
  const other = await call(chat, { origin, hello: { name: "Ann" }, ...say("other", "key_1") });
  assert.equal(codeOf(other), "id_reused");
  assert.equal((await chat.bus.page(room("den"), undefined, 10)).messages.length, 1);
});

Deno.test("A call without a request answers who the user is", async () => {
  using scene = new RoomsScene();
  const result = await call(scene.chat, { origin: { token: "mia" } });
  assert.ok(result.kind === "answered");
  assert.deepEqual([result.hello.you.name, result.hello.you.role], ["Mia", "moderator"]);
  assert.equal(result.hello.resume, undefined);
});

Deno.test("A call is refused as a connection is", async (t) => {
  for (
    const [what, code, more] of [
      ["with a token of nobody", "bad_token", { origin: { token: "nobody" } }],
      ["with a bad name", "bad_name", { hello: { name: "\n" } }],
      ["into a bad room", "bad_room", { room: "a b" }],
      ["with a text that is too long", "too_long", say("x".repeat(101))],
      ["with an empty text", "empty", say(" ")],
    ] as const
  ) {
    await t.step(what, async () => {
      using scene = new RoomsScene();
      const found = codeOf(await call(scene.chat, { ...say("hello"), ...more }));
      assert.equal(found, code);
    });
  }
});

Deno.test("A call into a private room is answered like one into a room that does not exist", async () => {
  using scene = new RoomsScene();
  const secret = await scene.createPrivate(await scene.enter("ann"));
  const missing = scene.chat.context.roomIds.newPrivate();
  const request = { type: "history", id: "call" } as const;
  const ask = async (token: string, room: string) =>
    codeOf(await call(scene.chat, { origin: { token }, room, request: { ...request, room } }));
  assert.equal(await ask("ann", secret), "history");
  assert.equal(await ask("bob", secret), "not_allowed");
  assert.equal(await ask("bob", missing), "not_allowed");
});

Deno.test("A call of a banned user is refused with the ban and its reason", async () => {
  using scene = new RoomsScene();
  const mia = await scene.enter("mia");
  const ban = { type: "moderate", action: "ban", user: "a_bob00000", reason: "spam" };
  assert.equal(await scene.outcome(mia, { ...ban, seconds: 60 }), "ack");
  const result = await call(scene.chat, { origin: { token: "bob" }, ...say("hello") });
  assert.ok(result.kind === "refused");
  assert.equal(result.fault.code, "banned");
  assert.equal(result.fault.reason, "spam");
});

Deno.test("While the store is away, a call is answered within a second, and told to try again", async () => {
  using chat = new FakeChat();
  await call(chat, say("hello"));
  chat.bus.availability = "away";
  const pending = call(chat, say("again", "again"));
  await flushMicrotasks();
  await chat.clock.advance(1_500);
  const result = await pending;
  assert.ok(result.kind === "refused");
  assert.deepEqual([result.fault.code, result.fault.retry], ["unavailable", true]);
});

Deno.test("A call that lasts too long ends with an unknown outcome", async () => {
  using chat = new FakeChat("when let");
  const life = new AbortController();
  const pending = call(chat, say("hello"), life.signal);
  await flushMicrotasks();
  life.abort();
  assert.equal(codeOf(await pending), "unknown_outcome");
});

Deno.test("The calls of one address share its limits", async () => {
  using chat = new FakeChat();
  const origin = { address: "192.0.2.1" };
  const codes: string[] = [];
  for (let count = 0; count < 20; count++) {
    const request = { origin, bytes: 400_000, ...say(`${count}`, `id${count}`) };
    codes.push(codeOf(await call(chat, request)));
  }
  assert.equal(codes[0], "ack");
  assert.equal(codes.at(-1), "slow_down");
});
