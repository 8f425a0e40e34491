/** What a change of a user's role means for the sessions that the user has open, and for others. */
import assert from "node:assert/strict";
import { AUDIT_ROOM, REPORTS_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { Client, Den, type Frame } from "../../support/chat/den.ts";
import { FakeSocket, flushMicrotasks } from "../../support/fakes.ts";
import { MemberChat } from "../../support/chat/member_chat.ts";

const MAY_ALL = ["send", "react", "moderate", "configure"];

Deno.test("A member who becomes a moderator is one on open connections, and is told", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", { role: "owner" }, "den");
  const bea = await chat.become("Bea", {}, "den");
  const mute = { type: "moderate", id: "m1", action: "mute", room: "den", user: "bob_12345" };
  assert.equal((await bea.answer(mute)).code, "not_allowed");
  const request = { type: "role", id: "r1", user: bea.you.user, role: "moderator" };
  assert.equal((await ann.answer(request)).type, "ack");
  await chat.beat();
  const { may, role, room } = bea.last("rules") ?? {};
  assert.deepEqual([room, role, may], ["den", "moderator", MAY_ALL]);
  const frames = await bea.ask({ ...mute, id: "m2" });
  assert.equal(frames.find(({ id, type }) => id === "m2" && type !== "said")?.type, "ack");
});

Deno.test("A member who becomes a moderator outside of rooms is told on joining one, once", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", { role: "owner" });
  const bea = await chat.become("Bea", {});
  const request = { type: "role", id: "r1", user: bea.you.user, role: "moderator" };
  assert.equal((await ann.answer(request)).type, "ack");
  await chat.beat();
  assert.equal(bea.last("rules"), undefined);
  for (const room of ["den", "attic"]) await bea.ask({ type: "join", room });
  const told = bea.frames.filter(({ type }) => type === "joined" || type === "rules");
  assert.deepEqual(told.map(({ type, room }) => [type, room]), [
    ["joined", "den"],
    ["rules", "den"],
    ["joined", "attic"],
  ]);
  assert.deepEqual(bea.last("rules"), {
    type: "rules",
    room: "den",
    role: "moderator",
    may: MAY_ALL,
  });
});

Deno.test("A moderator who is demoted can do nothing any more, and leaves the rooms of moderators", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", { role: "owner" });
  const bea = await chat.become("Bea", { role: "moderator" }, "den", REPORTS_ROOM);
  await ann.ask({ type: "role", user: bea.you.user, role: "member" });
  await chat.beat();
  const left = bea.last("left") ?? {};
  assert.deepEqual([left.room, left.reason], [REPORTS_ROOM, "not_allowed"]);
  const clear = { type: "moderate", id: "m1", action: "clear", room: "den" };
  assert.equal((await bea.answer(clear)).code, "not_allowed");
  assert.equal((await bea.answer({ type: "invites", id: "i1" })).code, "not_allowed");
  const who = await ann.ask({ type: "join", room: "den" });
  const joined = who.find(({ type }) => type === "joined");
  assert.deepEqual(Object(joined?.members).map((it: { role?: string }) => it.role), [
    undefined,
    "owner",
  ]);
});

Deno.test("Those in a room are told once of a member's new role, and nobody has come or left", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", { role: "owner" }, "den");
  const bea = await chat.become("Bea", {}, "den", "attic");
  const guest = await chat.enter({ name: "Guy" }, "den");
  const plain = new FakeSocket();
  const options = { name: "Pat", room: "den", since: undefined, history: undefined, notices: "1" };
  new TextHandler(plain, chat.chat.context, options);
  await chat.beat();
  const news = async () => {
    const before = guest.frames.length;
    await chat.beat();
    await chat.beat(2_000);
    return guest.frames.slice(before).filter(({ type }) => type === "presence");
  };
  await news();
  plain.sent.splice(0);
  const presence = { type: "presence", room: "den", count: 4, joined: [], left: [] };
  const who = { user: bea.you.user, name: "Bea" };
  for (const role of ["moderator", "owner"]) {
    await ann.ask({ type: "role", user: who.user, role });
    assert.deepEqual(await news(), [{ ...presence, changed: [{ ...who, role }] }]);
  }
  await ann.ask({ type: "role", user: who.user, role: "member" });
  assert.deepEqual(await news(), [{ ...presence, changed: [who] }]);
  assert.deepEqual(plain.sent, []);
});

