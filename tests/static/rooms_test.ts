import assert from "node:assert/strict";
import { connect } from "../../static/client.js";
import { Rooms } from "../../static/page/rooms.js";
import { Settings } from "../../static/page/settings.js";
import { Memory } from "../../static/page/storage.js";

/** A network without anybody in it. */
const NOWHERE = {
  open: () => ({
    protocol: "",
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send() {},
    close() {},
  }),
  now: () => 0,
  draw: () => 0,
  after: () => () => {},
  onWake: () => () => {},
};

/** The rooms of a page that has no connection yet. */
function open(maxRooms = 32) {
  const chat = connect("ws://nowhere.example/ws", { surroundings: NOWHERE });
  const limits = { maxTextBytes: 1, maxMessageBytes: 1, messagesPerSecond: 0, recoverLimit: 1 };
  chat.limits.set({ ...limits, maxRooms });
  const texts = new Map<string, string>();
  const settings = new Settings(
    new Memory({
      getItem: (key) => texts.get(key) ?? null,
      setItem: (key, text) => void texts.set(key, text),
      removeItem: (key) => void texts.delete(key),
    }, "http://nowhere.example/"),
  );
  const heard: string[] = [];
  const page = new Rooms(chat, settings, ({ name }, { type }) => heard.push(`${name}: ${type}`));
  return { page, chat, settings, heard };
}

Deno.test("Rooms joins each room once, goes there, and remembers both", () => {
  const { page, settings } = open();
  page.goTo("lobby");
  page.goTo("den");
  page.goTo("lobby");
  assert.deepEqual(page.all.map(({ name }) => name), ["lobby", "den"]);
  assert.equal(page.active.value?.name, "lobby");
  assert.deepEqual([settings.rooms, settings.room], [["lobby", "den"], "lobby"]);
});

Deno.test("Rooms hears what happens in every room, also in those that nobody looks at", () => {
  const { page, chat, heard } = open();
  page.goTo("lobby");
  page.join("den");
  for (const room of chat.rooms.value) room.events.tell({ type: "resumed" });
  assert.deepEqual(heard, ["lobby: resumed", "den: resumed"]);
});

Deno.test("Rooms names the room beside one that is left, and none after the last", () => {
  const { page } = open();
  const [a, b, c] = ["a", "b", "c"].map((name) => page.goTo(name));
  assert.ok(a && b && c);
  page.active.set(b);
  assert.equal(page.leave(b), c);
  assert.equal(page.leave(c), a);
  page.active.set(a);
  assert.equal(page.leave(a), null);
  assert.equal(page.active.value, null);
});

Deno.test("Rooms steps from room to room, and around", () => {
  const { page } = open();
  for (const name of ["a", "b", "c"]) page.goTo(name);
  assert.equal(page.beside(1)?.name, "a");
  assert.equal(page.beside(-1)?.name, "b");
});

Deno.test("Rooms is full when one is in as many as one may be in", () => {
  const { page } = open(2);
  page.join("a");
  assert.equal(page.isFull, false);
  page.join("b");
  assert.equal(page.isFull, true);
});
