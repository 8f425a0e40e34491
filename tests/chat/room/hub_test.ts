import assert from "node:assert/strict";
import { Hub, LARGE_ROOM_PEOPLE } from "../../../lib/chat/room/hub.ts";
import type { Subscription } from "../../../lib/chat/room/subscription.ts";
import type { FrameEncoder } from "../../../lib/core/protocol/encoder.ts";
import { jsonEncoder } from "../../../lib/core/protocol/json_protocol.ts";
import { textEncoder } from "../../../lib/core/protocol/text_protocol.ts";
import {
  FakeChat,
  FakeSessionTokens,
  fakeSubscriber,
  flushMicrotasks,
  name,
  room,
} from "../../support/fakes.ts";

const lobby = room("lobby");
const sessionTokens = new FakeSessionTokens();

/** Joins a room, and records the messages that it receives. */
async function join(chat: FakeChat, text: string, encoder: FrameEncoder = textEncoder, id = lobby) {
  const received: string[] = [];
  const author = { user: sessionTokens.newUserId(), name: name(text) };
  const subscriber = fakeSubscriber(author.user, encoder, {
    onRefused: () => received.push("turned away"),
    deliver: (messages) => received.push(...messages),
  });
  const request = { ...author, pickName: undefined, since: undefined, limit: 0 };
  const handle = chat.hub.join(id, subscriber, request);
  await flushMicrotasks();
  const say = (text: string) =>
    chat.bus.publish({ ...author, room: id, id: text, action: { kind: "said", text } });
  return { received, handle, say, subscriber };
}

Deno.test("Hub encodes the messages of one turn once for each encoder", async () => {
  using chat = new FakeChat();
  const encoded: string[] = [];
  const counting: FrameEncoder = {
    canBatch: true,
    encode(frame) {
      encoded.push(frame.type);
      return jsonEncoder.encode(frame);
    },
  };
  const [ann, bob, cid] = [
    await join(chat, "Ann", counting),
    await join(chat, "Bob", counting),
    await join(chat, "Cid"),
  ];
  await Promise.all([ann.say("1"), ann.say("2")]);
  await flushMicrotasks();
  assert.deepEqual(encoded, ["said", "said"]);
  assert.equal(ann.received.length, 1);
  assert.deepEqual(ann.received, bob.received);
  assert.deepEqual(cid.received, ["Ann: 1", "Ann: 2"]);
});

Deno.test("Hub continues with the next subscriber when one leaves during a delivery", async () => {
  using chat = new FakeChat();
  const places: Subscription[] = [];
  const slow = await join(chat, "Ann");
  places.push(slow.handle);
  slow.subscriber.deliver = () => places[0]?.leave(false);
  const next = await join(chat, "Bob");
  await next.say("a");
  await next.say("b");
  await flushMicrotasks();
  assert.deepEqual(next.received, ["Bob: a", "Bob: b"]);
  await join(chat, "Ann");
});

Deno.test("Hub follows a room once, and stops when the last subscriber has left", async () => {
  using chat = new FakeChat();
  const ann = await join(chat, "Ann");
  const bob = await join(chat, "Bob");
  assert.equal(chat.bus.subscribed.length, 1);
  ann.handle.leave(false);
  await flushMicrotasks();
  assert.equal(chat.bus.unsubscribed.length, 0);
  bob.handle.leave(false);
  bob.handle.leave(false);
  await flushMicrotasks();
  assert.deepEqual(chat.bus.unsubscribed, [lobby]);
});

Deno.test("Hub ignores announcements of rooms that it does not know", async () => {
  using chat = new FakeChat();
  await chat.bus.subscribe(lobby);
  assert.doesNotThrow(() =>
    chat.hub.dispatch([{ kind: "top", room: lobby, top: { epoch: "a", seq: 1 }, isRead: true }])
  );
});

Deno.test("Hub renews the lease, so that a name is not lost", async () => {
  using chat = new FakeChat();
  await join(chat, "Ann");
  await chat.clock.advance(120_000);
  const again = await join(chat, "Ann");
  assert.deepEqual(again.received, ["turned away"]);
});

