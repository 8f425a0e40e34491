import assert from "node:assert/strict";
import { type Frame, type JsonClient, MemberChat } from "../../support/chat/member_chat.ts";

const MISSING = `_private.${"a".repeat(26)}`;

/** The answer to a request. */
async function answer(client: JsonClient, request: Frame): Promise<Frame> {
  const frames = await client.ask(request);
  return frames.find(({ id }) => id === request.id) ?? assert.fail("no answer");
}

/** A chat with a moderator, who has made a private room. */
async function open(): Promise<{ chat: MemberChat; mia: JsonClient; room: string }> {
  const chat = new MemberChat();
  const mia = await chat.become("Mia", { role: "moderator" });
  const created = await answer(mia, { type: "create", id: "1", kind: "private", title: "Team" });
  return { chat, mia, room: String(created.room) };
}

async function inviteTo(client: JsonClient, ...rooms: readonly string[]): Promise<string> {
  const { secret, code } = await answer(client, { type: "invite", id: "invite", rooms });
  return String(secret ?? code);
}

Deno.test("Who uses an invite to a private room becomes a member of it", async () => {
  const { chat, mia, room } = await open();
  using _chat = chat;
  const ann = await chat.enter({ invite: await inviteTo(mia, "tea", room), name: "Ann" });
  assert.deepEqual(ann.last("hello")?.rooms, ["tea", room]);
  const joined = (await ann.ask({ type: "join", id: "2", room })).find(({ id }) => id === "2");
  assert.equal(joined?.type, "joined");
  const { members } = await answer(ann, { type: "members", id: "3", room });
  assert.deepEqual((members as { name: string }[]).map(({ name }) => name), ["Mia", "Ann"]);
  await mia.ask({ type: "join", room });
  const history = (await mia.ask({ type: "history", id: "4", room })).find(({ id }) => id === "4");
  assert.match(JSON.stringify(history?.messages), /"name":"Mia"[^{]*"text":"added Ann"/);
});

Deno.test("Nobody makes an invite to a private room of others, whether it exists or not", async () => {
  const { chat, room } = await open();
  using _chat = chat;
  const other = await chat.become("Olga", { role: "owner" });
  for (const it of [room, MISSING, `_direct.${"a".repeat(26)}`]) {
    assert.equal(await inviteTo(other, it), "not_allowed");
    assert.equal(await inviteTo(other, "tea", it.toUpperCase()), "not_allowed");
  }
});

Deno.test("An invite opens a private room only while whoever has made it is in there", async () => {
  const { chat, mia, room } = await open();
  using _chat = chat;
  const secret = await inviteTo(mia, "tea", room);
  await answer(mia, { type: "member", id: "2", room, on: false });
  const ann = await chat.enter({ invite: secret, name: "Ann" });
  assert.deepEqual(ann.last("hello")?.rooms, ["tea"]);
  const joined = await answer(ann, { type: "join", id: "3", room });
  assert.equal(joined.code, "not_allowed");
});

Deno.test("An invite of an operator opens no private room", async () => {
  const { chat, room } = await open();
  using _chat = chat;
  const ann = await chat.enter({
    invite: await chat.invite({ rooms: [room as never] }),
    name: "Ann",
  });
  assert.equal(ann.last("hello")?.rooms, undefined);
  const joined = await answer(ann, { type: "join", id: "3", room });
  assert.equal(joined.code, "not_allowed");
});

Deno.test("An invite whose use broke off is completed by the next attempt", async () => {
  const { chat, mia, room } = await open();
  using _chat = chat;
  const secret = await inviteTo(mia, room);
  const hello = { invite: secret, name: "Ann", attempt: "a".repeat(22) };
  const { bus } = chat.chat;
  bus.availability = "away";
  const { state } = bus;
  const broken = await chat.enter(hello);
  assert.equal(broken.last("hello"), undefined);
  assert.notEqual(broken.closeCode, undefined);
  bus.availability = "well";
  bus.state = state;
  const ann = await chat.enter(hello);
  assert.deepEqual(ann.last("hello")?.rooms, [room]);
});

Deno.test("Nobody is listed in a private room under the name of another member of the service", async () => {
  const { chat, mia, room } = await open();
  using _chat = chat;
  const ann = await chat.become("Ann");
  await chat.beat();
  for (
    const [user, name, shown] of [["a_eve00000", "Ann", "a_eve00000"], [
      "a_eva00000",
      "Eva",
      "Eva",
    ], [ann.you.user, "Zoe", "Ann"]]
  ) {
    if (shown === "Ann") {
      for (const client of [ann, mia]) await client.ask({ type: "join", room: "lobby" });
    }
    await answer(mia, { type: "member", id: `add-${user}`, room, user, name });
    const { members } = await answer(mia, { type: "members", id: `list-${user}`, room });
    const listed = (members as { user: string; name: string }[]).find((it) => it.user === user);
    assert.equal(listed?.name, shown);
  }
});

Deno.test("Whoever was removed from a private room does not come back by using the invite again", async () => {
  const { chat, mia, room } = await open();
  using _chat = chat;
  const hello = { invite: await inviteTo(mia, "tea", room), name: "Ann", attempt: "a".repeat(22) };
  const ann = await chat.enter(hello);
  const { user } = ann.you;
  await answer(mia, { type: "member", id: "2", room, user, on: false });
  const again = await chat.enter(hello);
  assert.deepEqual([again.you.user, again.last("hello")?.rooms], [user, ["tea"]]);
  assert.equal((await answer(again, { type: "join", id: "3", room })).code, "not_allowed");
  const { rooms } = await answer(again, { type: "rooms", id: "4" });
  assert.deepEqual(rooms, []);
});
