/** The private and direct rooms that the server lists, in the page. */
import assert from "node:assert/strict";
import { memberOf } from "../../../../static/client/user_kind.js";
import { loadLaterStrings, stringsOf, Translator } from "../../../../static/page/i18n/strings.js";
import { PageStorage } from "../../../../static/page/base/storage.js";
import { Preferences } from "../../../../static/page/preferences.js";
import { OwnRooms } from "../../../../static/page/rooms/own_rooms.js";
import { RoomNames } from "../../../../static/page/rooms/room_names.js";
import { Rooms } from "../../../../static/page/rooms/rooms.js";
import { flushMicrotasks } from "../../../support/fakes.ts";
import { startOnline } from "../../client/fake_platform.ts";

// English has the strings of the parts loaded on demand only once these are loaded.
await loadLaterStrings("zh");
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
  const repeated: (() => void)[] = [];
  const own = new OwnRooms({
    ...{ chat, rooms, roomNames, translator, blocked: preferences.blocked },
    repeat: (fn) => void repeated.push(fn),
    toasts: { show: (words) => void toasts.push(words) },
    showNext: (next) => rooms.active.set(next),
  });
  const answer = (...rooms: readonly unknown[]) =>
    socket.serverAnswers("rooms", { type: "rooms", rooms });
  await answer(...listed);
  const aMinuteLater = async () => {
    for (const it of repeated) it();
    await flushMicrotasks();
  };
  /** Sends what waits for the rate limits. */
  const sendAll = () => world.advance(5_000);
  const names = () => rooms.all.map(({ name }) => name);
  return {
    chat,
    socket,
    translator,
    rooms,
    own,
    toasts,
    preferences,
    answer,
    names,
    sendAll,
    aMinuteLater,
  };
}

Deno.test("Own rooms are joined and have their names; listed ones are known only", async () => {
  const { chat, own, names, translator } = await open(PLANS, WITH_BOB, ATTIC);
  assert.deepEqual(names(), [PLANS.room, WITH_BOB.room]);
  assert.deepEqual(names().map((it) => translator.roomName(it)), ["Plans", "Bob"]);
  assert.equal(own.all.length, 3);
  chat.close();
});

/** More rooms than the 32 that may be joined. */
const MANY = Array.from(
  { length: 40 },
  (_, i) => ({ ...PLANS, room: `_private.r${i}`, unread: 0 }),
);

Deno.test("Own rooms with unread messages are joined first, and the others as far as there is place", async () => {
  const unread = new Set(["_private.r38", "_private.r39"]);
  const many = MANY.map((it) => unread.has(it.room) ? { ...it, unread: 2 } : it);
  const { chat, own, names, toasts } = await open(...many);
  assert.deepEqual([names().slice(0, 3), names().length], [[...unread, "_private.r0"], 32]);
  assert.deepEqual(
    own.unjoined.value.map(({ room }) => room),
    many.slice(30, 38).map((it) => it.room),
  );
  assert.deepEqual(toasts, []);
  chat.close();
});

Deno.test("A room that gets an unread message is joined in the place of a quiet one", async () => {
  const { chat, socket, own, rooms, answer, names, sendAll, aMinuteLater } = await open(...MANY);
  const joined = names();
  await sendAll();
  for (const room of joined) await socket.sendJoined(room, { unread: room === joined[0] ? 1 : 0 });
  rooms.active.set(chat.rooms.value[1] ?? null);
  chat.rooms.value[2]?.say("on its way");
  await socket.serverSends({
    ...{ type: "said", room: joined[3] ?? "", position: "e:1", at: 1, user: "u1", name: "Ann" },
    ...{ id: "x", text: "hi" },
  });
  await aMinuteLater();
  await sendAll();
  await answer(...MANY.map((it) => it.room === "_private.r39" ? { ...it, unread: 1 } : it));
  const gone = joined.filter((it) => !names().includes(it));
  assert.deepEqual([gone, names().at(-1)], [["_private.r4"], "_private.r39"]);
  assert.ok(own.unjoined.value.some(({ room }) => room === "_private.r4"));
  chat.close();
});

Deno.test("Unread messages of a room without a place are reported once, and counted", async () => {
  const { chat, rooms, own, toasts, answer, sendAll, aMinuteLater } = await open();
  for (let i = 0; i < 32; i++) rooms.join(`room-${i}`);
  const withBob = { ...WITH_BOB, unread: 1 };
  void own.load();
  await sendAll();
  await answer(PLANS, withBob);
  await aMinuteLater();
  await answer(PLANS, { ...withBob, unread: 2 });
  assert.deepEqual(toasts, [words.roomUnread.replace("{room}", "Bob").replace("{count}", "32")]);
  assert.deepEqual(own.unjoined.value.map(({ room, unread = 0 }) => [room, unread]), [
    [PLANS.room, 0],
    [WITH_BOB.room, 2],
  ]);
  chat.rooms.value[0]?.leave();
  await aMinuteLater();
  await answer(PLANS, withBob);
  assert.ok(rooms.all.some(({ name }) => name === WITH_BOB.room));
  assert.deepEqual(own.unjoined.value.map(({ room }) => room), [PLANS.room]);
  chat.close();
});

Deno.test("Open rooms leave five places to private and direct ones, but not those of guests", async () => {
  const { chat, rooms } = await open();
  const isPossible = (...names: readonly string[]) => names.map((it) => rooms.makePlace(it));
  chat.me.set(memberOf({ user: "m_ann00000", name: "Ann" }));
  for (let i = 0; i < 27; i++) rooms.join(`room-${i}`);
  assert.deepEqual(isPossible("room-27", "room-0", "_direct.a"), [false, true, true]);
  chat.me.set(memberOf({ user: "u2345678", name: "Guest1" }));
  assert.deepEqual(isPossible("room-27"), [true]);
  chat.close();
});

Deno.test("Direct messages of a blocked user make no room unread", async () => {
  const { chat, rooms, own, toasts, preferences, answer, sendAll } = await open();
  preferences.saveBlocked(new Map([["m_bob00000", "Bob"]]));
  for (let i = 0; i < 32; i++) rooms.join(`room-${i}`);
  void own.load();
  await sendAll();
  await answer({ ...WITH_BOB, unread: 1 });
  assert.deepEqual([toasts, own.unjoined.value[0]?.unread], [[], 0]);
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

Deno.test("Who asks for the list while it is being read waits for the next one", async () => {
  const { chat, socket, own, answer } = await open();
  void own.load();
  let found: number | undefined;
  void own.load().then(() => found = own.all.length);
  await answer();
  assert.equal(found, undefined, "the first answer may be older than the question");
  assert.equal(socket.sentOf("rooms").length, 3);
  await answer(ATTIC);
  assert.equal(found, 1);
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
