/** How members sign in: with an invite first, and then with the tokens of a device. */
import assert from "node:assert/strict";
import type { TokenUser } from "../../../lib/chat/ports/authenticator.ts";
import { NOT_READY, SIGNED_OUT } from "../../../lib/core/protocol/close_codes.ts";
import { KnownRevocations } from "../../../lib/chat/revocations/known_revocations.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeAuthenticator, flushMicrotasks, name, room } from "../../support/fakes.ts";
import { type Frame, MemberChat, typesOf } from "../../support/chat/member_chat.ts";

const ATTEMPT = "A".repeat(22);
const ADDRESS = "192.0.2.1";
/** Whom an app's token identifies, or a proxy states. */
const BEN: TokenUser = {
  user: user("a_ben00000"),
  name: name("Ben"),
  rights: null,
  expiresAt: Infinity,
  issuedAt: 0,
  tokenId: undefined,
};

/** An app that has signed the token `ben`. */
function app(): FakeAuthenticator {
  const authenticator = new FakeAuthenticator();
  authenticator.users.set("ben", BEN);
  return authenticator;
}

for (const auth of ["open", "required"] as const) {
  Deno.test(`With AUTH=${auth}, an invite makes a member, who returns with a token`, async () => {
    using chat = new MemberChat({ auth });
    const ann = await chat.become("Ann", { role: "owner", rooms: [room("team")] });
    assert.deepEqual(ann.you, { user: ann.you.user, name: "Ann", kind: "member", role: "owner" });
    assert.deepEqual(ann.last("hello")?.rooms, ["team"]);
    const again = await chat.enter({ resume: ann.resume, name: "Other" });
    assert.deepEqual(again.you, ann.you);
    assert.equal("rooms" in Object(again.last("hello")), false);
    assert.notEqual(again.resume, ann.resume);
  });
}

Deno.test("A refused invite leaves the connection without a user, and another hello may follow", async () => {
  using chat = new MemberChat();
  await chat.become("Ann");
  const secret = await chat.invite();
  const client = chat.connect();
  const hello = (fields: Frame) => client.ask({ type: "hello", ...fields });
  assert.deepEqual(typesOf(await hello({ invite: "nonsense", name: "Bea" })), ["bad_invite"]);
  assert.deepEqual(typesOf(await hello({ invite: secret })), ["bad_name"]);
  assert.deepEqual(typesOf(await hello({ invite: secret, name: "* " })), ["bad_name"]);
  assert.deepEqual(typesOf(await hello({ invite: secret, name: "ann" })), ["name_taken"]);
  assert.deepEqual(typesOf(await client.ask({ type: "join", room: "lobby" })), ["hello_first"]);
  assert.deepEqual(typesOf(await hello({ invite: secret, name: "Bea" })), ["hello"]);
  assert.deepEqual(typesOf(await hello({ invite: secret, name: "Cid" })), ["bad_frame"]);
});

Deno.test("An invite whose hello was not answered makes one member, however often it is repeated", async () => {
  using chat = new MemberChat();
  const hello = { invite: await chat.invite(), attempt: ATTEMPT, name: "Ann" };
  chat.store.commitFaults.push("reply lost");
  const lost = await chat.enter(hello);
  assert.deepEqual([lost.frames, lost.closeCode], [[], NOT_READY.code]);
  const [one, other] = [await chat.enter(hello), await chat.enter(hello)];
  assert.deepEqual(one.you, other.you);
  assert.equal(one.you.name, "Ann");
  assert.equal((await chat.store.list("member")).size, 1);
});

Deno.test("A token of an app counts more than an invite beside it, which is not used", async () => {
  using chat = new MemberChat({ authenticator: app() });
  const invite = await chat.invite();
  const ben = await chat.enter({ token: "ben", invite, name: "Ann" });
  assert.equal(ben.you.user, BEN.user);
  assert.equal((await chat.enter({ invite, name: "Ann" })).you.kind, "member");
});

