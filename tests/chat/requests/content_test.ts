/** Mentions and metadata in the frames of `chat.v1.json`: what is taken, what is refused, and who gets it. */
import assert from "node:assert/strict";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { FakeChat, FakeSocket, flushMicrotasks } from "../../support/fakes.ts";
import { ODD_METADATA } from "../../contract/log/content.ts";
import { Client, type Frame, outcome } from "../../support/chat/den.ts";

async function enter(chat: FakeChat, name: string): Promise<Client> {
  const client = new Client(chat);
  await client.ask({ type: "hello", name }, { type: "join", room: "den" });
  return client;
}

function say(more: Frame): Frame {
  return { type: "say", id: "s", room: "den", text: "hi", ...more };
}

/** The mentions and metadata of a frame, and whether it has them at all. */
function attached(frame: Frame | undefined): unknown {
  return [
    frame?.mentions,
    frame?.metadata,
    Object.keys(frame ?? {}).filter((it) => /^me/.test(it)),
  ];
}

Deno.test("Mentions and metadata reach everybody in said, history, and a join", async () => {
  using chat = new FakeChat("at once");
  const [ann, bob] = [await enter(chat, "Ann"), await enter(chat, "Bob")];
  const content = { mentions: ["user_bob", "user_ann"], metadata: ODD_METADATA };
  await ann.ask(say(content));
  const isSaid = ({ type }: Frame) => type === "said";
  const [said] = (await bob.ask()).filter(isSaid);
  const expected = [content.mentions, content.metadata, ["mentions", "metadata"]];
  assert.deepEqual(attached(said), expected);
  assert.equal(JSON.stringify(said?.metadata), JSON.stringify(ODD_METADATA));
  const [history] = await bob.ask({ type: "history", room: "den" });
  assert.deepEqual(attached(Object(history?.messages)[0]), expected);
  const eve = new Client(chat);
  const since = String(said?.position).replace(/:.*/, ":0");
  const replay = await eve.ask({ type: "hello" }, { type: "join", room: "den", since });
  assert.deepEqual(attached(replay.find(isSaid)), expected);
});

Deno.test("A message without mentions and metadata has no such fields", async () => {
  using chat = new FakeChat("at once");
  const ann = await enter(chat, "Ann");
  const said = (await ann.ask(say({ mentions: [] }))).find(({ type }) => type === "said");
  assert.deepEqual(attached(said), [undefined, undefined, []]);
});

Deno.test("Nothing of mentions and metadata is left when the message is deleted", async () => {
  using chat = new FakeChat("at once");
  const ann = await enter(chat, "Ann");
  const frames = await ann.ask(say({ mentions: ["secret_user"], metadata: { a: "secret" } }));
  const of = frames.find(({ type }) => type === "said")?.position;
  await ann.ask({ type: "delete", room: "den", of });
  const eve = new Client(chat);
  const since = String(of).replace(/:.*/, ":0");
  const answers = await eve.ask({ type: "hello" }, { type: "join", room: "den", since }, {
    ...{ type: "history", room: "den" },
  });
  assert.ok(answers.some(({ type }) => type === "history"));
  assert.doesNotMatch(JSON.stringify(answers), /secret/);
});

for (
  const [what, more] of [
    ["metadata that is a list", { metadata: [] }],
    ["metadata that is null", { metadata: null }],
    ["metadata that is too long", { metadata: { a: "x".repeat(2_048) } }],
    ["metadata that is too deep", { metadata: { a: [[[[[[[[]]]]]]]] } }],
    ["mentions that are a text", { mentions: "user_bob" }],
    ["a name as a mention", { mentions: ["Bob"] }],
    ["too many mentions", { mentions: new Array(21).fill("user_bob") }],
  ] as const
) {
  Deno.test(`A message with ${what} is refused with bad_frame, and what is wrong`, async () => {
    using chat = new FakeChat("at once");
    const ann = await enter(chat, "Ann");
    const answers = await ann.ask(say(more));
    assert.equal(outcome(answers, "s"), "bad_frame");
    const [field = ""] = Object.keys(more);
    assert.match(String(answers[0]?.message), new RegExp(`^${field}(?:\\.0)?: `));
  });
}

Deno.test("A message is refused if its id was used with other metadata", async () => {
  using chat = new FakeChat("at once");
  const ann = await enter(chat, "Ann");
  const message = say({ metadata: { a: 1 } });
  assert.equal(outcome(await ann.ask(message), "s"), "done");
  assert.equal(outcome(await ann.ask(message), "s"), "done");
  assert.equal(outcome(await ann.ask(say({ metadata: { a: 2 } })), "s"), "id_reused");
  assert.equal(outcome(await ann.ask(say({})), "s"), "id_reused");
});

Deno.test("Plain text shows the text of a message only", async () => {
  using chat = new FakeChat("at once");
  const socket = new FakeSocket();
  const _handler = new TextHandler(socket, chat.context, {
    room: "den",
    ...{ name: undefined, since: undefined, history: undefined, notices: undefined },
  });
  await flushMicrotasks();
  const ann = await enter(chat, "Ann");
  await ann.ask(say({ mentions: ["user_bob"], metadata: { a: "unseen" } }));
  assert.match(socket.sent.map(String).join("\n"), /^Ann: hi$/m);
  assert.doesNotMatch(socket.sent.map(String).join("\n"), /unseen|user_bob/);
});
