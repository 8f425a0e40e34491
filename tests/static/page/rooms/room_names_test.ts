/** What private and direct rooms are called, on this visit and on the next one. */
import assert from "node:assert/strict";
import { PageStorage } from "../../../../static/page/base/storage.js";
import { Translator } from "../../../../static/page/i18n/strings.js";
import { Preferences } from "../../../../static/page/preferences.js";
import { RoomNames } from "../../../../static/page/rooms/room_names.js";
import { startOnline } from "../../client/fake_platform.ts";

const PRIVATE = "_private.k5xw3jq2";
const DIRECT = "_direct.q3vz6u2t";

/** The names of a page, on a storage that survives it. */
async function open(texts = new Map<string, string>()) {
  const preferences = new Preferences(
    new PageStorage({
      getItem: (key) => texts.get(key) ?? null,
      setItem: (key, text) => void texts.set(key, text),
      removeItem: (key) => void texts.delete(key),
    }, "http://nowhere.example/"),
  );
  const { chat, world: { socket } } = await startOnline();
  const translator = new Translator("en");
  const names = new RoomNames(chat, preferences, translator);
  return { chat, socket, translator, names, texts };
}

Deno.test("A room with a name is called by it, and an unknown private or direct one by its kind", async () => {
  const { chat, translator } = await open();
  const called = ["den", PRIVATE, DIRECT].map((it) => translator.roomName(it));
  assert.deepEqual(called, ["#den", "Private room", "Direct messages"]);
  chat.close();
});

Deno.test("A private room is called by its title, which is known at the next visit and when it changes", async () => {
  const { chat, socket, translator, texts } = await open();
  chat.join(PRIVATE);
  await socket.sendJoined(PRIVATE, { settings: { access: "private", title: "Plans" } });
  assert.equal(translator.roomName(PRIVATE), "Plans");
  const next = await open(texts);
  assert.equal(next.translator.roomName(PRIVATE), "Plans");
  next.chat.join(PRIVATE);
  // Until it is joined, nothing is known of its title.
  assert.equal(next.translator.roomName(PRIVATE), "Plans");
  await next.socket.sendJoined(PRIVATE, { settings: { access: "private" } });
  assert.equal(next.translator.roomName(PRIVATE), "Private room");
  for (const it of [chat, next.chat]) it.close();
});

Deno.test("A direct room is called by the other person, by a newer name once that person is there", async () => {
  const { chat, socket, translator, names } = await open();
  names.learn([[DIRECT, "Bob"]]);
  chat.join(DIRECT);
  await socket.sendJoined(DIRECT);
  assert.equal(translator.roomName(DIRECT), "Bob");
  const bob = { user: "m_bob00000", name: "Bobby" };
  await socket.serverSends({ type: "presence", room: DIRECT, count: 2, joined: [bob], left: [] });
  assert.equal(translator.roomName(DIRECT), "Bobby");
  await socket.serverSends({ type: "presence", room: DIRECT, count: 1, joined: [], left: [bob] });
  assert.equal(translator.roomName(DIRECT), "Bobby");
  names.learn([[DIRECT, ""]]);
  assert.equal(translator.roomName(DIRECT), "Direct messages");
  chat.close();
});

Deno.test("Stored names that are damaged, or too many, are ignored", async () => {
  const lines = Array.from({ length: 300 }, (_, i) => `_private.r${i} Room ${i}`);
  const texts = new Map<string, string>();
  const first = await open(texts);
  first.names.learn(lines.map((line) => [line.split(" ")[0] ?? "", "x"]));
  const [key = ""] = [...texts.keys()].filter((it) => it.endsWith("room-names"));
  assert.equal(texts.get(key)?.split("\n").length, 200);
  texts.set(key, `nonsense\n${PRIVATE} Plans\n${"x".repeat(500)}`);
  const { chat, translator } = await open(texts);
  assert.deepEqual([...translator.roomNames.value], [[PRIVATE, "Plans"]]);
  for (const it of [chat, first.chat]) it.close();
});
