import assert from "node:assert/strict";
import { BIG_ROOM, Hub, type Membership } from "../../lib/chat/hub.ts";
import type { Member } from "../../lib/chat/member.ts";
import type { Dialect } from "../../lib/core/dialect.ts";
import { jsonDialect } from "../../lib/core/protocol.ts";
import { textDialect } from "../../lib/core/text_mode.ts";
import { FakeChat, FakeIdentities, name, room, settle } from "../fakes.ts";

const lobby = room("lobby");
const identities = new FakeIdentities();

/** Joins a room, and remembers the very messages that it was handed. */
async function join(chat: FakeChat, text: string, dialect: Dialect = textDialect, id = lobby) {
  const heard: string[] = [];
  const member: Member = {
    dialect,
    arrive() {},
    turnAway: () => heard.push("turned away"),
    replay() {},
    isBehind: () => false,
    deliver: (messages) => heard.push(...messages),
  };
  const author = { user: identities.draw(), name: name(text) };
  const wish = { ...author, draw: undefined, since: undefined, limit: 0 };
  const membership = chat.hub.join(id, member, wish);
  await settle();
  const say = (text: string) =>
    chat.bus.publish({ ...author, room: id, id: text, deed: { kind: "said", text } });
  return { heard, membership, say, member };
}

Deno.test("Hub encodes what is said in one turn once for each dialect", async () => {
  using chat = new FakeChat();
  const encoded: string[] = [];
  const counting: Dialect = {
    joins: true,
    encode(frame) {
      encoded.push(frame.type);
      return jsonDialect.encode(frame);
    },
  };
  const [ann, bob, cid] = [
    await join(chat, "Ann", counting),
    await join(chat, "Bob", counting),
    await join(chat, "Cid"),
  ];
  await Promise.all([ann.say("1"), ann.say("2")]);
  await settle();
  assert.deepEqual(encoded, ["said", "said"]);
  assert.equal(ann.heard.length, 1);
  assert.deepEqual(ann.heard, bob.heard);
  assert.deepEqual(cid.heard, ["Ann: 1", "Ann: 2"]);
});

Deno.test("Hub goes on to the next member when one leaves in the midst of a delivery", async () => {
  using chat = new FakeChat();
  const places: Membership[] = [];
  const slow = await join(chat, "Ann");
  places.push(slow.membership);
  slow.member.deliver = () => places[0]?.leave(false);
  const next = await join(chat, "Bob");
  await next.say("a");
  await next.say("b");
  await settle();
  assert.deepEqual(next.heard, ["Bob: a", "Bob: b"]);
  await join(chat, "Ann");
});

Deno.test("Hub follows a room once, and lets it go when the last member has left", async () => {
  using chat = new FakeChat();
  const ann = await join(chat, "Ann");
  const bob = await join(chat, "Bob");
  assert.equal(chat.bus.followed.length, 1);
  ann.membership.leave(false);
  await settle();
  assert.equal(chat.bus.unfollowed.length, 0);
  bob.membership.leave(false);
  bob.membership.leave(false);
  await settle();
  assert.deepEqual(chat.bus.unfollowed, [lobby]);
});

Deno.test("Hub passes over what is said in rooms that it does not know", async () => {
  using chat = new FakeChat();
  await chat.bus.follow(lobby);
  assert.doesNotThrow(() =>
    chat.hub.receive([{ kind: "top", room: lobby, top: { epoch: "a", seq: 1 }, isRead: true }])
  );
});

Deno.test("Hub renews the lease, so that a name is not lost", async () => {
  using chat = new FakeChat();
  await join(chat, "Ann");
  await chat.clock.advance(120_000);
  const again = await join(chat, "Ann");
  assert.deepEqual(again.heard, ["turned away"]);
});

Deno.test("Hub renames the later one of two who got one name while the leases were lost, and tells", async () => {
  using chat = new FakeChat();
  const ann = await join(chat, "Ann");
  const impostor = { user: identities.draw(), name: name("Ann"), node: "other", rename: false };
  await chat.bus.forgetLeases(lobby);
  await chat.bus.claim(lobby, impostor);
  await chat.clock.advance(10_000);
  assert.deepEqual(ann.heard, ["* Ann is now 网友10"]);
  assert.equal((await chat.bus.people(lobby)).length, 2);
});

