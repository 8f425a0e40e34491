import assert from "node:assert/strict";
import type { SessionContext } from "../../../lib/chat/session/session.ts";
import { TextHandler, type TextOptions } from "../../../lib/chat/handlers/text_handler.ts";
import {
  BAD_NAME,
  BAD_ROOM,
  NAME_TAKEN,
  TOO_MANY_MESSAGES,
  UNSUPPORTED_DATA,
} from "../../../lib/core/protocol/close_codes.ts";
import { textChatProtocol } from "../../../lib/load/mod.ts";
import { FakeChat, FakeSocket, flushMicrotasks, room } from "../../support/fakes.ts";

const NOTHING: TextOptions = {
  name: undefined,
  room: undefined,
  since: undefined,
  history: undefined,
  notices: undefined,
};

/** Handlers on one fake chat. */
function openChat(follows?: "at once" | "when let", settings?: Partial<SessionContext>) {
  const chat = new FakeChat(follows, settings);
  return {
    chat,
    bus: chat.bus,
    clock: chat.clock,
    async enter(options: Partial<TextOptions> = {}) {
      const socket = new FakeSocket();
      const handler = new TextHandler(socket, chat.context, { ...NOTHING, ...options });
      await flushMicrotasks();
      return { socket, handler, say: (text: string) => handler.onMessage(text) };
    },
    [Symbol.dispose]: () => chat[Symbol.dispose](),
  };
}

Deno.test("TextHandler sends nothing when a user joins immediately", async () => {
  using chat = openChat();
  const { socket } = await chat.enter();
  await chat.clock.advance(60_000);
  assert.deepEqual(socket.sent, []);
});

Deno.test("TextHandler delivers a text to all members of the room, including the sender", async () => {
  using chat = openChat();
  const ann = await chat.enter({ name: "Ann" });
  const bob = await chat.enter({ name: "Bob" });
  const cid = await chat.enter({ name: "Cid", room: "attic" });
  ann.say("hello");
  assert.deepEqual(ann.socket.sent, []);
  await flushMicrotasks();
  assert.deepEqual([ann.socket.sent, bob.socket.sent], [["Ann: hello"], ["Ann: hello"]]);
  assert.deepEqual(cid.socket.sent, []);
});

Deno.test("TextHandler gives a guest a name that no member of the room has", async () => {
  using chat = openChat();
  const guests = [await chat.enter(), await chat.enter(), await chat.enter({ room: "other" })];
  for (const { say } of guests) say("I");
  await flushMicrotasks();
  assert.deepEqual(guests[0]?.socket.sent, ["网友10: I", "网友100: I"]);
  assert.deepEqual(guests[2]?.socket.sent, ["网友10: I"]);
});

Deno.test("TextHandler frees a name as soon as its user leaves", async () => {
  using chat = openChat();
  const { handler } = await chat.enter({ name: "Ann" });
  handler.onClose();
  await flushMicrotasks();
  assert.deepEqual((await chat.enter({ name: "Ann" })).socket.closeStatuses, []);
});

for (
  const [what, options, line, status] of [
    ["a bad room", { room: "no spaces" }, /^! a room has/, BAD_ROOM],
    ["a bad name", { name: "* server" }, /^! a name has/, BAD_NAME],
    ["an empty name", { name: " " }, /^! a name has/, BAD_NAME],
    ["a name that is taken", { name: "ann" }, /^! the name ann is taken$/, NAME_TAKEN],
  ] as const
) {
  Deno.test(`TextHandler reports ${what} in one line and closes with ${status.code}`, async () => {
    using chat = openChat();
    await chat.enter({ name: "Ann" });
    const { socket, say } = await chat.enter(options);
    assert.equal(socket.sent.length, 1);
    assert.match(String(socket.sent[0]), line);
    assert.deepEqual(socket.closeStatuses, [status]);
    say("too late");
    await flushMicrotasks();
    assert.deepEqual(chat.bus.published, []);
  });
}

Deno.test("TextHandler ignores an empty text, and closes with 1003 on bytes", async () => {
  using chat = openChat();
  const { handler, say, socket } = await chat.enter();
  say("");
  assert.deepEqual(chat.bus.published, []);
  handler.onMessage(new Uint8Array([1]));
  assert.deepEqual(socket.closeStatuses, [UNSUPPORTED_DATA]);
});

