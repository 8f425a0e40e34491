/** State that survives a page: reloads, two pages on one storage, and a storage that is full or holds foreign data. */
import assert from "node:assert/strict";
import { connect, RefusedError } from "../../../static/client.js";
import {
  collect,
  FakePlatform,
  FakeStorage,
  kindOf,
  said,
  startChat,
  type StartedChat,
  startInRoom,
} from "./fake_platform.ts";

/** Another page on the same storage at the same time, which has joined the room. */
function another(storage: FakeStorage, world = new FakePlatform()) {
  return startInRoom({ storage }, world);
}

Deno.test("ClientStorage passes the token to the next page, which is the same user", async () => {
  const storage = new FakeStorage();
  const first = await startInRoom({ storage });
  assert.equal(first.socket.lastOf("hello")["resume"], undefined);
  await first.socket.serverSends({ type: "token", resume: "newer" });
  first.chat.close();
  const second = startChat({ storage });
  await second.world.socket.open();
  assert.equal(second.world.socket.lastOf("hello")["resume"], "newer");
  second.chat.close();
});

Deno.test("ClientStorage passes unsent actions of all rooms to the next page, in order", async () => {
  const storage = new FakeStorage();
  const { chat, world, room, socket } = await startInRoom({ storage });
  const attic = chat.join("attic");
  await socket.serverCloses();
  room.say("one");
  attic.say("two");
  await world.advance(1);
  const content = { mentions: ["user_bob"], metadata: { build: { id: 42 } } };
  room.say("three", { reply: "e:1", ...content });
  attic.delete("e:2", { reason: "spam" });
  attic.delete("e:3");
  const ids = chat.outbox.value.map(({ id }) => id);
  chat.close();

  const next = startChat({ storage }, world);
  const restored = next.chat.outbox.value;
  assert.deepEqual(restored.map(({ id }) => id), ids);
  assert.deepEqual(restored.map(({ room, action }) => [room, action]), [
    ["lobby", { type: "say", text: "one" }],
    ["attic", { type: "say", text: "two" }],
    ["lobby", { type: "say", text: "three", reply: "e:1", ...content }],
    ["attic", { type: "delete", of: "e:2", reason: "spam" }],
    ["attic", { type: "delete", of: "e:3" }],
  ]);
  next.chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello();
  await world.socket.sendJoined("lobby");
  for (const seq of [1, 2]) {
    const ack = { type: "ack", room: "lobby", position: `e:${seq}`, at: seq };
    await world.socket.serverAnswers("say", ack);
  }
  assert.deepEqual(world.socket.sentOf("say").map(({ id }) => id), [ids[0], ids[2]]);
  const { mentions, metadata } = world.socket.lastOf("say");
  assert.deepEqual({ mentions, metadata }, content);
  await world.socket.serverSends(said(1, "one", { user: "u1", id: ids[0] }));
  await world.socket.serverSends(said(2, "three", { user: "u1", id: ids[2] }));
  assert.deepEqual(
    storage.actionKeys,
    [ids[1], ids[3], ids[4]].map((id) => `parley ws://test/ws deed.${id}`),
    "no page has joined the attic yet",
  );
  next.chat.close();
});

Deno.test("ClientStorage records an action as sent before it is sent", async () => {
  const storage = new FakeStorage();
  const { chat, world, room, socket } = await startInRoom({ storage });
  const { send } = socket;
  const kept: unknown[] = [];
  socket.send = (data) => {
    const { sentAt, sentAs, after } = JSON.parse(
      storage.getItem(storage.actionKeys[0] ?? "") ?? "{}",
    );
    kept.push([sentAt, sentAs, after]);
    send.call(socket, data);
  };
  room.say("one");
  assert.deepEqual(kept, [[world.now(), "u1", "e:0"]]);
  chat.close();
});

Deno.test("ClientStorage drops acknowledged actions on a reload", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await startInRoom({ storage });
  room.say("one");
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  chat.close();
  assert.equal(storage.actionKeys.length, 1);
  const next = startChat({ storage });
  assert.deepEqual([next.chat.outbox.value, storage.actionKeys], [[], []]);
  next.chat.close();
});

