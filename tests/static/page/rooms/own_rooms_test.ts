/** The private and direct rooms that the server lists, in the page. */
import assert from "node:assert/strict";
import { loadStrings, stringsOf, Translator } from "../../../../static/page/i18n/strings.js";
import { PageStorage } from "../../../../static/page/base/storage.js";
import { Preferences } from "../../../../static/page/preferences.js";
import { OwnRooms } from "../../../../static/page/rooms/own_rooms.js";
import { RoomNames } from "../../../../static/page/rooms/room_names.js";
import { Rooms } from "../../../../static/page/rooms/rooms.js";
import { flushMicrotasks } from "../../../support/fakes.ts";
import { startOnline } from "../../client/fake_platform.ts";

// English has the strings of the parts loaded on demand only once these are loaded.
await loadStrings("zh");
const words = stringsOf("zh");

const PLANS = { room: "_private.k5xw3jq2", kind: "private", title: "Plans", position: "e:1" };
const WITH_BOB = {
  ...{ room: "_direct.q3vz6u2t", kind: "direct", position: "e:1" },
  with: { user: "m_bob00000", name: "Bob" },
};
const ATTIC = { room: "attic", kind: "listed", title: "The attic", position: "e:1" };
const REFUSAL = { type: "fault", code: "not_allowed", message: "no", retry: false };

/** A page that has just been told its rooms. */
async function open(...listed: readonly { readonly room: string }[]) {
  const preferences = new Preferences(new PageStorage(undefined, "http://nowhere.example/"));
  const { chat, world } = await startOnline();
  const { socket } = world;
  const translator = new Translator("zh");
  const rooms = new Rooms(chat, preferences, () => {});
  const roomNames = new RoomNames(chat, preferences, translator);
  const toasts: string[] = [];
  const own = new OwnRooms({
    ...{ chat, rooms, roomNames, translator },
    toasts: { show: (words) => void toasts.push(words) },
    showNext: (next) => rooms.active.set(next),
  });
  const answer = (...rooms: readonly unknown[]) =>
    socket.serverAnswers("rooms", { type: "rooms", rooms });
  await answer(...listed);
  const names = () => rooms.all.map(({ name }) => name);
  return { chat, socket, translator, rooms, own, toasts, preferences, answer, names };
}

Deno.test("Own rooms are joined and have their names; listed ones are known only", async () => {
  const { chat, own, names, translator } = await open(PLANS, WITH_BOB, ATTIC);
  assert.deepEqual(names(), [PLANS.room, WITH_BOB.room]);
  assert.deepEqual(names().map((it) => translator.roomName(it)), ["Plans", "Bob"]);
  assert.equal(own.all.length, 3);
  chat.close();
});

Deno.test("No more than 20 own rooms are joined unasked", async () => {
  const many = Array.from({ length: 30 }, (_, i) => ({ ...PLANS, room: `_private.r${i}` }));
  const { chat, names } = await open(...many);
  assert.equal(names().length, 20);
  chat.close();
});

Deno.test("The list is read again when the user gets into a room, also while it is being read", async () => {
  const { chat, socket, answer, names } = await open();
  const notice = { type: "member", room: PLANS.room, on: true };
  await socket.serverSends(notice, notice);
  assert.equal(socket.sentOf("rooms").length, 2, "one at the start, and one that is not answered");
  await answer();
  assert.equal(socket.sentOf("rooms").length, 3, "the first answer may be older than the notice");
  await answer(PLANS);
  assert.deepEqual(names(), [PLANS.room]);
  chat.close();
});

Deno.test("A room from which the user was removed is dropped, and the user told", async () => {
  const { chat, socket, rooms, toasts, names, preferences } = await open(PLANS);
  rooms.goTo(PLANS.room);
  await socket.sendJoined(PLANS.room, { settings: { access: "private", title: "Plans" } });
  await socket.serverSends({ type: "left", room: PLANS.room, reason: "not_allowed" });
  assert.deepEqual([names(), toasts], [[], [words.roomGone.replace("{room}", "Plans")]]);
  assert.deepEqual([preferences.leftRooms, [...preferences.roomNames]], [[], []]);
  assert.equal(rooms.active.value, null);
  chat.close();
});

Deno.test("A link to somebody else's private room leads nowhere, and says so", async () => {
  const { chat, socket, rooms, toasts, names } = await open();
  rooms.goTo(PLANS.room);
  await socket.serverAnswers("join", { ...REFUSAL, room: PLANS.room });
  await flushMicrotasks();
  assert.deepEqual(names(), []);
  const said = words.roomRefused.replace("{room}", words.somePrivate)
    .replace("{why}", words.fault_not_allowed);
  assert.deepEqual(toasts, [said]);
  chat.close();
});

Deno.test("A room that the user leaves is dropped once the server has confirmed it, with one toast", async () => {
  const { chat, socket, rooms, own, toasts, names } = await open(PLANS);
  const room = rooms.goTo(PLANS.room);
  await socket.sendJoined(PLANS.room, { settings: { access: "private", title: "Plans" } });
  const refused = own.leave(room);
  await Promise.all([
    assert.rejects(refused, { code: "not_allowed" }),
    socket.serverAnswers("member", REFUSAL),
  ]);
  assert.deepEqual(names(), [PLANS.room]);
  const left = own.leave(room);
  await socket.serverSends({ type: "left", room: PLANS.room, reason: "not_allowed" });
  await socket.serverAnswers("member", { type: "ack" });
  await left;
  assert.deepEqual([names(), toasts], [[], [words.roomLeft.replace("{room}", "Plans")]]);
  chat.close();
});