Deno.test("Hub renames the later of two users who got one name while the leases were lost, and notifies the room", async () => {
  using chat = new FakeChat();
  const ann = await join(chat, "Ann");
  const impostor = {
    user: sessionTokens.newUserId(),
    name: name("Ann"),
    node: "other",
    rename: false,
  };
  await chat.bus.forgetLeases(lobby);
  await chat.bus.claim(lobby, impostor);
  await chat.clock.advance(10_000);
  assert.deepEqual(ann.received, ["* Ann is now 网友10"]);
  assert.equal((await chat.bus.people(lobby)).length, 2);
});

for (const [taken, word] of [["Ann", "Guest"], ["网友42", "网友"]] as const) {
  Deno.test(`Hub gives ${taken}, whose name was lost, a name with ${word} if GUEST_NAME is not set`, async () => {
    using chat = new FakeChat(undefined, { guestName: null });
    const received = (await join(chat, taken)).received;
    const impostor = {
      user: sessionTokens.newUserId(),
      name: name(taken),
      node: "other",
      rename: false,
    };
    await chat.bus.forgetLeases(lobby);
    await chat.bus.claim(lobby, impostor);
    await chat.clock.advance(10_000);
    assert.deepEqual(received, [`* ${taken} is now ${word}10`]);
  });
}

Deno.test("Hub removes a dead node's users within 60 s", async () => {
  using chat = new FakeChat();
  const ann = await join(chat, "Ann", jsonEncoder);
  const dead = { user: sessionTokens.newUserId(), name: name("Bob"), node: "dead", rename: false };
  await chat.bus.claim(lobby, dead);
  await chat.clock.advance(10_250);
  assert.equal(JSON.parse(ann.received.at(-1) ?? "").count, 2);
  await chat.clock.advance(50_000);
  assert.equal(JSON.parse(ann.received.at(-1) ?? "").count, 1);
});

Deno.test("Hub sends a big room counts and a sample, and then waits for eight seconds", async () => {
  using chat = new FakeChat();
  const ann = await join(chat, "Ann", jsonEncoder);
  await chat.clock.advance(2_000);
  ann.received.length = 0;
  for (let i = 0; i <= LARGE_ROOM_PEOPLE; i++) {
    const user = sessionTokens.newUserId();
    chat.bus.signal(lobby, { kind: "here", user, name: name(`m${i}`), node: "other" });
  }
  await chat.clock.advance(2_000);
  assert.equal(ann.received.length, 1);
  const { count, joined, sampled } = JSON.parse(ann.received[0] ?? "");
  assert.deepEqual([count, joined.length, sampled], [LARGE_ROOM_PEOPLE + 2, 20, true]);
});

Deno.test("Hub delivers several posts together when it has fallen behind", async () => {
  using chat = new FakeChat();
  const due: (() => void)[] = [];
  using hub = new Hub({
    ...chat.context,
    bus: chat.bus,
    node: "another",
    recoverLimit: 5,
    defer: (fn) => due.push(fn),
  });
  const received: string[] = [];
  const author = { user: sessionTokens.newUserId(), name: name("Ann") };
  const deliver = (messages: readonly string[]) => received.push(...messages);
  const subscriber = fakeSubscriber(author.user, jsonEncoder, { deliver });
  hub.join(lobby, subscriber, { ...author, pickName: undefined, since: undefined, limit: 0 });
  await flushMicrotasks();
  let seq = 0;
  const post = (text: string) => {
    const position = { epoch: "epoch1", seq: ++seq };
    const entry = { ...author, room: lobby, id: `${seq}`, at: 0, position };
    hub.dispatch([{ kind: "entry", entry: { ...entry, action: { kind: "said", text } } }]);
  };
  for (const text of ["1", "2", "3"]) post(text);
  assert.deepEqual([due.length, received.length], [1, 0]);
  due.shift()?.();
  post("4");
  // This is too much to wait for.
  const long = "x".repeat(200_000);
  post(long);
  assert.equal(received.length, 2);
  post("5");
  assert.equal(due.length, 1);
  due.shift()?.();
  const texts = received.map((message) => message.split("\n").map((line) => JSON.parse(line).text));
  assert.deepEqual(texts, [["1", "2", "3"], ["4", long], ["5"]]);
});

