/** What outlives a page: reloads, two pages on one storage, a storage that is full or full of other things. */
import assert from "node:assert/strict";
import { connect, RefusedError } from "../../static/client.js";
import {
  begin,
  beginInRoom,
  type Begun,
  FakeStorage,
  FakeWorld,
  heard,
  kindOf,
  said,
} from "./client_fakes.ts";

/** Another page on the same storage, at the same time; it is in the room. */
function another(storage: FakeStorage, world = new FakeWorld()) {
  return beginInRoom({ storage }, world);
}

Deno.test("Shelf gives the token to the next page, which is the same person again", async () => {
  const storage = new FakeStorage();
  const first = await beginInRoom({ storage });
  assert.equal(first.socket.lastOf("hello")["resume"], undefined);
  await first.socket.tell({ type: "token", resume: "newer" });
  first.chat.close();
  const second = begin({ storage });
  await second.world.socket.open();
  assert.equal(second.world.socket.lastOf("hello")["resume"], "newer");
  second.chat.close();
});

Deno.test("Shelf gives what was not sent to the next page, in the order said, of all rooms", async () => {
  const storage = new FakeStorage();
  const { chat, world, room, socket } = await beginInRoom({ storage });
  const attic = chat.join("attic");
  await socket.drop();
  room.say("one");
  attic.say("two");
  await world.advance(1);
  room.say("three", { reply: "e:1" });
  const ids = chat.outbox.value.map(({ id }) => id);
  chat.close();

  const next = begin({ storage }, world);
  const restored = next.chat.outbox.value;
  assert.deepEqual(restored.map(({ id }) => id), ids);
  assert.deepEqual(restored.map(({ room, deed }) => [room, deed]), [
    ["lobby", { type: "say", text: "one" }],
    ["attic", { type: "say", text: "two" }],
    ["lobby", { type: "say", text: "three", reply: "e:1" }],
  ]);
  next.chat.join("lobby");
  await world.socket.open();
  await world.socket.greet();
  await world.socket.joined("lobby");
  for (const seq of [1, 2]) {
    const ack = { type: "ack", room: "lobby", position: `e:${seq}`, at: seq };
    await world.socket.answer("say", ack);
  }
  assert.deepEqual(world.socket.sentOf("say").map(({ id }) => id), [ids[0], ids[2]]);
  await world.socket.tell(said(1, "one", { user: "u1", id: ids[0] }));
  await world.socket.tell(said(2, "three", { user: "u1", id: ids[2] }));
  assert.deepEqual(
    storage.deeds,
    [`parley ws://test/ws deed.${ids[1]}`],
    "nobody has joined the attic yet",
  );
  next.chat.close();
});

Deno.test("Shelf keeps that something was sent before it is sent", async () => {
  const storage = new FakeStorage();
  const { chat, world, room, socket } = await beginInRoom({ storage });
  const { send } = socket;
  const kept: unknown[] = [];
  socket.send = (data) => {
    const { sentAt, sentAs, after } = JSON.parse(storage.getItem(storage.deeds[0] ?? "") ?? "{}");
    kept.push([sentAt, sentAs, after]);
    send.call(socket, data);
  };
  room.say("one");
  assert.deepEqual(kept, [[world.now(), "u1", "e:0"]]);
  chat.close();
});

Deno.test("Shelf lets go of what was acknowledged when the page is loaded again", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await beginInRoom({ storage });
  room.say("one");
  await socket.answer("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  chat.close();
  assert.equal(storage.deeds.length, 1);
  const next = begin({ storage });
  assert.deepEqual([next.chat.outbox.value, storage.deeds], [[], []]);
  next.chat.close();
});

Deno.test("Shelf keeps why something was refused over a reload", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await beginInRoom({ storage });
  room.say("one");
  const fault = { type: "fault", code: "empty", message: "there is no text", retry: false };
  await socket.answer("say", fault);
  chat.close();
  const next = await another(storage);
  const [delivery] = next.chat.outbox.value;
  const state = delivery?.state.value;
  assert.equal(state?.kind === "failed" && state.error.code, "empty");
  assert.deepEqual(next.socket.sentOf("say"), []);
  delivery?.discard();
  assert.deepEqual(storage.deeds, []);
  next.chat.close();
});