Deno.test("A token of an app counts more than a member's token beside it", async () => {
  using chat = new MemberChat({ authenticator: app() });
  const ann = await chat.become("Ann");
  const ben = await chat.enter({ token: "ben", resume: ann.resume });
  assert.equal(ben.you.user, BEN.user);
  assert.equal(ben.resume, undefined);
});

Deno.test("An invite counts more than a token of the handshake, and than the member's own", async () => {
  using chat = new MemberChat({ authenticator: app() });
  const ann = await chat.become("Ann");
  const client = chat.connect({ token: "ben" });
  const [hello] = await client.ask({
    type: "hello",
    invite: await chat.invite(),
    name: "Bea",
    resume: ann.resume,
  });
  assert.deepEqual([Object(hello?.you).name, Object(hello?.you).kind], ["Bea", "member"]);
});

Deno.test("Whom a proxy has signed in cannot use an invite, nor a member's token", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann");
  const invite = await chat.invite();
  const client = chat.connect({ user: BEN });
  const refused = await client.ask({ type: "hello", invite, name: "Bea" });
  assert.deepEqual(typesOf(refused), ["not_allowed"]);
  await client.ask({ type: "hello", resume: ann.resume });
  assert.equal(client.you.user, BEN.user);
  assert.equal((await chat.enter({ invite, name: "Bea" })).you.kind, "member");
});

Deno.test("A member cannot renew with a token of an app", async () => {
  using chat = new MemberChat({ authenticator: app() });
  const ann = await chat.become("Ann");
  assert.equal((await ann.answer({ type: "auth", token: "ben" })).code, "not_allowed");
  assert.equal(ann.you.kind, "member");
});

Deno.test("A token is worth nothing once a newer one was used: 4508", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann");
  const stolen = ann.resume;
  const second = await chat.enter({ resume: stolen });
  const same = await chat.enter({ resume: stolen });
  assert.deepEqual([second.closeCode, same.closeCode], [undefined, undefined]);
  const third = await chat.enter({ resume: second.resume });
  const thief = await chat.enter({ resume: stolen });
  assert.deepEqual([thief.frames, thief.closeCode], [[], SIGNED_OUT.code]);
  assert.equal((await chat.enter({ resume: third.resume })).you.name, "Ann");
});

Deno.test("A token that comes with a new name has the same number", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann");
  const before = ann.resume;
  await ann.ask({ type: "name", name: "Anna" });
  assert.notEqual(ann.resume, before);
  const again = await chat.enter({ resume: before });
  assert.equal(again.you.name, "Anna");
  assert.equal((await chat.enter({ resume: ann.resume })).you.name, "Anna");
});

Deno.test("A device that is signed out is disconnected, cannot return, and is told 4508", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann");
  const { secret } = await ann.answer({ type: "invite", device: true });
  const phone = await chat.enter({ invite: secret, device: "phone" });
  const devices = Object(await ann.answer({ type: "devices" })).devices;
  const { device } = devices.find(({ here }: Frame) => here !== true);
  assert.equal((await ann.answer({ type: "revoke", device, id: "r1" })).type, "ack");
  assert.equal(phone.closeCode, SIGNED_OUT.code);
  assert.equal(ann.closeCode, undefined);
  assert.equal((await chat.enter({ resume: phone.resume })).closeCode, SIGNED_OUT.code);
  assert.equal((await chat.enter({ resume: ann.resume })).closeCode, undefined);
});

Deno.test("A device that is signed out while its token is checked is disconnected", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann");
  const { device } = Object(await ann.answer({ type: "devices" })).devices[0];
  const before = new Date(chat.chat.clock.date()).getTime();
  chat.store.beforeCommit = () => chat.revoke({ scope: "device", id: device, before });
  const again = await chat.enter({ resume: ann.resume });
  assert.equal(again.closeCode, SIGNED_OUT.code);
  assert.deepEqual(again.frames, []);
});