Deno.test("ClientStorage keeps the reason for a refusal across a reload", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await startInRoom({ storage });
  room.say("one");
  const fault = { type: "fault", code: "empty", message: "there is no text", retry: false };
  await socket.serverAnswers("say", fault);
  chat.close();
  const next = await another(storage);
  const [delivery] = next.chat.outbox.value;
  const state = delivery?.state.value;
  assert.equal(state?.kind === "failed" && state.error.code, "empty");
  assert.deepEqual(next.socket.sentOf("say"), []);
  delivery?.discard();
  assert.deepEqual(storage.actionKeys, []);
  next.chat.close();
});

Deno.test("ClientStorage lets two pages send each other's actions without duplicates", async () => {
  const storage = new FakeStorage();
  const one = await another(storage);
  await one.socket.serverCloses();
  const delivery = one.room.say("hello");
  const two = await another(storage);
  const { id } = two.socket.lastOf("say");
  assert.equal(id, delivery.id);
  await two.socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  await two.socket.serverSends(said(1, "hello", { user: "u1", id }));
  assert.deepEqual(storage.actionKeys, []);
  await one.world.advance(500);
  await one.world.socket.open();
  await one.world.socket.sendHello();
  await one.world.socket.sendJoined("lobby", { top: "e:1", recovered: true });
  await one.world.socket.serverSends(said(1, "hello", { user: "u1", id }));
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual(one.world.socket.sentOf("say"), []);
  for (const { chat } of [one, two]) chat.close();
});

Deno.test("ClientStorage notifies the second page when the first has settled a shared action", async () => {
  const storage = new FakeStorage();
  const one = await another(storage);
  await one.socket.serverCloses();
  one.room.say("hello");
  const two = startChat({ storage });
  const [copy] = two.chat.outbox.value;
  one.chat.outbox.value[0]?.discard();
  two.chat.join("lobby");
  await two.world.socket.open();
  await two.world.socket.sendHello();
  await two.world.socket.sendJoined("lobby");
  assert.deepEqual([copy && kindOf(copy.state), two.chat.outbox.value], ["discarded", []]);
  assert.deepEqual(two.world.socket.sentOf("say"), []);
  for (const { chat } of [one, two]) chat.close();
});

Deno.test("ClientStorage reports a full storage, and continues", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await startInRoom({ storage });
  assert.equal(chat.isKept.value, true);
  storage.isFull = true;
  const isKept = collect(chat.isKept);
  const delivery = room.say("one");
  assert.deepEqual(isKept, [true, false]);
  await socket.serverSends({ type: "token", resume: "newer" });
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  await socket.serverSends(said(1, "one", { user: "u1", id: delivery.id }));
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("ClientStorage keeps an action stored before the storage was full, and removes it when settled", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await startInRoom({ storage });
  const [one, two] = [room.say("one"), room.say("two")];
  storage.isFull = true;
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  await socket.serverSends(said(1, "one", { user: "u1", id: one.id }));
  assert.deepEqual(storage.actionKeys, [`parley ws://test/ws deed.${two.id}`]);
  chat.close();
});

Deno.test("ClientStorage works without a storage if every call throws", async () => {
  const forbidden = () => {
    throw new DOMException("forbidden", "SecurityError");
  };
  const storage = {
    ...{ key: forbidden, getItem: forbidden, setItem: forbidden, removeItem: forbidden },
    get length() {
      return forbidden();
    },
  };
  const { chat, room, socket } = await startInRoom({ storage });
  const delivery = room.say("one");
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  assert.deepEqual([kindOf(delivery.state), chat.isKept.value], ["sent", false]);
  chat.close();
});

const GARBAGE = [
  ...["", "no json", "null", "7", "[]", "{}", '{"id":7}', '{"id":"x","room":"lobby"}'],
  '{"id":"x","room":"lobby","deed":{"type":"say","text":"boo"}}',
  '{"id":"x","room":"lobby","deed":null,"at":1}',
  '{"id":"x","room":"lobby","deed":{"type":"delete","of":"e:1","reason":["boo"]},"at":1}',
  '{"id":"x","room":"lobby","deed":{"type":"say","text":"boo","mentions":["bob",7]},"at":1}',
  '{"id":"x","room":"lobby","deed":{"type":"say","text":"boo","metadata":"boo"},"at":1}',
];