Deno.test("Hub takes a dead node's people out within 60 s", async () => {
  using chat = new FakeChat();
  const ann = await join(chat, "Ann", jsonDialect);
  const dead = { user: identities.draw(), name: name("Bob"), node: "dead", rename: false };
  await chat.bus.claim(lobby, dead);
  await chat.clock.advance(10_250);
  assert.equal(JSON.parse(ann.heard.at(-1) ?? "").count, 2);
  await chat.clock.advance(50_000);
  assert.equal(JSON.parse(ann.heard.at(-1) ?? "").count, 1);
});

Deno.test("Hub tells a big room numbers and a sample, once in two seconds", async () => {
  using chat = new FakeChat();
  const ann = await join(chat, "Ann", jsonDialect);
  await chat.clock.advance(2_000);
  ann.heard.length = 0;
  for (let i = 0; i <= BIG_ROOM; i++) {
    const user = identities.draw();
    chat.bus.signal(lobby, { kind: "here", user, name: name(`m${i}`), node: "other" });
  }
  await chat.clock.advance(2_000);
  assert.equal(ann.heard.length, 1);
  const { count, joined, sampled } = JSON.parse(ann.heard[0] ?? "");
  assert.deepEqual([count, joined.length, sampled], [BIG_ROOM + 2, 20, true]);
});

Deno.test("Hub hands over together what has come in several posts, when it has come behind", async () => {
  using chat = new FakeChat();
  const due: (() => void)[] = [];
  using hub = new Hub({
    ...chat.context,
    bus: chat.bus,
    node: "another",
    recoverLimit: 5,
    soon: (deed) => due.push(deed),
  });
  const heard: string[] = [];
  const member: Member = {
    dialect: jsonDialect,
    arrive() {},
    turnAway() {},
    replay() {},
    isBehind: () => false,
    deliver: (messages) => heard.push(...messages),
  };
  const author = { user: identities.draw(), name: name("Ann") };
  hub.join(lobby, member, { ...author, draw: undefined, since: undefined, limit: 0 });
  await settle();
  let seq = 0;
  const post = (text: string) => {
    const position = { epoch: "epoch1", seq: ++seq };
    const entry = { ...author, room: lobby, id: `${seq}`, at: 0, position };
    hub.receive([{ kind: "entry", entry: { ...entry, deed: { kind: "said", text } } }]);
  };
  for (const text of ["1", "2", "3"]) post(text);
  assert.deepEqual([due.length, heard.length], [1, 0]);
  due.shift()?.();
  post("4");
  // This is too much to wait.
  const long = "x".repeat(200_000);
  post(long);
  assert.equal(heard.length, 2);
  post("5");
  assert.equal(due.length, 1);
  due.shift()?.();
  const texts = heard.map((message) => message.split("\n").map((line) => JSON.parse(line).text));
  assert.deepEqual(texts, [["1", "2", "3"], ["4", long], ["5"]]);
});

Deno.test("Hub renews its rooms one after the other, each within ten seconds", async () => {
  using chat = new FakeChat();
  const renewed: string[] = [];
  const { renew } = chat.bus;
  chat.bus.renew = (id, node) => {
    renewed.push(id);
    return renew.call(chat.bus, id, node);
  };
  const rooms = Array.from({ length: 80 }, (_, index) => room(`room${index}`));
  const memberships = [];
  for (const id of rooms) memberships.push((await join(chat, "Ann", textDialect, id)).membership);
  renewed.length = 0;
  let most = 0;
  for (let beat = 0; beat < 40; beat++) {
    const before = renewed.length;
    await chat.clock.advance(250);
    most = Math.max(most, renewed.length - before);
  }
  assert.deepEqual(renewed.toSorted(), rooms.toSorted());
  assert.equal(most, 2);
  // Those that are left keep their turns.
  for (const membership of memberships.slice(0, 79)) membership.leave(false);
  await settle();
  renewed.length = 0;
  await chat.clock.advance(20_000);
  assert.deepEqual(renewed, [rooms.at(-1), rooms.at(-1)]);
});