Deno.test("The members of a private room are listed with their roles, also those who are not there", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", { role: "owner" });
  const bea = await chat.become("Bea", { role: "moderator" });
  await ann.ask({ type: "create", kind: "private", title: "Plans" });
  const { room } = ann.last("room") ?? {};
  await ann.ask({ type: "member", room, user: bea.you.user, name: "Bea" });
  await ann.ask({ type: "members", room });
  assert.deepEqual(ann.last("membership")?.members, [
    { user: ann.you.user, name: "Ann", role: "owner" },
    { user: bea.you.user, name: "Bea", role: "moderator" },
  ]);
});

Deno.test("A change of a role is in _audit, and only owners can make one", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", { role: "owner" }, AUDIT_ROOM);
  const bea = await chat.become("Bea", { role: "moderator" });
  const guest = await chat.enter({ name: "Guy" });
  const request = { type: "role", id: "r1", user: bea.you.user, role: "owner" };
  for (const who of [bea, guest]) {
    assert.equal((await who.answer(request)).code, "not_allowed");
  }
  assert.equal((await ann.answer({ ...request, user: "Bea" })).code, "bad_frame");
  await ann.ask(request);
  await chat.beat();
  const said = ann.last("said") ?? {};
  assert.deepEqual([said.name, said.text], ["Ann", "made Bea an owner"]);
  assert.deepEqual(said.event, { kind: "role", user: bea.you.user, name: "Bea", role: "owner" });
});

Deno.test("Owners and moderators list the members of the service, and nobody else does", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", { role: "owner" });
  const bea = await chat.become("Bea", { role: "moderator" });
  const bob = await chat.become("Bob", {});
  const expected = [["Ann", "owner"], ["Bea", "moderator"], ["Bob", "member"]];
  for (const client of [ann, bea]) {
    const { type, users } = await client.answer({ type: "users", id: "u1" });
    assert.ok(type === "users" && Array.isArray(users));
    assert.deepEqual(users.map(({ name, role }) => [name, role]).toSorted(), expected);
    assert.deepEqual(Object.keys(users[0]), ["user", "name", "role", "joinedAt", "seenAt"]);
  }
  assert.equal((await bob.answer({ type: "users", id: "u1" })).code, "not_allowed");
  const guest = chat.connect();
  await guest.ask({ type: "hello" });
  assert.equal((await guest.answer({ type: "users", id: "u1" })).code, "not_allowed");
});

for (const role of ["owner", "moderator", "member"] as const) {
  const shown = role === "member" ? {} : { role };
  Deno.test(`Others see that a user of an app is ${role}, until the app says otherwise`, async () => {
    using den = new Den({ role, rights: null });
    const other = new Client(den.chat);
    await other.ask({ type: "hello", name: "Bob" }, { type: "join", id: "j", room: "den" });
    const client = new Client(den.chat);
    const [hello] = await client.ask({ type: "hello", token: "token" }, {
      type: "join",
      room: "den",
    });
    const ann = { user: String(Object(hello?.you).user), name: "Ann" };
    const presence = async () => {
      await den.chat.clock.advance(1_000);
      await flushMicrotasks();
      return other.fresh().filter(({ type }) => type === "presence");
    };
    const joined: readonly Frame[] = (await presence()).flatMap((it) => Object(it).joined);
    assert.deepEqual(joined.find(({ user }) => user === ann.user), { ...ann, ...shown });
    const listed = async () => {
      const frames = await other.ask({ type: "who", id: "w", room: "den" });
      const { members } = Object(frames.find(({ type }) => type === "members"));
      return members.find((it: Frame) => it.user === ann.user);
    };
    assert.deepEqual(await listed(), { ...ann, ...shown });
    const known = den.authenticator.users.get("token");
    assert.ok(known);
    den.authenticator.users.set("next", { ...known, role: undefined });
    await client.ask({ type: "auth", id: "a", token: "next" });
    const changes = (await presence()).flatMap(({ changed = [] }) => changed);
    assert.deepEqual(changes, role === "member" ? [] : [ann]);
    assert.deepEqual(await listed(), ann);
  });
}

Deno.test("Nobody sees a role that has no effect, since the token names rooms", async () => {
  using den = new Den({ role: "owner", rights: [{ match: "den", allow: ["read", "send"] }] });
  const client = new Client(den.chat);
  await client.ask({ type: "hello", token: "token" }, { type: "join", room: "den" });
  const frames = await client.ask({ type: "who", id: "w", room: "den" });
  const { members } = Object(frames.find(({ type }) => type === "members"));
  assert.deepEqual(members.map(({ name, role }: Frame) => [name, role]), [["Ann", undefined]]);
});