Deno.test("ClientStorage ignores invalid actions, and leaves foreign keys unchanged", async () => {
  const storage = new FakeStorage();
  GARBAGE.forEach((text, index) => storage.setItem(`parley ws://test/ws deed.${index}`, text));
  storage.setItem("parley.draft.lobby", "a thought");
  storage.setItem("theme", "dark");
  const { chat, socket } = await startInRoom({ storage });
  assert.deepEqual([chat.outbox.value, socket.sentOf("say")], [[], []]);
  assert.deepEqual(socket.sentOf("delete"), []);
  assert.deepEqual([storage.getItem("theme"), storage.getItem("parley.draft.lobby")], [
    "dark",
    "a thought",
  ]);
  chat.close();
});

Deno.test("ClientStorage separates chats by storageKey", async () => {
  const storage = new FakeStorage();
  const one = await startInRoom({ storage, storageKey: "one" });
  await one.socket.serverCloses();
  one.room.say("hello");
  const two = startChat({ storage, storageKey: "two" });
  await two.world.socket.open();
  assert.equal(two.world.socket.lastOf("hello")["resume"], undefined);
  assert.deepEqual(two.chat.outbox.value, []);
  for (const { chat } of [one, two]) chat.close();
});

Deno.test("ClientStorage restores a refusal as an error of the same type", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await startInRoom({ storage });
  room.say("one");
  const fault = { type: "fault", code: "empty", message: "there is no text", retry: false };
  await socket.serverAnswers("say", fault);
  chat.close();
  const next = startChat({ storage });
  const state = next.chat.outbox.value[0]?.state.value;
  assert.ok(state?.kind === "failed" && state.error instanceof RefusedError);
  next.chat.close();
});

Deno.test("ClientStorage does not let one page discard what the other has sent", async () => {
  const storage = new FakeStorage();
  const one = await another(storage);
  await one.socket.serverCloses();
  const delivery = one.room.say("hello");
  const two = await another(storage);
  assert.equal(two.socket.lastOf("say").id, delivery.id);
  delivery.discard();
  assert.equal(kindOf(delivery.state), "waiting");
  for (const { chat } of [one, two]) chat.close();
});

Deno.test("ClientStorage drops thousands of actions that another page has settled", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket, world } = await startInRoom({ storage });
  await socket.serverCloses();
  for (let i = 0; i < 12_000; i += 1) room.say(`${i}`);
  for (const key of storage.actionKeys) storage.removeItem(key);
  await backInRoom(world);
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("ClientStorage loses nothing in a storage that was full at first and cleared later", async () => {
  const storage = new FakeStorage();
  storage.isFull = true;
  const { chat, room, socket, world } = await startInRoom({ storage });
  storage.isFull = false;
  await socket.serverCloses();
  const delivery = room.say("hello");
  for (const key of storage.actionKeys) storage.removeItem(key);
  await backInRoom(world);
  assert.equal(kindOf(delivery.state), "sending");
  chat.close();
});

Deno.test("ClientStorage loses nothing when the storage is temporarily unreadable", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket, world } = await startInRoom({ storage });
  await socket.serverCloses();
  const delivery = room.say("hello");
  const { getItem } = storage;
  storage.getItem = (key) => {
    if (!key.includes(" deed.")) return getItem.call(storage, key);
    throw new DOMException("not now", "UnknownError");
  };
  await backInRoom(world);
  assert.equal(kindOf(delivery.state), "sending");
  chat.close();
});

/** Reconnects to the room, where nothing has happened meanwhile. */
async function backInRoom(world: FakePlatform): Promise<void> {
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.sendHello();
  await world.socket.sendJoined("lobby", { recovered: true });
}

/** Actions as stored by an earlier version: per origin, ordered by the clock. */
function leaveOld(storage: FakeStorage, ...texts: readonly string[]): void {
  for (const [order, text] of texts.entries()) {
    const record = {
      ...{ id: `old-${text}`, room: "lobby", deed: { type: "say", text }, at: 5, order },
      ...{ sentAt: null, triedAt: null, sentAs: null, after: null, receipt: null, fault: null },
    };
    storage.setItem(`parley.deed.${record.id}`, JSON.stringify(record));
  }
  storage.setItem("parley.resume", "old token");
  storage.setItem("parley.mark", "old");
}

