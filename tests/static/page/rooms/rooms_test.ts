import assert from "node:assert/strict";
import { memberOf } from "../../../../static/client/user_kind.js";
import { connect } from "../../../../static/client.js";
import { Rooms } from "../../../../static/page/rooms/rooms.js";
import { Preferences } from "../../../../static/page/preferences.js";
import { PageStorage } from "../../../../static/page/base/storage.js";
import { type Frame, startOnline } from "../../client/fake_platform.ts";

/** A network without a server. */
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
  random: () => 0,
  after: () => () => {},
  onLifecycle: () => () => {},
};

/** The rooms of a page that has no connection yet. */
function open(maxRooms = 32, texts = new Map<string, string>()) {
  const chat = connect("ws://nowhere.example/ws", { platform: NOWHERE });
  const limits = { maxTextBytes: 1, maxMessageBytes: 1, messagesPerSecond: 0, recoverLimit: 1 };
  chat.limits.set({ ...limits, maxRooms });
  const settings = new Preferences(
    new PageStorage({
      getItem: (key) => texts.get(key) ?? null,
      setItem: (key, text) => void texts.set(key, text),
      removeItem: (key) => void texts.delete(key),
    }, "http://nowhere.example/"),
  );
  const received: string[] = [];
  const page = new Rooms(chat, settings, ({ name }, { type }) => received.push(`${name}: ${type}`));
  return { page, chat, settings, received };
}

Deno.test("Rooms joins each room once, opens it, and remembers both", () => {
  const { page, settings } = open();
  page.goTo("lobby");
  page.goTo("den");
  page.goTo("lobby");
  assert.deepEqual(page.all.map(({ name }) => name), ["lobby", "den"]);
  assert.equal(page.active.value?.name, "lobby");
  assert.deepEqual([settings.rooms, settings.room], [["lobby", "den"], "lobby"]);
});

Deno.test("Rooms receives the events of every room, including those not shown", () => {
  const { page, chat, received } = open();
  page.goTo("lobby");
  page.join("den");
  for (const room of chat.rooms.value) room.events.emit({ type: "resumed" });
  assert.deepEqual(received, ["lobby: resumed", "den: resumed"]);
});