Deno.test("A revoked member is disconnected and cannot return, unless a device is added later", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", {}, "lobby");
  await chat.chat.clock.advance(1_000);
  const id = String(ann.you.user);
  await chat.revoke({ scope: "user", id, before: chat.chat.clock.date() });
  assert.equal(ann.closeCode, SIGNED_OUT.code);
  assert.equal((await chat.enter({ resume: ann.resume })).closeCode, SIGNED_OUT.code);
  const link = await chat.directory.manage({ kind: "operator" }, {
    kind: "add device",
    user: user(id),
  });
  assert.ok(link.kind === "invited");
  const again = await chat.enter({ invite: link.secret });
  assert.deepEqual([again.you.user, again.closeCode], [id, undefined]);
  assert.equal((await chat.enter({ resume: again.resume })).you.user, id);
});

Deno.test("A member whose store cannot be read is asked to return: 4010", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann");
  const invite = await chat.invite();
  chat.store.isAway = true;
  assert.equal((await chat.enter({ resume: ann.resume })).closeCode, NOT_READY.code);
  assert.equal((await chat.enter({ invite, name: "Bea" })).closeCode, NOT_READY.code);
  chat.store.isAway = false;
  assert.equal((await chat.enter({ resume: ann.resume })).you.name, "Ann");
  assert.equal((await chat.enter({ invite, name: "Bea" })).you.name, "Bea");
});

Deno.test("Before the revocations are known, no member comes in", async () => {
  using chat = new MemberChat({ revocations: new KnownRevocations() });
  const invite = await chat.invite();
  assert.equal((await chat.enter({ invite, name: "Ann" })).closeCode, NOT_READY.code);
  assert.equal((await chat.store.list("member")).size, 0);
});

Deno.test("An address that guesses invites has to wait, and others do not", async () => {
  using chat = new MemberChat();
  const invite = await chat.invite();
  const answer = async (address: string, secret: string) =>
    (await chat.connect({ address }).ask({ type: "hello", invite: secret, name: "Ann" }))[0];
  for (let count = 0; count < 200; count++) {
    assert.equal((await answer(ADDRESS, String(count).padEnd(22, "0")))?.code, "bad_invite");
  }
  assert.equal((await answer(ADDRESS, invite))?.code, "slow_down");
  assert.equal((await answer("192.0.2.2", invite))?.type, "hello");
});

Deno.test("A refused name is no guess, and neither is a device's worthless token", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann");
  const stale = ann.resume;
  await chat.enter({ resume: (await chat.enter({ resume: stale })).resume });
  const invite = await chat.invite();
  for (let count = 0; count < 250; count++) {
    const [taken] = await chat.connect({ address: ADDRESS })
      .ask({ type: "hello", invite, name: "Ann" });
    assert.equal(taken?.code, "name_taken");
    const returning = chat.connect({ address: ADDRESS });
    await returning.ask({ type: "hello", resume: stale });
    assert.equal(returning.closeCode, SIGNED_OUT.code);
  }
});

Deno.test("Requests that follow an invite are answered once it is checked, in order", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", { role: "owner" }, "lobby");
  assert.deepEqual(typesOf(ann.frames), ["hello", "joined"]);
  const client = chat.connect();
  const frames = await client.ask(
    { type: "hello", resume: ann.resume },
    { type: "devices" },
    { type: "join", room: "lobby" },
  );
  assert.deepEqual(typesOf(frames).toSorted(), ["devices", "hello", "joined"]);
  assert.equal(frames[0]?.type, "hello");
});

Deno.test("Nothing is sent to a connection that ends while its invite is checked", async () => {
  using chat = new MemberChat();
  const invite = await chat.invite();
  const client = chat.connect();
  client.handler.onMessage(JSON.stringify({ type: "hello", invite, name: "Ann" }));
  client.handler.onClose();
  await flushMicrotasks();
  assert.deepEqual(client.frames, []);
});