function textsIn({ chat }: Pick<StartedChat, "chat">): readonly unknown[] {
  return chat.outbox.value.map(({ action }) => "text" in action && action.text);
}

Deno.test("ClientStorage migrates an earlier version's actions once, for the service at the root", async () => {
  const storage = new FakeStorage();
  leaveOld(storage, "one", "two", "three");
  const first = startChat({ storage });
  await first.world.socket.open();
  assert.equal(first.world.socket.lastOf("hello")["resume"], "old token");
  first.chat.join("lobby").say("four");
  assert.deepEqual(textsIn(first), ["one", "two", "three", "four"]);
  first.chat.close();
  assert.ok(
    storage.keys.every((it) => it === "parley.mark" || it.startsWith("parley ws://test/ws ")),
  );
  storage.setItem("parley.resume", "of a page that is still open");
  const second = startChat({ storage });
  assert.deepEqual(textsIn(second), ["one", "two", "three", "four"]);
  await second.world.socket.open();
  assert.equal(second.world.socket.lastOf("hello")["resume"], "old token");
  second.chat.close();
});

Deno.test("ClientStorage migrates nothing for a service under a path", () => {
  const storage = new FakeStorage();
  leaveOld(storage, "one");
  const { chat } = beginAt("ws://test/team-a/ws", storage);
  assert.deepEqual(chat.outbox.value, []);
  assert.ok(storage.getItem("parley.deed.old-one"));
  chat.close();
});

Deno.test("ClientStorage migrates what fits into a full storage", () => {
  const storage = new FakeStorage();
  leaveOld(storage, "one", "two");
  storage.isFull = true;
  const begun = startChat({ storage });
  assert.deepEqual([textsIn(begun), begun.chat.isKept.value], [["one", "two"], false]);
  begun.chat.close();
});

Deno.test("ClientStorage keeps the order of actions even if the clock changes", async () => {
  const storage = new FakeStorage();
  const { chat, world, room, socket } = await startInRoom({ storage });
  await socket.serverCloses();
  const texts = ["one", "two", "three", "four"];
  for (const [i, text] of texts.entries()) {
    room.say(text);
    world.setClock(i % 2 === 0 ? -97 * 3_600_000 : 24 * 3_600_000);
  }
  chat.close();
  const next = startChat({ storage }, world);
  next.chat.join("lobby").say("five");
  next.chat.close();
  const last = startChat({ storage }, world);
  assert.deepEqual(textsIn(last), [...texts, "five"]);
  last.chat.close();
});

Deno.test("ClientStorage puts the actions of two pages into one order", async () => {
  const storage = new FakeStorage();
  const pages = [await another(storage), await another(storage)] as const;
  for (const { socket } of pages) await socket.serverCloses();
  pages[0].room.say("one");
  pages[1].room.say("two");
  pages[0].room.say("three");
  for (const { chat } of pages) chat.close();
  const next = startChat({ storage });
  assert.deepEqual(textsIn(next), ["one", "two", "three"]);
  next.chat.close();
});

/** A chat at another URL. */
function beginAt(url: string, storage: FakeStorage): StartedChat {
  const world = new FakePlatform();
  return { chat: connect(url, { storage, platform: world }), world };
}

Deno.test("ClientStorage shares nothing between services, even with a common origin or prefix", async () => {
  const storage = new FakeStorage();
  const paths = ["/team-a/ws", "/team-b/ws", "/team/ws", "/ws", "/ws deed.x/ws", "/ws/deed./ws"];
  const urls = [...paths.map((it) => `ws://test${it}`), "ws://test:8080/ws", "wss://test/ws"];
  for (const url of urls) {
    const { chat, world } = beginAt(url, storage);
    chat.join("lobby").say(`for ${url}`);
    await world.socket.open();
    assert.equal(world.socket.lastOf("hello")["resume"], undefined);
    await world.socket.sendHello({ resume: `token of ${url}` });
    chat.close();
  }
  for (const url of urls) {
    const begun = beginAt(url.replace(/ws$/, "ws/"), storage);
    assert.deepEqual(textsIn(begun), [`for ${url}`]);
    await begun.world.socket.open();
    assert.equal(begun.world.socket.lastOf("hello")["resume"], `token of ${url}`);
    begun.chat.close();
  }
});