for (const text of [" ", "\u200b", "\u2800\u2800", "\u3164", "\ufe0f\n", "//\u200b".slice(2)]) {
  Deno.test(`TextHandler answers ${JSON.stringify(text)}, which is invisible, with a fault`, async () => {
    using chat = openChat();
    const { say, socket } = await chat.enter();
    say(text);
    await flushMicrotasks();
    assert.deepEqual(chat.bus.published, []);
    assert.equal(socket.sent.at(-1), "! the text has no visible characters");
  });
}

Deno.test("TextHandler publishes texts in the order sent, including those sent while joining", async () => {
  using chat = openChat("when let");
  const { say } = await chat.enter({ name: "Ann" });
  say("1");
  say("2");
  assert.equal(chat.bus.published.length, 0);
  chat.bus.letSubscribe();
  await flushMicrotasks();
  say("3");
  const texts = chat.bus.published.map(({ action }) => action.kind === "said" && action.text);
  assert.deepEqual(texts, ["1", "2", "3"]);
});

Deno.test("TextHandler reports a wait for the bus, and the join after it", async () => {
  using chat = openChat("when let");
  const { socket, say } = await chat.enter({ room: "attic" });
  say("early");
  await chat.clock.advance(1_000);
  say("late");
  assert.deepEqual(socket.sent, [
    "! the room cannot be reached yet: waiting to join",
    "! not sent: not joined yet",
    "! not sent: not joined yet",
  ]);
  chat.bus.letSubscribe();
  await flushMicrotasks();
  assert.deepEqual(socket.sent.slice(3), ["* joined attic"]);
  // Members of `parley bench` ask again once they have joined, and not before.
  const { reply } = textChatProtocol();
  const replies = socket.sent.flatMap((line) => reply?.(String(line), 0) ?? []);
  assert.deepEqual(replies, ["/who"]);
  assert.deepEqual(chat.bus.published, []);
});

Deno.test("TextHandler has no position to report before it has joined", async () => {
  using chat = openChat("when let");
  const { socket, say } = await chat.enter();
  say("/since");
  assert.deepEqual(socket.sent, ["* no messages yet"]);
});

for (
  const [availability, lines] of [
    ["away", ["! not sent: the store is away"]],
    ["forgetful", ["! perhaps not sent: the store is away", "Ann: hello"]],
  ] as const
) {
  Deno.test(`TextHandler reports "${lines[0]}" to a sender when the bus is ${availability}`, async () => {
    using chat = openChat();
    const { socket, say } = await chat.enter({ name: "Ann" });
    chat.bus.availability = availability;
    say("hello");
    await flushMicrotasks();
    assert.deepEqual([...socket.sent].sort(), [...lines].sort());
    assert.deepEqual(socket.closeStatuses, []);
  });
}

Deno.test("TextHandler warns a client that sends too fast, and closes with 1008 if it continues", async () => {
  using chat = openChat();
  const { socket, say } = await chat.enter();
  for (let i = 0; i < 32; i++) say(String(i));
  await flushMicrotasks();
  assert.equal(chat.bus.published.length, 30);
  assert.deepEqual(socket.sent.slice(0, 2), ["! slow down", "! slow down"]);
  await chat.clock.advance(1_000);
  say("again");
  assert.equal(chat.bus.published.length, 31);
  for (let i = 0; i < 60; i++) say(String(i));
  assert.deepEqual(socket.closeStatuses[0], TOO_MANY_MESSAGES);
});

Deno.test("TextHandler counts bytes, including texts that are refused as too long", async () => {
  using chat = openChat();
  const { socket, say } = await chat.enter();
  const text = "x".repeat(60_000);
  for (let i = 0; i < 16; i++) say(text);
  await flushMicrotasks();
  // 512 KiB at once.
  assert.equal(
    socket.sent.filter((line) => String(line).startsWith("! the text has more")).length,
    8,
  );
  assert.equal(socket.sent.filter((line) => line === "! slow down").length, 8);
  say(text);
  assert.deepEqual(socket.closeStatuses[0], TOO_MANY_MESSAGES);
});

Deno.test("TextHandler counts empty messages", async () => {
  using chat = openChat();
  const { socket, say } = await chat.enter();
  for (let i = 0; i < 61; i++) say("");
  assert.deepEqual(socket.closeStatuses, [TOO_MANY_MESSAGES]);
});

Deno.test("TextHandler.leave() leaves the room and, when all have left, stops following the bus", async () => {
  using chat = openChat();
  const ann = await chat.enter({ name: "Ann" });
  const bob = await chat.enter({ name: "Bob" });
  bob.handler.onClose();
  await flushMicrotasks();
  ann.say("gone?");
  await flushMicrotasks();
  assert.deepEqual(bob.socket.sent, []);
  assert.deepEqual(chat.bus.unsubscribed, []);
  ann.handler.onClose();
  await flushMicrotasks();
  assert.deepEqual(chat.bus.unsubscribed, [room("lobby")]);
});

