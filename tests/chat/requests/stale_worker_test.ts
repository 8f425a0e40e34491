/** Rights that have ended, and of which a user's worker has not heard yet: its announcements are late, or the store was slow. */
import assert from "node:assert/strict";
import { makeCall } from "../../../lib/chat/calls/call.ts";
import { user } from "../../contract/fixtures.ts";
import { ANN, BOB, MIA, RoomsScene } from "../../support/chat/rooms_scene.ts";
import { flushMicrotasks, name, room as roomId } from "../../support/fakes.ts";

Deno.test("A removed member does not learn from who that another user has come", async () => {
  using scene = new RoomsScene();
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const room = await scene.createPrivate(ann);
  await scene.ask(ann, { type: "join", room });
  await scene.ask(ann, { type: "member", room, user: BOB, name: "Bob" });
  await scene.ask(bob, { type: "join", room });
  await scene.beat();
  assert.equal((await scene.ask(bob, { type: "who", room })).type, "members");
  scene.chat.dropsAnnouncements = true;
  await scene.ask(ann, { type: "member", room, user: BOB, on: false });
  const dan = { user: user("a_dan00000"), name: name("Dan"), node: "other" };
  scene.chat.hub.find(roomId(room))?.presence.apply({ kind: "here", ...dan });
  const answer = await scene.ask(bob, { type: "who", room });
  assert.deepEqual([answer.type, answer.code], ["fault", "not_allowed"]);
});

Deno.test("The creator of a deleted room cannot bring it back", async () => {
  using scene = new RoomsScene();
  const [ann, mia] = [await scene.enter("ann"), await scene.enter("mia")];
  await scene.ask(ann, { type: "create", kind: "listed", room: "tea", title: "Tea" });
  await scene.ask(ann, { type: "join", room: "tea" });
  await scene.beat();
  scene.chat.dropsAnnouncements = true;
  await scene.ask(mia, { type: "moderate", action: "delete", room: "tea" });
  const again = { type: "room", room: "tea", archived: false, title: "Tea" } as const;
  assert.equal((await scene.ask(ann, again)).code, "not_allowed");
  const { fields } = await scene.chat.bus.state(roomId("tea"));
  assert.deepEqual([fields.has("archived"), fields.has("title")], [true, false]);
});

Deno.test("A banned creator learns nothing of a private room from a repeated create", async () => {
  using scene = new RoomsScene();
  const [ann, mia] = [await scene.enter("ann"), await scene.enter("mia")];
  const room = await scene.createPrivate(ann, { id: "c9", title: "Plans" });
  await scene.ask(ann, { type: "join", room });
  await scene.ask(ann, { type: "member", room, user: MIA });
  await scene.ask(mia, { type: "join", room });
  await scene.ask(mia, { type: "moderate", action: "ban", user: ANN, room });
  const create = { type: "create", kind: "private", title: "Plans", id: "c9" } as const;
  assert.equal((await scene.ask(ann, create)).code, "not_allowed");
});

Deno.test("A user who is banned from a listed room is not told what is unread there", async () => {
  using scene = new RoomsScene();
  const [ann, bob, mia] = [
    await scene.enter("ann"),
    await scene.enter("bob"),
    await scene.enter("mia"),
  ];
  await scene.ask(ann, { type: "create", kind: "listed", room: "tea", title: "Tea" });
  for (const client of [ann, bob, mia]) await scene.ask(client, { type: "join", room: "tea" });
  const { position } = await scene.ask(bob, { type: "say", room: "tea", text: "hello" });
  await scene.ask(bob, { type: "read", room: "tea", position });
  await scene.ask(mia, { type: "moderate", action: "ban", user: BOB, room: "tea" });
  await scene.ask(ann, { type: "say", room: "tea", text: "for Bob", mentions: [BOB] });
  const [tea] = await scene.list(bob);
  assert.deepEqual([tea?.room, tea?.unread, tea?.mentions], ["tea", undefined, undefined]);
});

Deno.test("Requests that the store answers after the token's expiry change and tell nothing", async () => {
  using scene = new RoomsScene();
  const { clock, bus, context } = scene.chat;
  const token = { role: undefined, rights: null, issuedAt: 0, tokenId: undefined };
  const expiresAt = clock.date() + 5_000;
  const known = { user: user(ANN), name: name("Ann"), ...token, expiresAt };
  scene.authenticator.users.set("short", known);
  const bob = await scene.enter("bob");
  const room = await scene.createPrivate(bob, { title: "Plans" });
  await scene.ask(bob, { type: "member", room, user: ANN });
  const wait = Promise.withResolvers<void>();
  const [readState, admission] = [bus.readState.bind(bus), bus.admission.bind(bus)];
  bus.readState = async (...key) => (await wait.promise, await readState(...key));
  bus.admission = async (...key) => (await wait.promise, await admission(...key));
  const requests = [
    { type: "rooms", id: "call" },
    { type: "members", id: "call", room },
    { type: "member", id: "call", room, user: "a_cat00000" },
  ] as const;
  const calls = requests.map((request) =>
    makeCall(
      { origin: { token: "short" }, hello: {}, bytes: 10, room: undefined, request },
      context,
      new AbortController().signal,
    )
  );
  await flushMicrotasks();
  await clock.advance(6_000);
  wait.resolve();
  for (const result of await Promise.all(calls)) {
    assert.equal(result.kind === "refused" && result.fault.code, "token_expired");
  }
  assert.equal((await bus.state(roomId(room))).fields.has("member a_cat00000"), false);
});
