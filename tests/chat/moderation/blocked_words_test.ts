/** What a word list does to messages, edits, reasons and names, in both protocols. */
import assert from "node:assert/strict";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import { TextHandler, type TextOptions } from "../../../lib/chat/handlers/text_handler.ts";
import type { Directory } from "../../../lib/chat/ports/directory.ts";
import { BAD_NAME } from "../../../lib/core/protocol/close_codes.ts";
import { FakeChat, FakeSocket, flushMicrotasks } from "../../support/fakes.ts";
import { wordFilter } from "../../support/word_lists.ts";

type Frame = Record<string, unknown>;

function openChat(): FakeChat {
  return new FakeChat("at once", { words: wordFilter("bad", "mask: darn") });
}

/** A client that speaks JSON; `ask` returns the frames that followed. */
async function enterJson(chat: FakeChat, name: string) {
  const socket = new FakeSocket();
  const handler = new JsonHandler(socket, chat.context);
  let seen = 0;
  const ask = async (...frames: readonly Frame[]): Promise<Frame[]> => {
    handler.onMessage(frames.map((frame) => JSON.stringify(frame)).join("\n"));
    await flushMicrotasks();
    const messages = socket.sent.slice(seen).map(String);
    seen = socket.sent.length;
    return messages.flatMap((message) => message.split("\n").map((line) => JSON.parse(line)));
  };
  await ask({ type: "hello", name }, { type: "join", room: "lobby" });
  return { ask };
}

/** A client that speaks plain text. */
async function enterText(chat: FakeChat, name: string) {
  const socket = new FakeSocket();
  const nothing: TextOptions = {
    ...{ name: undefined, room: undefined, since: undefined },
    ...{ history: undefined, notices: undefined },
  };
  const handler = new TextHandler(socket, chat.context, { ...nothing, name });
  await flushMicrotasks();
  const say = async (text: string) => {
    handler.onMessage(text);
    await flushMicrotasks();
  };
  return { socket, say };
}

const publishedTexts = ({ bus }: FakeChat) =>
  bus.published.map(({ action }) => "text" in action ? action.text : action.kind);

Deno.test("A message with a blocked word is refused, and the fault does not say which word", async () => {
  using chat = openChat();
  const { ask } = await enterJson(chat, "Ann");
  assert.deepEqual(await ask({ type: "say", id: "1", room: "lobby", text: "so BАD" }), [{
    type: "fault",
    id: "1",
    code: "blocked_words",
    message: "the text contains words that are not allowed here",
    retry: false,
  }]);
  assert.deepEqual(chat.bus.published, []);
});

Deno.test("A message is stored masked, and acknowledged as usual", async () => {
  using chat = openChat();
  const { ask } = await enterJson(chat, "Ann");
  const answers = await ask({ type: "say", id: "1", room: "lobby", text: "darn it" });
  assert.deepEqual(answers.map(({ type }) => type).toSorted(), ["ack", "said"]);
  assert.equal(answers.find(({ type }) => type === "said")?.text, "**** it");
  assert.deepEqual(publishedTexts(chat), ["**** it"]);
});

Deno.test("An edit is refused or masked like a message", async () => {
  using chat = openChat();
  const { ask } = await enterJson(chat, "Ann");
  const [ack] = await ask({ type: "say", id: "1", room: "lobby", text: "fine" });
  const edit = { type: "edit", room: "lobby", of: ack?.position };
  const [fault] = await ask({ ...edit, id: "2", text: "bad" });
  assert.equal(fault?.code, "blocked_words");
  await ask({ ...edit, id: "3", text: "darn" });
  assert.deepEqual(publishedTexts(chat), ["fine", "****"]);
});

Deno.test("The reason of a deletion is refused or masked like a message", async () => {
  using chat = openChat();
  const { ask } = await enterJson(chat, "Ann");
  const [ack] = await ask({ type: "say", id: "1", room: "lobby", text: "fine" });
  const deletion = { type: "delete", room: "lobby", of: ack?.position };
  const [fault] = await ask({ ...deletion, id: "2", reason: "bad" });
  assert.equal(fault?.code, "blocked_words");
  await ask({ ...deletion, id: "3", reason: "darn" });
  const { action } = chat.bus.published.at(-1) ?? assert.fail();
  assert.equal(action.kind === "deleted" && action.reason, "****");
});

Deno.test("Reactions and deletions without a reason are not concerned", async () => {
  using chat = openChat();
  const { ask } = await enterJson(chat, "Ann");
  const [ack] = await ask({ type: "say", id: "1", room: "lobby", text: "fine" });
  const about = { room: "lobby", of: ack?.position };
  await ask({ type: "react", ...about, emoji: "👍" }, { type: "delete", ...about });
  assert.deepEqual(publishedTexts(chat), ["fine", "reacted", "deleted"]);
});

Deno.test("The reason of a report may contain blocked words", async () => {
  using chat = openChat();
  const { ask } = await enterJson(chat, "Ann");
  const [ack] = await ask({ type: "say", id: "1", room: "lobby", text: "fine" });
  const report = { type: "report", id: "2", room: "lobby", of: ack?.position, reason: "bad darn" };
  assert.equal((await ask(report)).at(0)?.type, "ack");
  assert.match(String(publishedTexts(chat).at(-1)), /bad darn$/);
});

Deno.test("A plain-text client sees a refusal as a line, and masked messages as everybody does", async () => {
  using chat = openChat();
  const ann = await enterText(chat, "Ann");
  await ann.say("so bad");
  await ann.say("darn");
  assert.deepEqual(ann.socket.sent, [
    "! the text contains words that are not allowed here",
    "Ann: ****",
  ]);
});

for (const name of ["Bad", "so darn"]) {
  Deno.test(`A user cannot choose the name ${name}`, async () => {
    using chat = openChat();
    const { ask } = await enterJson(chat, "Ann");
    const [fault] = await ask({ type: "name", id: "1", name });
    assert.deepEqual([fault?.code, fault?.message], [
      "bad_name",
      "the name contains words that are not allowed here",
    ]);
    const socket = new FakeSocket();
    const late = new JsonHandler(socket, chat.context);
    late.onMessage(JSON.stringify({ type: "hello", name }));
    await flushMicrotasks();
    assert.equal(JSON.parse(String(socket.sent[0])).code, "bad_name");
    const { socket: plain } = await enterText(chat, name);
    assert.deepEqual(plain.sent, ["! the name contains words that are not allowed here"]);
    assert.deepEqual(plain.closeStatuses, [BAD_NAME]);
    assert.deepEqual(chat.bus.published, []);
  });
}

Deno.test("An invite is not used if its hello has a blocked name", async () => {
  using chat = openChat();
  const uses: unknown[] = [];
  const directory: Directory = Object.create(chat.context.directory, {
    redeem: { value: (use: unknown) => (uses.push(use), Promise.reject(new Error("used"))) },
  });
  const socket = new FakeSocket();
  const handler = new JsonHandler(socket, { ...chat.context, directory });
  handler.onMessage(JSON.stringify({ type: "hello", name: "bad", invite: "x".repeat(22) }));
  await flushMicrotasks();
  assert.equal(JSON.parse(String(socket.sent[0])).code, "bad_name");
  assert.deepEqual(uses, []);
});