Deno.test("TextHandler.leave() publishes texts that were sent while joining", async () => {
  using chat = openChat("when let");
  const { handler, say } = await chat.enter({ name: "Ann" });
  say("1");
  say("2");
  handler.onClose();
  assert.equal(chat.bus.published.length, 2);
});

/** Ann sends one line after the other; the lines that she receives. */
async function exchange(lines: readonly string[], options: Partial<TextOptions> = {}) {
  using chat = openChat();
  const ann = await chat.enter({ name: "Ann", ...options });
  for (const line of lines) {
    ann.say(line);
    await flushMicrotasks();
  }
  return ann.socket.sent;
}

for (
  const [sent, received] of [
    [["//shrug"], ["Ann: /shrug"]],
    [["/whoami"], ["* Ann in lobby"]],
    [["/who"], ["* 1 here: Ann"]],
    [["/since"], ["* epoch1:0"]],
    [["hi", "/since"], ["Ann: hi", "* epoch1:1"]],
    [["a", "b", "c", "/history 2"], ["Ann: a", "Ann: b", "Ann: c", "Ann: b", "Ann: c"]],
    [["/history none"], ["! /history needs a number from 1 to 999"]],
    [["/name Bea", "I"], ["* Ann is now Bea", "Bea: I"]],
    [["/name *"], [/^! a name has/]],
    [["/name"], ["! /name needs a name"]],
    [["/join attic", "/whoami", "hi"], ["* joined attic", "* Ann in attic", "Ann: hi"]],
    [["/join lobby"], ["* you are in lobby"]],
    [["/join no good"], [/^! a room has/]],
    [["/join LOBBY", "/join 大厅", "/whoami"], [
      "! you are already in this room",
      "* joined 大厅",
      "* Ann in 大厅",
    ]],
    [["/join Attic", "hi"], ["* joined attic", "Ann: hi"]],
    [["/dance"], ["! there is no command /dance: try /help"]],
    [["/help"], [/^\* \/name NAME.*\n {2}\/join ROOM/]],
  ] as const
) {
  Deno.test(`TextHandler answers ${sent.join(", ")}`, async () => {
    const lines = await exchange(sent);
    assert.equal(lines.length, received.length, lines.join("\n"));
    received.forEach((expected, index) => {
      const line = String(lines[index]);
      if (expected instanceof RegExp) assert.match(line, expected);
      else assert.equal(line, expected);
    });
  });
}

Deno.test("TextHandler stays in its room when the name is taken in the other", async () => {
  using chat = openChat();
  await chat.enter({ name: "Ann", room: "attic" });
  const { socket, say } = await chat.enter({ name: "Ann" });
  say("/join attic");
  await flushMicrotasks();
  say("still here");
  await flushMicrotasks();
  assert.deepEqual(socket.sent, ["! the name Ann is taken", "Ann: still here"]);
  assert.deepEqual(socket.closeStatuses, []);
});

Deno.test("TextHandler sends the missed messages with since, and the newest with history", async () => {
  using chat = openChat();
  const ann = await chat.enter({ name: "Ann" });
  for (const text of ["1", "2", "3"]) ann.say(text);
  await flushMicrotasks();
  assert.deepEqual((await chat.enter({ name: "Bob" })).socket.sent, []);
  const back = await chat.enter({ name: "Cid", since: "epoch1:1" });
  assert.deepEqual(back.socket.sent, ["Ann: 2", "Ann: 3"]);
  const curious = await chat.enter({ name: "Dee", history: "2" });
  assert.deepEqual(curious.socket.sent, ["Ann: 2", "Ann: 3"]);
});

Deno.test("TextHandler reports when not everything that was missed can be replayed", async () => {
  using chat = openChat();
  const { socket } = await chat.enter({ since: "elsewhere:5" });
  assert.deepEqual(socket.sent, [
    "! not all messages since then can be replayed: unknown_epoch",
  ]);
});

Deno.test("TextHandler reports joins and departures only to clients that requested them", async () => {
  using chat = openChat();
  const ann = await chat.enter({ name: "Ann", notices: "1" });
  await chat.clock.advance(250);
  const bob = await chat.enter({ name: "Bob" });
  await chat.clock.advance(250);
  bob.handler.onClose();
  await chat.clock.advance(250);
  assert.deepEqual(ann.socket.sent, ["* Ann joined", "* Bob joined", "* Bob left"]);
  assert.deepEqual(bob.socket.sent, []);
});