Deno.test("Hub renews its rooms one after the other, each within ten seconds", async () => {
  using chat = new FakeChat();
  const renewed: string[] = [];
  let calls = 0;
  const { refresh, renew } = chat.bus;
  chat.bus.refresh = (id, node) => {
    if (node !== undefined) renewed.push(id);
    return refresh.call(chat.bus, id, node);
  };
  chat.bus.renew = (node, known) => {
    calls += 1;
    renewed.push(...known.map((it) => it.room));
    return renew.call(chat.bus, node, known);
  };
  const rooms = Array.from({ length: 80 }, (_, index) => room(`room${index}`));
  const memberships = [];
  for (const id of rooms) memberships.push((await join(chat, "Ann", textEncoder, id)).handle);
  renewed.length = 0;
  let most = 0;
  for (let beat = 0; beat < 40; beat++) {
    const before = renewed.length;
    await chat.clock.advance(250);
    most = Math.max(most, renewed.length - before);
  }
  assert.deepEqual(renewed.toSorted(), rooms.toSorted());
  assert.equal(most, 2);
  // While nobody joins or leaves, each cycle makes one call.
  calls = renewed.length = 0;
  await chat.clock.advance(10_000);
  assert.deepEqual([calls, renewed.toSorted()], [40, rooms.toSorted()]);
  // The remaining rooms keep their turns.
  for (const handle of memberships.slice(0, 79)) handle.leave(false);
  await flushMicrotasks();
  renewed.length = 0;
  await chat.clock.advance(20_000);
  assert.deepEqual(renewed, [rooms.at(-1), rooms.at(-1)]);
});

Deno.test("Hub renews no room again before the answer, and all as soon as the store is back", async () => {
  using chat = new FakeChat();
  const rooms = Array.from({ length: 80 }, (_, index) => room(`room${index}`));
  for (const id of rooms) await join(chat, "Ann", textEncoder, id);
  await chat.clock.advance(20_000);
  const renewed: string[] = [];
  const { renew } = chat.bus;
  const { promise, resolve } = Promise.withResolvers<void>();
  chat.bus.renew = async (node, known) => {
    renewed.push(...known.map((it) => it.room));
    await promise;
    return await renew.call(chat.bus, node, known);
  };
  await chat.clock.advance(30_000);
  assert.deepEqual(renewed.toSorted(), rooms.toSorted());
  resolve();
  await chat.clock.advance(10_000);
  assert.equal(renewed.length, 160);
});

for (
  const [what, id, expected] of [
    ["private", "_private.aaaaaaaaaaaaaaaaaaaaaaaaaa", ["said", "presence"]],
    ["open", "lobby", ["presence"]],
  ] as const
) {
  Deno.test(`Hub sends ${expected.join(" and then ")} in a room that is ${what} and whose announcements are lost`, async () => {
    using chat = new FakeChat();
    const ann = await join(chat, "Ann", jsonEncoder, room(id));
    await chat.clock.advance(1_000);
    ann.received.length = 0;
    chat.dropsAnnouncements = true;
    const author = { user: sessionTokens.newUserId(), name: name("Cid") };
    const event = { kind: "room", created: true, access: what } as const;
    const action = { kind: "said", text: "missed", event } as const;
    await chat.bus.publish({ ...author, room: room(id), id: "d", action });
    const bob = { user: sessionTokens.newUserId(), name: name("Bob"), node: "other" };
    chat.hub.find(room(id))?.presence.apply({ kind: "here", ...bob });
    await chat.clock.advance(1_000);
    const frames = ann.received.flatMap((text): { readonly type: string }[] =>
      JSON.parse(`[${text}]`).flat()
    );
    assert.deepEqual(frames.map(({ type }) => type), expected);
  });
}