Deno.test("Shelf lets two pages send each other's deeds without a second copy", async () => {
  const storage = new FakeStorage();
  const one = await another(storage);
  await one.socket.drop();
  const delivery = one.room.say("hello");
  const two = await another(storage);
  const { id } = two.socket.lastOf("say");
  assert.equal(id, delivery.id);
  await two.socket.answer("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  await two.socket.tell(said(1, "hello", { user: "u1", id }));
  assert.deepEqual(storage.deeds, []);
  await one.world.advance(500);
  await one.world.socket.open();
  await one.world.socket.greet();
  await one.world.socket.joined("lobby", { top: "e:1", recovered: true });
  await one.world.socket.tell(said(1, "hello", { user: "u1", id }));
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual(one.world.socket.sentOf("say"), []);
  for (const { chat } of [one, two]) chat.close();
});

Deno.test("Shelf tells the second page that the first has settled what both had", async () => {
  const storage = new FakeStorage();
  const one = await another(storage);
  await one.socket.drop();
  one.room.say("hello");
  const two = begin({ storage });
  const [copy] = two.chat.outbox.value;
  one.chat.outbox.value[0]?.discard();
  two.chat.join("lobby");
  await two.world.socket.open();
  await two.world.socket.greet();
  await two.world.socket.joined("lobby");
  assert.deepEqual([copy && kindOf(copy.state), two.chat.outbox.value], ["discarded", []]);
  assert.deepEqual(two.world.socket.sentOf("say"), []);
  for (const { chat } of [one, two]) chat.close();
});

Deno.test("Shelf says that not all is kept in a full storage, and all goes on", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await beginInRoom({ storage });
  assert.equal(chat.isKept.value, true);
  storage.isFull = true;
  const isKept = heard(chat.isKept);
  const delivery = room.say("one");
  assert.deepEqual(isKept, [true, false]);
  await socket.tell({ type: "token", resume: "newer" });
  await socket.answer("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  await socket.tell(said(1, "one", { user: "u1", id: delivery.id }));
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("Shelf keeps a text that was said before its storage was full, and forgets it when it is done", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await beginInRoom({ storage });
  const [one, two] = [room.say("one"), room.say("two")];
  storage.isFull = true;
  await socket.answer("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  await socket.tell(said(1, "one", { user: "u1", id: one.id }));
  assert.deepEqual(storage.deeds, [`parley ws://test/ws deed.${two.id}`]);
  chat.close();
});

Deno.test("Shelf does without a storage that throws at everything", async () => {
  const forbidden = () => {
    throw new DOMException("forbidden", "SecurityError");
  };
  const storage = {
    ...{ key: forbidden, getItem: forbidden, setItem: forbidden, removeItem: forbidden },
    get length() {
      return forbidden();
    },
  };
  const { chat, room, socket } = await beginInRoom({ storage });
  const delivery = room.say("one");
  await socket.answer("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  assert.deepEqual([kindOf(delivery.state), chat.isKept.value], ["sent", false]);
  chat.close();
});

const GARBAGE = [
  ...["", "no json", "null", "7", "[]", "{}", '{"id":7}', '{"id":"x","room":"lobby"}'],
  '{"id":"x","room":"lobby","deed":{"type":"say","text":"boo"}}',
  '{"id":"x","room":"lobby","deed":null,"at":1}',
];

Deno.test("Shelf passes over what is no deed, and leaves alone what is not its own", async () => {
  const storage = new FakeStorage();
  GARBAGE.forEach((text, index) => storage.setItem(`parley ws://test/ws deed.${index}`, text));
  storage.setItem("parley.draft.lobby", "a thought");
  storage.setItem("theme", "dark");
  const { chat, socket } = await beginInRoom({ storage });
  assert.deepEqual([chat.outbox.value, socket.sentOf("say")], [[], []]);
  assert.deepEqual([storage.getItem("theme"), storage.getItem("parley.draft.lobby")], [
    "dark",
    "a thought",
  ]);
  chat.close();
});

Deno.test("Shelf keeps apart what has another storageKey", async () => {
  const storage = new FakeStorage();
  const one = await beginInRoom({ storage, storageKey: "one" });
  await one.socket.drop();
  one.room.say("hello");
  const two = begin({ storage, storageKey: "two" });
  await two.world.socket.open();
  assert.equal(two.world.socket.lastOf("hello")["resume"], undefined);
  assert.deepEqual(two.chat.outbox.value, []);
  for (const { chat } of [one, two]) chat.close();
});

Deno.test("Shelf gives what was refused to the next page as an error of the same type", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await beginInRoom({ storage });
  room.say("one");
  const fault = { type: "fault", code: "empty", message: "there is no text", retry: false };
  await socket.answer("say", fault);
  chat.close();
  const next = begin({ storage });
  const state = next.chat.outbox.value[0]?.state.value;
  assert.ok(state?.kind === "failed" && state.error instanceof RefusedError);
  next.chat.close();
});

Deno.test("Shelf does not let one page give up what the other has sent", async () => {
  const storage = new FakeStorage();
  const one = await another(storage);
  await one.socket.drop();
  const delivery = one.room.say("hello");
  const two = await another(storage);
  assert.equal(two.socket.lastOf("say").id, delivery.id);
  delivery.discard();
  assert.equal(kindOf(delivery.state), "waiting");
  for (const { chat } of [one, two]) chat.close();
});

Deno.test("Shelf lets thousands go that another page has settled", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket, world } = await beginInRoom({ storage });
  await socket.drop();
  for (let i = 0; i < 12_000; i += 1) room.say(`${i}`);
  for (const key of storage.deeds) storage.removeItem(key);
  await backInRoom(world);
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("Shelf loses nothing in a storage that was full at first and emptied later", async () => {
  const storage = new FakeStorage();
  storage.isFull = true;
  const { chat, room, socket, world } = await beginInRoom({ storage });
  storage.isFull = false;
  await socket.drop();
  const delivery = room.say("hello");
  for (const key of storage.deeds) storage.removeItem(key);
  await backInRoom(world);
  assert.equal(kindOf(delivery.state), "sending");
  chat.close();
});

Deno.test("Shelf loses nothing where the storage cannot be read for a moment", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket, world } = await beginInRoom({ storage });
  await socket.drop();
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

/** Comes back to the room, where nothing has happened meanwhile. */
async function backInRoom(world: FakeWorld): Promise<void> {
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.greet();
  await world.socket.joined("lobby", { recovered: true });
}

/** Deeds as an earlier version kept them: under the origin, in the order of the clock. */
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

function textsIn({ chat }: Pick<Begun, "chat">): readonly unknown[] {
  return chat.outbox.value.map(({ deed }) => "text" in deed && deed.text);
}

Deno.test("Shelf takes over what an earlier version has left, once, for the service at the root", async () => {
  const storage = new FakeStorage();
  leaveOld(storage, "one", "two", "three");
  const first = begin({ storage });
  await first.world.socket.open();
  assert.equal(first.world.socket.lastOf("hello")["resume"], "old token");
  first.chat.join("lobby").say("four");
  assert.deepEqual(textsIn(first), ["one", "two", "three", "four"]);
  first.chat.close();
  assert.ok(
    storage.keys.every((it) => it === "parley.mark" || it.startsWith("parley ws://test/ws ")),
  );
  storage.setItem("parley.resume", "of a page that is still open");
  const second = begin({ storage });
  assert.deepEqual(textsIn(second), ["one", "two", "three", "four"]);
  await second.world.socket.open();
  assert.equal(second.world.socket.lastOf("hello")["resume"], "old token");
  second.chat.close();
});

Deno.test("Shelf leaves what an earlier version kept to the service at the root", () => {
  const storage = new FakeStorage();
  leaveOld(storage, "one");
  const { chat } = beginAt("ws://test/team-a/ws", storage);
  assert.deepEqual(chat.outbox.value, []);
  assert.ok(storage.getItem("parley.deed.old-one"));
  chat.close();
});

Deno.test("Shelf takes over what it can of a storage that is full", () => {
  const storage = new FakeStorage();
  leaveOld(storage, "one", "two");
  storage.isFull = true;
  const begun = begin({ storage });
  assert.deepEqual([textsIn(begun), begun.chat.isKept.value], [["one", "two"], false]);
  begun.chat.close();
});

Deno.test("Shelf keeps the order said, whatever becomes of the clock", async () => {
  const storage = new FakeStorage();
  const { chat, world, room, socket } = await beginInRoom({ storage });
  await socket.drop();
  const texts = ["one", "two", "three", "four"];
  for (const [i, text] of texts.entries()) {
    room.say(text);
    world.setClock(i % 2 === 0 ? -97 * 3_600_000 : 24 * 3_600_000);
  }
  chat.close();
  const next = begin({ storage }, world);
  next.chat.join("lobby").say("five");
  next.chat.close();
  const last = begin({ storage }, world);
  assert.deepEqual(textsIn(last), [...texts, "five"]);
  last.chat.close();
});

Deno.test("Shelf puts what two pages say into one order", async () => {
  const storage = new FakeStorage();
  const pages = [await another(storage), await another(storage)] as const;
  for (const { socket } of pages) await socket.drop();
  pages[0].room.say("one");
  pages[1].room.say("two");
  pages[0].room.say("three");
  for (const { chat } of pages) chat.close();
  const next = begin({ storage });
  assert.deepEqual(textsIn(next), ["one", "two", "three"]);
  next.chat.close();
});

/** A conversation at another address. */
function beginAt(url: string, storage: FakeStorage): Begun {
  const world = new FakeWorld();
  return { chat: connect(url, { storage, surroundings: world }), world };
}

Deno.test("Shelf shares nothing between services, though they share an origin or begin alike", async () => {
  const storage = new FakeStorage();
  const paths = ["/team-a/ws", "/team-b/ws", "/team/ws", "/ws", "/ws deed.x/ws", "/ws/deed./ws"];
  const urls = [...paths.map((it) => `ws://test${it}`), "ws://test:8080/ws", "wss://test/ws"];
  for (const url of urls) {
    const { chat, world } = beginAt(url, storage);
    chat.join("lobby").say(`for ${url}`);
    await world.socket.open();
    assert.equal(world.socket.lastOf("hello")["resume"], undefined);
    await world.socket.greet({ resume: `token of ${url}` });
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
