import assert from "node:assert/strict";
import type { SessionContext } from "../../lib/chat/session.ts";
import { TextConversation, type Wish } from "../../lib/chat/text_conversation.ts";
import { BAD_NAME, BAD_ROOM, FLOODING, NAME_TAKEN, UNSUPPORTED } from "../../lib/core/farewells.ts";
import { FakeChat, FakeSocket, room, settle } from "../fakes.ts";

const NOTHING: Wish = {
  name: undefined,
  room: undefined,
  since: undefined,
  history: undefined,
  notices: undefined,
};

/** Conversations on one fake chat. */
function openChat(follows?: "at once" | "when let", settings?: Partial<SessionContext>) {
  const chat = new FakeChat(follows, settings);
  return {
    chat,
    bus: chat.bus,
    clock: chat.clock,
    async enter(wish: Partial<Wish> = {}) {
      const socket = new FakeSocket();
      const conversation = new TextConversation(socket, chat.context, { ...NOTHING, ...wish });
      await settle();
      return { socket, conversation, say: (text: string) => conversation.receive(text) };
    },
    [Symbol.dispose]: () => chat[Symbol.dispose](),
  };
}

Deno.test("TextConversation says nothing to one who joins at once", async () => {
  using chat = openChat();
  const { socket } = await chat.enter();
  await chat.clock.advance(60_000);
  assert.deepEqual(socket.sent, []);
});

Deno.test("TextConversation brings a text to everybody in the room, the speaker included", async () => {
  using chat = openChat();
  const ann = await chat.enter({ name: "Ann" });
  const bob = await chat.enter({ name: "Bob" });
  const cid = await chat.enter({ name: "Cid", room: "attic" });
  ann.say("hello");
  assert.deepEqual(ann.socket.sent, []);
  await settle();
  assert.deepEqual([ann.socket.sent, bob.socket.sent], [["Ann: hello"], ["Ann: hello"]]);
  assert.deepEqual(cid.socket.sent, []);
});

Deno.test("TextConversation draws a guest a name that nobody in the room has", async () => {
  using chat = openChat();
  const guests = [await chat.enter(), await chat.enter(), await chat.enter({ room: "other" })];
  for (const { say } of guests) say("I");
  await settle();
  assert.deepEqual(guests[0]?.socket.sent, ["网友10: I", "网友11: I"]);
  assert.deepEqual(guests[2]?.socket.sent, ["网友10: I"]);
});

Deno.test("TextConversation gives a name free as soon as its bearer leaves", async () => {
  using chat = openChat();
  const { conversation } = await chat.enter({ name: "Ann" });
  conversation.leave();
  await settle();
  assert.deepEqual((await chat.enter({ name: "Ann" })).socket.farewells, []);
});

for (
  const [what, wish, line, farewell] of [
    ["a bad room", { room: "no spaces" }, /^! a room has/, BAD_ROOM],
    ["a bad name", { name: "* server" }, /^! a name has/, BAD_NAME],
    ["an empty name", { name: " " }, /^! a name has/, BAD_NAME],
    ["a name that is taken", { name: "ann" }, /^! the name ann is taken$/, NAME_TAKEN],
  ] as const
) {
  Deno.test(`TextConversation tells ${what} in one line and closes with ${farewell.code}`, async () => {
    using chat = openChat();
    await chat.enter({ name: "Ann" });
    const { socket, say } = await chat.enter(wish);
    assert.equal(socket.sent.length, 1);
    assert.match(String(socket.sent[0]), line);
    assert.deepEqual(socket.farewells, [farewell]);
    say("too late");
    await settle();
    assert.deepEqual(chat.bus.published, []);
  });
}

Deno.test("TextConversation does not say an empty text, and closes with 1003 on bytes", async () => {
  using chat = openChat();
  const { conversation, say, socket } = await chat.enter();
  say("");
  assert.deepEqual(chat.bus.published, []);
  conversation.receive(new Uint8Array([1]));
  assert.deepEqual(socket.farewells, [UNSUPPORTED]);
});

for (const text of [" ", "\u200b", "\u2800\u2800", "\u3164", "\ufe0f\n", "//\u200b".slice(2)]) {
  Deno.test(`TextConversation answers ${JSON.stringify(text)}, which shows nothing, with a fault`, async () => {
    using chat = openChat();
    const { say, socket } = await chat.enter();
    say(text);
    await settle();
    assert.deepEqual(chat.bus.published, []);
    assert.equal(socket.sent.at(-1), "! the text has no visible characters");
  });
}

Deno.test("TextConversation says texts in the order sent, also those sent while joining", async () => {
  using chat = openChat("when let");
  const { say } = await chat.enter({ name: "Ann" });
  say("1");
  say("2");
  assert.equal(chat.bus.published.length, 0);
  chat.bus.letJoin();
  await settle();
  say("3");
  const texts = chat.bus.published.map(({ deed }) => deed.kind === "said" && deed.text);
  assert.deepEqual(texts, ["1", "2", "3"]);
});

Deno.test("TextConversation tells one who waits for the bus, and again when joined", async () => {
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
  chat.bus.letJoin();
  await settle();
  assert.deepEqual(socket.sent.slice(3), ["* joined attic"]);
  assert.deepEqual(chat.bus.published, []);
});

Deno.test("TextConversation has no position to tell before it has joined", async () => {
  using chat = openChat("when let");
  const { socket, say } = await chat.enter();
  say("/since");
  assert.deepEqual(socket.sent, ["* nothing was said yet"]);
});

