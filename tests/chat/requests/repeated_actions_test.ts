/** What was sent before its author was muted, for example, and is sent again since the answer was lost, is answered as before. */
import assert from "node:assert/strict";
import { WordFilter } from "../../../lib/chat/moderation/word_filter.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { Client, Den, type Frame } from "../../support/chat/den.ts";
import { JOIN, ModerationScene } from "../../support/chat/moderation_scene.ts";
import { FakeChat, flushMicrotasks } from "../../support/fakes.ts";
import { wordList } from "../../support/word_lists.ts";

const SAY = { type: "say", id: "once", room: "den", text: "hello" };

/** The answer to a request with an id, without what cannot be known. */
async function answer(client: Client, request: Frame): Promise<Frame | undefined> {
  const frames = await client.ask(request);
  return frames.find(({ type, id }) =>
    id === request["id"] && (type === "ack" || type === "fault")
  );
}

const CHANGES: readonly (readonly [
  string,
  string,
  (scene: ModerationScene, user: string) => Promise<unknown>,
])[] = [
  ["muted in the room", "muted", (scene, user) => scene.act("mute", user)],
  ["muted everywhere", "muted", (scene, user) => scene.act("mute", user, {})],
  ["locked out", "locked_down", (scene) => scene.act("lockdown", undefined, {})],
  ["in a read-only room", "read_only", (scene) => {
    return scene.moderator.ask({ type: "room", id: "r", room: "den", readOnly: true });
  }],
  ["in an archived room", "read_only", (scene) => {
    return scene.moderator.ask({ type: "room", id: "r", room: "den", archived: true });
  }],
];

for (const [what, code, change] of CHANGES) {
  Deno.test(`A user who is ${what} by now is answered a repeated action as the first time, and no other`, async () => {
    using scene = new ModerationScene();
    await scene.start();
    scene.follow();
    await flushMicrotasks();
    const { client, id } = await scene.guest();
    await client.ask(JOIN);
    const first = await answer(client, SAY);
    assert.equal(first?.type, "ack");
    const edit = { type: "edit", id: "edit", room: "den", of: first.position, text: "hi" };
    const edited = await answer(client, edit);
    assert.equal(edited?.type, "ack");
    await change(scene, id);
    await flushMicrotasks();
    assert.deepEqual(await answer(client, SAY), first);
    assert.deepEqual(await answer(client, edit), edited);
    const other = (await answer(client, { ...SAY, text: "other" }))?.code;
    assert.ok(other === code || other === "id_reused", String(other));
    assert.equal((await answer(client, { ...SAY, id: "new" }))?.code, code);
    assert.equal((await scene.authors()).length, 1);
  });
}

Deno.test("A user is answered a repeated message as the first time, though its words are refused by now", async () => {
  const words = new WordFilter();
  using chat = new FakeChat(undefined, { words });
  const client = new Client(chat);
  await client.ask({ type: "hello", name: "Ann" }, { type: "join", room: "den" });
  const first = await answer(client, SAY);
  assert.equal(first?.type, "ack");
  words.replace(wordList("hello"));
  assert.deepEqual(await answer(client, SAY), first);
  assert.equal((await answer(client, { ...SAY, id: "new" }))?.code, "blocked_words");
});

Deno.test("A user whose right to send has ended is answered a repeated message as the first time", async () => {
  using den = new Den({ role: "member", rights: null });
  const client = new Client(den.chat);
  await client.ask({ type: "hello", token: "token" }, { type: "join", room: "den" });
  const first = await answer(client, SAY);
  const known = den.authenticator.users.get("token");
  assert.ok(known);
  den.authenticator.users.set("next", { ...known, rights: [{ match: "den", allow: ["read"] }] });
  await client.ask({ type: "auth", id: "a", token: "next" });
  assert.deepEqual(await answer(client, SAY), first);
  assert.equal((await answer(client, { ...SAY, id: "new" }))?.code, "not_allowed");
  den.chat.bus.receipt = () =>
    Promise.reject(new BusUnavailable("the store is away", { mayHaveApplied: false }));
  assert.equal((await answer(client, SAY))?.code, "unavailable");
});