Deno.test("Rooms opens the next room when one is left, and none after the last", () => {
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

Deno.test("Rooms steps from room to room, and wraps around", () => {
  const { page } = open();
  for (const name of ["a", "b", "c"]) page.goTo(name);
  assert.equal(page.neighbor(1)?.name, "a");
  assert.equal(page.neighbor(-1)?.name, "b");
});

Deno.test("Two tabs do not overwrite each other's rooms", () => {
  const texts = new Map<string, string>();
  const [one, other] = [open(6, texts), open(6, texts)];
  for (const name of ["lobby", "attic"]) one.page.join(name);
  for (const name of one.settings.rooms) other.page.join(name);
  one.page.join("den");
  other.page.join("cellar");
  assert.deepEqual(one.settings.rooms, ["lobby", "attic", "den", "cellar"]);
  one.page.leave(one.page.join("attic"));
  other.page.join("garden");
  assert.deepEqual(one.settings.rooms, ["lobby", "den", "cellar", "garden"]);
  // Together they are in more rooms than one page can be in.
  for (const name of ["e", "f", "g"]) one.page.join(name);
  assert.deepEqual(one.settings.rooms, ["den", "cellar", "garden", "e", "f", "g"]);
});

Deno.test("Rooms is full at the room limit", () => {
  const { page } = open(2);
  page.join("a");
  assert.equal(page.isFull, false);
  page.join("b");
  assert.equal(page.isFull, true);
});

Deno.test("Rooms remembers the last 20 rooms that were left, the latest first", () => {
  const { page, settings } = open();
  const names = Array.from({ length: 22 }, (_, n) => `room-${n}`);
  for (const name of names) page.leave(page.goTo(name));
  assert.deepEqual(settings.leftRooms, names.toReversed().slice(0, 20));
  page.goTo("room-20");
  page.leave(page.goTo("room-20"));
  assert.deepEqual(settings.leftRooms.slice(0, 2), ["room-20", "room-21"]);
});

Deno.test("Rooms lists rooms with unread messages first, then the others, then those not joined", () => {
  const { page } = open();
  for (const name of ["a", "b", "c", "d"]) page.goTo(name);
  page.goTo("b");
  page.all.find(({ name }) => name === "c")?.unread.set(3);
  page.leave(page.goTo("d"));
  page.goTo("b");
  const known = page.known.map(({ name, isJoined }) => isJoined ? name : `(${name})`);
  assert.deepEqual(known, ["c", "a", "b", "(d)", "(lobby)"]);
});

Deno.test("Rooms lists each other user once, preferring the current room", () => {
  const { page, chat } = open();
  chat.me.set(memberOf({ user: "u1", name: "Ann" }));
  const people = (...users: readonly string[]) => ({
    count: users.length,
    members: users.map((user) => memberOf({ user, name: `name of ${user}` })),
    isSampled: false,
  });
  page.goTo("a").members.set(people("u1", "u2", "u3"));
  page.goTo("b").members.set(people("u1", "u3"));
  assert.deepEqual(page.people.map(({ user, room }) => `${user} in ${room}`), [
    "u3 in b",
    "u2 in a",
  ]);
});

Deno.test("Rooms knows who is in a room, and then who has written in it, by their latest names", () => {
  const { page } = open();
  const room = page.goTo("den");
  const member = memberOf({ user: "u1", name: "Ann" });
  room.members.set({ count: 1, members: [member], isSampled: false });
  const said = [["u1", "Anna"], ["u2", "Bob"], ["u3", "Cem"], ["u2", "Bobby"]] as const;
  const messages = said.map(([user, name], i) => ({
    ...{ position: `e:${i + 1}`, at: 0, user, name, id: `i-${i}`, text: "hi" },
  }));
  room.events.emit({
    ...{ type: "opened", messages, more: false, position: "e:4", reason: null, read: null },
    unread: 0,
  });
  assert.deepEqual(page.peopleIn(room), [
    { user: "u1", name: "Ann", room: "den" },
    { user: "u2", name: "Bobby", room: "den" },
    { user: "u3", name: "Cem", room: "den" },
  ]);
});

/** The rooms of a page that is online, in `lobby`; and the server's answer to a join. */
async function openOnline() {
  const { chat, world } = await startOnline();
  const settings = new Preferences(new PageStorage(undefined, "http://nowhere.example/"));
  const renamed: string[] = [];
  const page = new Rooms(chat, settings, () => {}, ({ name }, from) => {
    renamed.push(`${from} is ${name}`);
  });
  page.goTo("lobby");
  await world.socket.sendJoined("lobby");
  const answer = (asked: string, frame: Frame) => {
    const known = { name: "Ann", position: "e:0", top: "e:0", count: 0, members: [], unread: 0 };
    return world.socket.serverSends({
      ...known,
      ...frame,
      id: world.socket.lastOf("join", asked).id,
    });
  };
  return { page, settings, renamed, answer, socket: world.socket };
}

Deno.test("Rooms adopts the server's spelling of a room", async () => {
  const { page, settings, renamed, answer } = await openOnline();
  const room = page.goTo("Attic");
  await answer("Attic", { type: "joined", room: "attic" });
  assert.equal(page.active.value, room);
  assert.deepEqual([settings.rooms, settings.room], [["lobby", "attic"], "attic"]);
  assert.deepEqual(renamed, ["Attic is attic"]);
});

Deno.test("Rooms opens a room that it has joined under another spelling", async () => {
  const { page, settings, renamed, answer } = await openOnline();
  const lobby = page.active.value;
  page.goTo("Lobby");
  await answer("Lobby", { type: "fault", code: "in_room", message: "you are in this room" });
  assert.equal(page.active.value, lobby);
  assert.deepEqual([settings.rooms, settings.room], [["lobby"], "lobby"]);
  assert.deepEqual(renamed, ["Lobby is lobby"]);
});

Deno.test("Rooms counts no messages of blocked users as unread, as far as they are loaded", () => {
  const { page, settings } = open();
  const room = page.goTo("den");
  const entry = (seq: number, user: string) => ({
    ...{ position: `e:${seq}`, at: 0, user, name: user, id: `i-${seq}`, text: "hi" },
  });
  const messages = [entry(4, "u7eve000"), entry(5, "u7bob000"), entry(6, "u7eve000")];
  room.events.emit({
    ...{ type: "opened", messages, more: true, position: "e:6", reason: null, read: "e:4" },
    unread: 2,
  });
  room.read.set("e:4");
  room.unread.set(2);
  assert.equal(page.unreadOf(room), 2);
  settings.saveBlocked(new Map([["u7eve000", "Eve"]]));
  assert.equal(page.unreadOf(room), 1);
  room.unread.set(3);
  room.events.emit({ type: "said", room: "den", replayed: false, ...entry(7, "u7eve000") });
  assert.equal(page.unreadOf(room), 1);
  settings.saveBlocked(new Map([["u7eve000", "Eve"], ["u7bob000", "Bob"]]));
  assert.equal(page.unreadOf(room), 0);
  room.read.set(null);
  room.unread.set(40);
  assert.equal(page.unreadOf(room), 36, "those not loaded are counted");
  settings.saveBlocked(new Map());
  assert.equal(page.unreadOf(room), 40);
});

Deno.test("Rooms counts no mentions by blocked users, as far as they are loaded", () => {
  const { page, chat, settings } = open();
  chat.me.set(memberOf({ user: "u1ann000", name: "Ann" }));
  const room = page.goTo("den");
  const entry = (seq: number, user: string, mentions?: string[]) => ({
    ...{ position: `e:${seq}`, at: 0, user, name: user, id: `i-${seq}`, text: "hi", mentions },
  });
  const messages = [
    entry(1, "u7eve000", ["u7bob000", "u1ann000"]),
    entry(2, "u7eve000", ["u7bob000"]),
    entry(3, "u7eve000"),
    entry(4, "u7bob000", ["u1ann000"]),
  ];
  room.events.emit({
    ...{ type: "opened", messages, more: false, position: "e:4", reason: null, read: "e:0" },
    unread: 4,
  });
  room.read.set("e:0");
  room.mentions.set(2);
  assert.equal(page.mentionsOf(room), 2);
  settings.saveBlocked(new Map([["u7eve000", "Eve"]]));
  assert.equal(page.mentionsOf(room), 1);
});

Deno.test("Rooms asks again for a room that was refused when the user goes there again", async () => {
  const { page, answer } = await openOnline();
  const den = page.goTo("den");
  await answer("den", { type: "fault", code: "not_allowed", message: "", missing: true });
  assert.equal(den.state.value.kind, "refused");
  assert.equal(page.goTo("den"), den);
  await answer("den", { type: "joined", room: "den" });
  assert.equal(den.state.value.kind, "joined");
});

Deno.test("Rooms does not come back to a room from which the user was removed", async () => {
  const { page, answer, socket } = await openOnline();
  const den = page.goTo("den");
  await answer("den", { type: "joined", room: "den" });
  await socket.serverSends({ type: "left", room: "den", reason: "kicked" });
  page.goTo("lobby");
  const { length } = socket.sentOf("join");
  assert.equal(page.goTo("den"), den);
  assert.equal(den.state.value.kind, "refused");
  assert.equal(socket.sentOf("join").length, length);
});