for (
  const [mood, lines] of [
    ["away", ["! not sent: the store is away"]],
    ["forgetful", ["! perhaps not sent: the store is away", "Ann: hello"]],
  ] as const
) {
  Deno.test(`TextConversation tells a speaker "${lines[0]}" where the bus is ${mood}`, async () => {
    using chat = openChat();
    const { socket, say } = await chat.enter({ name: "Ann" });
    chat.bus.mood = mood;
    say("hello");
    await settle();
    assert.deepEqual([...socket.sent].sort(), [...lines].sort());
    assert.deepEqual(socket.farewells, []);
  });
}

Deno.test("TextConversation tells one who speaks too fast, and closes with 1008 on one who goes on", async () => {
  using chat = openChat();
  const { socket, say } = await chat.enter();
  for (let i = 0; i < 32; i++) say(String(i));
  await settle();
  assert.equal(chat.bus.published.length, 30);
  assert.deepEqual(socket.sent.slice(0, 2), ["! slow down", "! slow down"]);
  await chat.clock.advance(1_000);
  say("again");
  assert.equal(chat.bus.published.length, 31);
  for (let i = 0; i < 60; i++) say(String(i));
  assert.deepEqual(socket.farewells[0], FLOODING);
});

Deno.test("TextConversation counts bytes, also of texts that are refused as too long", async () => {
  using chat = openChat();
  const { socket, say } = await chat.enter();
  const text = "x".repeat(60_000);
  for (let i = 0; i < 16; i++) say(text);
  await settle();
  // 512 KiB at once.
  assert.equal(
    socket.sent.filter((line) => String(line).startsWith("! the text has more")).length,
    8,
  );
  assert.equal(socket.sent.filter((line) => line === "! slow down").length, 8);
  say(text);
  assert.deepEqual(socket.farewells[0], FLOODING);
});

Deno.test("TextConversation counts empty messages", async () => {
  using chat = openChat();
  const { socket, say } = await chat.enter();
  for (let i = 0; i < 61; i++) say("");
  assert.deepEqual(socket.farewells, [FLOODING]);
});

Deno.test("TextConversation.leave() leaves the room and, when all have left, lets the bus go", async () => {
  using chat = openChat();
  const ann = await chat.enter({ name: "Ann" });
  const bob = await chat.enter({ name: "Bob" });
  bob.conversation.leave();
  await settle();
  ann.say("gone?");
  await settle();
  assert.deepEqual(bob.socket.sent, []);
  assert.deepEqual(chat.bus.unfollowed, []);
  ann.conversation.leave();
  await settle();
  assert.deepEqual(chat.bus.unfollowed, [room("lobby")]);
});

Deno.test("TextConversation.leave() says what was said while joining, for one who came only to say it", async () => {
  using chat = openChat("when let");
  const { conversation, say } = await chat.enter({ name: "Ann" });
  say("1");
  say("2");
  conversation.leave();
  assert.equal(chat.bus.published.length, 2);
});

/** Ann sends one line after the other; what comes to her. */
async function exchange(lines: readonly string[], wish: Partial<Wish> = {}) {
  using chat = openChat();
  const ann = await chat.enter({ name: "Ann", ...wish });
  for (const line of lines) {
    ann.say(line);
    await settle();
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
    [["/dance"], ["! there is no command /dance: try /help"]],
    [["/help"], [/^\* \/name NAME.*\n {2}\/join ROOM/]],
  ] as const
) {
  Deno.test(`TextConversation answers ${sent.join(", ")}`, async () => {
    const lines = await exchange(sent);
    assert.equal(lines.length, received.length, lines.join("\n"));
    received.forEach((expected, index) => {
      const line = String(lines[index]);
      if (expected instanceof RegExp) assert.match(line, expected);
      else assert.equal(line, expected);
    });
  });
}

Deno.test("TextConversation stays in its room where the name is taken in the other", async () => {
  using chat = openChat();
  await chat.enter({ name: "Ann", room: "attic" });
  const { socket, say } = await chat.enter({ name: "Ann" });
  say("/join attic");
  await settle();
  say("still here");
  await settle();
  assert.deepEqual(socket.sent, ["! the name Ann is taken", "Ann: still here"]);
  assert.deepEqual(socket.farewells, []);
});

Deno.test("TextConversation brings what was missed with since, and the newest with history", async () => {
  using chat = openChat();
  const ann = await chat.enter({ name: "Ann" });
  for (const text of ["1", "2", "3"]) ann.say(text);
  await settle();
  assert.deepEqual((await chat.enter({ name: "Bob" })).socket.sent, []);
  const back = await chat.enter({ name: "Cid", since: "epoch1:1" });
  assert.deepEqual(back.socket.sent, ["Ann: 2", "Ann: 3"]);
  const curious = await chat.enter({ name: "Dee", history: "2" });
  assert.deepEqual(curious.socket.sent, ["Ann: 2", "Ann: 3"]);
});

Deno.test("TextConversation says where not all that was missed can be given", async () => {
  using chat = openChat();
  const { socket } = await chat.enter({ since: "elsewhere:5" });
  assert.deepEqual(socket.sent, [
    "! not all that was said since then can be given: unknown_epoch",
  ]);
});

Deno.test("TextConversation tells who comes and goes only to those who asked", async () => {
  using chat = openChat();
  const ann = await chat.enter({ name: "Ann", notices: "1" });
  await chat.clock.advance(250);
  const bob = await chat.enter({ name: "Bob" });
  await chat.clock.advance(250);
  bob.conversation.leave();
  await chat.clock.advance(250);
  assert.deepEqual(ann.socket.sent, ["* Ann joined", "* Bob joined", "* Bob left"]);
  assert.deepEqual(bob.socket.sent, []);
});
