/** A room in the client library: entries, members, typing notices and read markers. */
import assert from "node:assert/strict";
import { kindOf as kindOfUser, RefusedError, Timeline } from "../../../../static/client.js";
import {
  codeOf,
  collect,
  dropAndReconnect,
  type FakeSocket,
  FakeStorage,
  kindOf,
  said,
  startChat,
  startInRoom,
} from "../fake_platform.ts";

const ANN = { user: "u1", name: "Ann", kind: "guest" };
const BOB = { user: "u2", name: "Bob", kind: "guest" };
const message = (seq: number, text: string) => ({
  ...{ position: `e:${seq}`, at: 1_000 + seq, user: "u2", name: "Bob", id: `b-${seq}`, text },
});
const typing = (user: string, on = true) => ({
  ...{ type: "typing", room: "lobby", user, name: user, on, ms: 6_000 },
});

Deno.test("Room reports its initial messages, and then each entry once and in order", async () => {
  const { chat, room, socket } = await startInRoom();
  const events = collect(room.events);
  await socket.serverSends(said(1, "one"), said(2, "two"));
  await socket.serverSends(said(2, "two"), said(1, "one"), said(3, "three"));
  const edit = { type: "edited", of: "e:3", text: "3" };
  await socket.serverSends({ ...said(4, ""), ...edit });
  assert.deepEqual(events, [
    { ...said(1, "one"), replayed: false },
    { ...said(2, "two"), replayed: false },
    { ...said(3, "three"), replayed: false },
    { ...said(4, ""), ...edit, replayed: false },
  ]);
  assert.equal(room.position, "e:4");
  assert.deepEqual(room.last.value, { ...message(3, "3"), edited: 1_004 });
  chat.close();
});

Deno.test("Room reconnects when an entry is missing, and continues there", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const events = collect(room.events);
  await socket.serverSends(said(1, "one"), said(3, "three"));
  assert.deepEqual([kindOf(chat.state), kindOf(room.state)], ["waiting", "joining"]);
  assert.equal(socket.closedWith, 1000);
  await world.advance(500);
  await world.socket.open();
  await world.socket.sendHello();
  assert.equal(world.socket.lastOf("join", "lobby")["since"], "e:1");
  await world.socket.sendJoined("lobby", { position: "e:1", top: "e:3", recovered: true });
  await world.socket.serverSends(said(2, "two"), said(3, "three"), said(4, "four"));
  const seen = events.map((it) => it.type === "said" ? [it.text, it.replayed] : it.type);
  assert.deepEqual(seen, [
    ["one", false],
    "resumed",
    ["two", true],
    ["three", true],
    ["four", false],
  ]);
  chat.close();
});

Deno.test("Room reports that everything is replaced when the replay is incomplete", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await socket.serverSends(said(1, "one"));
  const events = collect(room.events);
  const again = await dropAndReconnect(world);
  const opened = {
    ...{ position: "f:90", messages: [message(90, "ninety")], more: true, unread: 40 },
    ...{ reason: "unknown_epoch", read: "e:1" },
  };
  await again.sendJoined("lobby", { ...opened, recovered: false });
  assert.deepEqual(events, [{ type: "opened", ...opened }]);
  assert.equal(room.last.value?.text, "ninety");
  assert.deepEqual([room.unread.value, room.read.value], [40, "e:1"]);
  await again.serverSends(said(91, "on", { position: "f:91" }));
  assert.equal(room.position, "f:91");
  chat.close();
});

Deno.test("Room continues after a loss", async () => {
  const { chat, room, socket } = await startInRoom();
  await socket.serverSends(said(1, "one"));
  const events = collect(room.events);
  const lost = { type: "lost", room: "lobby", after: "e:1", until: "f:7", reason: "too_old" };
  await socket.serverSends(lost, said(8, "eight", { position: "f:8" }));
  assert.deepEqual(events.map(({ type }) => type), ["lost", "said"]);
  assert.equal(room.position, "f:8");
  chat.close();
});

Deno.test("Room goes on after an entry that is hidden from the user, and reports nothing of it", async () => {
  const { chat, room, socket } = await startInRoom();
  await socket.serverSends(said(1, "one"));
  const events = collect(room.events);
  const hidden = { type: "hidden", room: "lobby", position: "e:2" };
  await socket.serverSends(hidden, said(3, "three"));
  assert.deepEqual(events.map(({ type }) => type), ["said"]);
  assert.equal(room.position, "e:3");
  chat.close();
});

Deno.test("Room follows joins, leaves, renames and roles", async () => {
  const { chat, room, socket } = await startInRoom();
  const presence = { type: "presence", room: "lobby" };
  assert.deepEqual(room.members.value, { count: 1, members: [ANN], isSampled: false });
  await socket.serverSends({ ...presence, count: 2, joined: [BOB, ANN], left: [] });
  assert.deepEqual(room.members.value, { count: 2, members: [ANN, BOB], isSampled: false });
  const renamed = { type: "renamed", from: "Bob", name: "Rob" };
  await socket.serverSends({ ...said(1, ""), ...renamed });
  assert.deepEqual(room.members.value.members, [ANN, { ...BOB, name: "Rob" }]);
  await socket.serverSends({ ...said(2, ""), ...renamed, user: "u9", name: "Eve" });
  assert.equal(room.members.value.members.length, 2, "unnamed users are not added");
  await socket.serverSends({ ...said(3, ""), ...renamed, user: "u1", name: "Anna" });
  assert.equal(room.me.value, "Anna");
  const owner = { user: "u9", name: "Eve", role: "owner" };
  const changed = [{ ...BOB, name: "Rob", role: "moderator" }, owner];
  await socket.serverSends({ ...presence, count: 2, joined: [], left: [], changed });
  const roles = room.members.value.members.map(({ name, role }) => [name, role]);
  assert.deepEqual(roles, [["Anna", undefined], ["Rob", "moderator"]]);
  await socket.serverSends({ ...presence, count: 1, joined: [], left: [BOB] });
  assert.deepEqual(room.members.value.members.map(({ name }) => name), ["Anna"]);
  await socket.serverSends({ ...presence, count: 300, joined: [BOB], left: [], sampled: true });
  assert.deepEqual([room.members.value.count, room.members.value.isSampled], [300, true]);
  chat.close();
});

Deno.test("Room does not apply missed renames to the current member list", async () => {
  const { chat, world, room } = await startInRoom();
  const again = await dropAndReconnect(world);
  const members = [ANN, { ...BOB, name: "Rob" }];
  await again.sendJoined("lobby", { top: "e:1", recovered: true, count: 2, members });
  await again.serverSends({ ...said(1, ""), type: "renamed", from: "Bob", name: "Old" });
  assert.equal(room.members.value.members[1]?.name, "Rob");
  chat.close();
});

Deno.test("Room requests its members, and rejects without a connection", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const asked = room.who();
  await socket.serverAnswers("who", {
    type: "members",
    room: "lobby",
    count: 300,
    members: [ANN, BOB],
  });
  assert.deepEqual(await asked, { count: 300, members: [ANN, BOB], isSampled: true });
  assert.equal(room.members.value.count, 300);
  const lost = codeOf(room.who());
  await world.socket.serverCloses();
  assert.equal(await lost, "disconnected");
  assert.equal(await codeOf(room.who()), "disconnected");
  assert.equal(await codeOf(room.history()), "disconnected");
  chat.close();
});

Deno.test("Room returns its history page by page, and rejects with the fault", async () => {
  const { chat, room, socket } = await startInRoom();
  const page = { messages: [message(1, "one")], more: false, position: "e:9" };
  const asked = room.history({ before: "e:2", limit: 3 });
  await socket.serverAnswers("history", { type: "history", room: "lobby", ...page });
  const { messages, more, position } = await asked;
  assert.deepEqual({ messages, more, position }, page);
  const { id: _, ...request } = socket.lastOf("history");
  assert.deepEqual(request, { type: "history", room: "lobby", before: "e:2", limit: 3 });
  const refused = codeOf(room.history());
  await socket.serverAnswers("history", {
    type: "fault",
    code: "unavailable",
    message: "",
    retry: true,
  });
  assert.equal(await refused, "unavailable");
  chat.close();
});

Deno.test("Room removes a typing user after a time, on a message, or on a stop notice", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const names = () => room.typing.value.map(({ name }) => name);
  await socket.serverSends(typing("u2"), typing("u3"), typing("u4"), typing("u1"));
  assert.deepEqual(names(), ["u2", "u3", "u4"], "without the user");
  await socket.serverSends(typing("u3", false), said(1, "there"));
  assert.deepEqual(names(), ["u4"]);
  await world.advance(5_000);
  await socket.serverSends(typing("u4"));
  await world.advance(5_999);
  assert.deepEqual(names(), ["u4"]);
  await world.advance(1);
  assert.deepEqual(names(), []);
  await socket.serverSends(typing("u2"));
  await socket.serverCloses();
  assert.deepEqual(names(), [], "no typing users without a connection");
  chat.close();
});

Deno.test("Room.type() notifies the others at most every 3 s, and at once after a message", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const sent = () => socket.sentOf("typing").map(({ on }) => on !== false);
  for (let key = 0; key < 30; key++) {
    room.type();
    await world.advance(100);
  }
  assert.deepEqual(sent(), [true]);
  room.type();
  room.type(false);
  room.type(false);
  assert.deepEqual(sent(), [true, true, false]);
  room.type();
  room.say("there");
  room.type();
  assert.deepEqual(sent(), [true, true, false, true, true]);
  world.setClock(-3_600_000);
  room.type();
  assert.equal(sent().length, 6, "a clock that was set back delays no notice");
  await socket.serverCloses();
  room.type();
  chat.close();
});

Deno.test("Room sends its read marker at most once a second, and only forward", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await socket.serverSends(...[1, 2, 3, 4].map((it) => said(it, "text")));
  assert.equal(room.unread.value, 4);
  const sent = () => socket.sentOf("read").map(({ position }) => position);
  room.markRead("e:1");
  room.markRead("e:2");
  room.markRead("e:3");
  room.markRead("e:1");
  assert.deepEqual([room.unread.value, room.read.value, sent()], [1, "e:3", ["e:1"]]);
  await world.advance(1_000);
  assert.deepEqual(sent(), ["e:1", "e:3"]);
  await world.advance(5_000);
  room.markRead("e:4");
  assert.deepEqual([room.unread.value, sent()], [0, ["e:1", "e:3", "e:4"]]);
  world.setClock(-3_600_000);
  await socket.serverSends(said(5, "text"));
  room.markRead("e:5");
  await world.advance(1_000);
  assert.equal(sent().length, 4, "a clock that was set back delays no marker");
  chat.close();
});

for (
  const [what, go] of [
    ["the page is hidden or left", ({ world }) => world.hide()],
    ["the chat is closed", ({ chat }) => chat.close()],
    ["the room is left", ({ room }) => room.leave()],
  ] as const satisfies readonly [string, (it: Awaited<ReturnType<typeof startInRoom>>) => void][]
) {
  Deno.test(`Room sends its read marker at once when ${what}`, async () => {
    const begun = await startInRoom();
    const { chat, room, socket } = begun;
    await socket.serverSends(said(1, "one"), said(2, "two"));
    room.markRead("e:1");
    room.markRead("e:2");
    go(begun);
    assert.deepEqual(socket.sentOf("read").map(({ position }) => position), ["e:1", "e:2"]);
    chat.close();
  });
}

Deno.test("Room.markRead() marks no more than what has arrived, and refuses what is no position", async () => {
  const { chat, room, socket } = await startInRoom();
  await socket.serverSends(said(1, "one"), said(2, "two"));
  for (const malformed of ["", "e", "e:x", "2", "e:2 "]) {
    assert.throws(() => room.markRead(malformed), TypeError, malformed);
  }
  assert.deepEqual([room.read.value, room.unread.value], [null, 2]);
  room.markRead("e:999");
  assert.deepEqual([room.read.value, room.unread.value], ["e:2", 0]);
  await socket.serverSends(said(3, "three"));
  assert.deepEqual([room.read.value, room.unread.value], ["e:2", 1]);
  assert.deepEqual(socket.sentOf("read").map(({ position }) => position), ["e:2"]);
  chat.close();
});

Deno.test("Room marks the user's own messages as read if none are unread, and counts the others'", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await socket.serverSends(said(1, "mine", ANN));
  assert.deepEqual([room.unread.value, room.read.value], [0, "e:1"]);
  await socket.serverSends(said(2, "his"), said(3, "mine", ANN));
  assert.deepEqual([room.unread.value, room.read.value], [1, "e:1"]);
  await world.advance(1_000);
  assert.deepEqual(socket.sentOf("read").map(({ position }) => position), ["e:1"]);
  chat.close();
});

Deno.test("Room marks an empty room again when its first message arrives, since the server stores no marker for it", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const sent = () => socket.sentOf("read").map(({ position }) => position);
  room.markRead("e:0");
  assert.deepEqual([room.read.value, sent()], ["e:0", ["e:0"]]);
  await world.advance(1_000);
  await socket.serverSends(said(1, "one"), said(2, "two"));
  assert.deepEqual([room.read.value, room.unread.value, sent()], ["e:0", 2, ["e:0", "e:0"]]);
  await socket.serverCloses();
  const again = await dropAndReconnect(world);
  await again.sendJoined("lobby", { position: "e:2", recovered: true, unread: 2 });
  assert.equal(room.read.value, "e:0", "the server knows of no marker");
  chat.close();
});

Deno.test("Room accepts a marker from another connection, only forward, and does not resend it", async () => {
  const { chat, room, socket } = await startInRoom();
  const serverMarks = (position: string) =>
    socket.serverSends({ type: "read", room: "lobby", position });
  await socket.serverSends(...[1, 2, 3, 4].map((it) => said(it, "text")));
  await serverMarks("e:2");
  assert.deepEqual([room.unread.value, room.read.value], [2, "e:2"]);
  for (const old of ["e:1", "e:2", "", "e", "e:x", "e:-1"]) await serverMarks(old);
  assert.deepEqual([room.unread.value, room.read.value], [2, "e:2"]);
  await serverMarks("e:5");
  assert.deepEqual([room.unread.value, room.read.value], [0, "e:5"]);
  await socket.serverSends(said(5, "its marker was faster"), said(6, "text"));
  assert.deepEqual([room.unread.value, socket.sentOf("read")], [1, []]);
  chat.close();
});

Deno.test("Room sends no marker that another connection has overtaken", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await socket.serverSends(...[1, 2, 3].map((it) => said(it, "text")));
  room.markRead("e:1");
  room.markRead("e:2");
  await socket.serverSends({ type: "read", room: "lobby", position: "e:3" });
  await world.advance(1_000);
  assert.deepEqual(socket.sentOf("read").map(({ position }) => position), ["e:1"]);
  chat.close();
});

Deno.test("Room counts the unread messages that mention the user, until they are read", async () => {
  const { chat, world, room } = await startInRoom();
  const again = await dropAndReconnect(world);
  const backlog = { read: "e:1", unread: 6, mentions: 2 };
  await again.sendJoined("lobby", { position: "e:12", recovered: false, messages: [], ...backlog });
  const counts = [room.mentions.value];
  const mentioned = (seq: number, mentions: readonly string[], other?: object) =>
    again.serverSends({ ...said(seq, "you"), mentions, ...other });
  await mentioned(13, ["u1"]);
  await mentioned(14, ["u9"]);
  await mentioned(15, ["u1"], { user: "u1" });
  await mentioned(16, ["u9", "u1"]);
  counts.push(room.mentions.value);
  for (const seq of [11, 13, 16]) {
    await again.serverSends({ type: "read", room: "lobby", position: `e:${seq}` });
    counts.push(room.mentions.value);
  }
  assert.deepEqual(counts, [2, 4, 3, 1, 0]);
  await mentioned(17, ["u1"]);
  await mentioned(18, [], { event: { kind: "clear" } });
  assert.equal(room.mentions.value, 0);
  chat.close();
});

Deno.test("Room reduces the unread count from the join as far as a marker determines it", async () => {
  const { chat, world } = await startInRoom();
  const again = await dropAndReconnect(world);
  const messages = [message(7, "seven"), message(8, "eight"), message(10, "ten")];
  const unread = { read: "e:1", unread: 6 };
  await again.sendJoined("lobby", { position: "e:12", recovered: false, messages, ...unread });
  const room = chat.join("lobby");
  await again.serverSends({ ...said(13, "thirteen") });
  const counts: number[] = [];
  for (const position of ["e:2", "e:7", "e:8", "e:10", "e:13"]) {
    await again.serverSends({ type: "read", room: "lobby", position });
    counts.push(room.unread.value);
  }
  assert.deepEqual(counts, [7, 4, 3, 1, 0]);
  chat.close();
});

Deno.test("Room sends a marker that was set offline when it reconnects, and counts what follows it", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await socket.serverSends(said(1, "one"), said(2, "two"));
  await socket.serverCloses();
  room.markRead("e:2");
  assert.equal(room.unread.value, 0);
  const again = await dropAndReconnect(world);
  await again.sendJoined("lobby", { position: "e:2", top: "e:3", recovered: true, unread: 3 });
  await again.serverSends(said(3, "three"));
  assert.deepEqual(again.sentOf("read").map(({ position }) => position), ["e:2"]);
  assert.equal(room.unread.value, 1);
  chat.close();
});

Deno.test("Room uses the server's count if it has set no marker", async () => {
  const { chat, world, room } = await startInRoom();
  const again = await dropAndReconnect(world);
  const markerState = { read: "e:0", unread: 2 };
  await again.sendJoined("lobby", { position: "e:0", top: "e:2", recovered: true, ...markerState });
  await again.serverSends(said(1, "one"), said(2, "two"));
  assert.deepEqual(
    [room.unread.value, room.read.value],
    [2, "e:0"],
    "the count includes the missed messages",
  );
  await again.serverSends(said(3, "three"));
  assert.equal(room.unread.value, 3);
  chat.close();
});

Deno.test("Room is refused for good by some faults, and joins again after others", async () => {
  const { chat, world, room } = await startInRoom();
  const fault = { type: "fault", message: "no", retry: true };
  const again = await dropAndReconnect(world);
  await again.serverAnswers("join", { ...fault, room: "lobby", code: "unavailable" });
  assert.equal(kindOf(room.state), "joining");
  await world.advance(1_000);
  assert.equal(again.sentOf("join").length, 2);
  await again.serverAnswers("join", {
    ...fault,
    room: "lobby",
    code: "token_expired",
    retry: false,
  });
  await world.advance(1_000);
  assert.equal(again.sentOf("join").length, 3, "the token may be renewed meanwhile");
  await again.serverAnswers("join", { ...fault, room: "lobby", code: "name_taken", retry: false });
  const { value } = room.state;
  assert.equal(value.kind === "refused" && value.error.code, "name_taken");
  await world.advance(60_000);
  assert.equal(world.sockets.length, 3, "dropped for its silence, not for the refusal");
  chat.close();
});

Deno.test("Chat.rename() joins the rooms again where the name was taken", async () => {
  const { chat, world, room } = await startInRoom();
  const again = await dropAndReconnect(world);
  const taken = { type: "fault", code: "name_taken", message: "taken", retry: false };
  await again.serverAnswers("join", { ...taken, room: "lobby" });
  const first = codeOf(chat.rename("Bob"));
  await again.serverAnswers("name", taken);
  assert.equal(await first, "name_taken");
  assert.equal(chat.me.value?.name, "Ann");
  const second = chat.rename(" Anna ");
  await again.serverAnswers("name", { type: "ack" });
  await second;
  assert.deepEqual(chat.me.value, { ...ANN, name: "Anna" });
  await again.sendJoined("lobby", { name: "Anna", position: "e:0", recovered: true });
  assert.deepEqual([kindOf(room.state), room.me.value], ["joined", "Anna"]);
  const last = await dropAndReconnect(world);
  assert.equal(last.lastOf("hello")["name"], " Anna ");
  chat.close();
});

function renamed(seq: number, from: string, name: string) {
  return said(seq, "", { type: "renamed", user: "u1", from, name });
}

Deno.test("Room.wanted is the requested name until the user has it", async () => {
  const { chat, world, room } = await startInRoom();
  assert.equal(room.wanted.value, null);
  const again = await dropAndReconnect(world);
  await again.sendJoined("lobby", { name: "Ann (2)", wanted: "Ann", recovered: true });
  assert.deepEqual([room.me.value, room.wanted.value, chat.me.value?.name], [
    ...["Ann (2)", "Ann", "Ann"],
  ]);
  await again.serverSends(renamed(1, "Ann (2)", "Ann"));
  assert.deepEqual([room.me.value, room.wanted.value], ["Ann", null]);
  chat.close();
});

Deno.test("Room recognizes a temporary name from the server", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await socket.serverSends(renamed(1, "Ann", "Ann (2)"));
  assert.deepEqual([room.me.value, room.wanted.value], ["Ann (2)", "Ann"]);
  const again = await dropAndReconnect(world);
  assert.equal(again.lastOf("hello")["name"], "Ann");
  await again.sendJoined("lobby", { name: "Ann (2)", wanted: "Ann", recovered: true });
  const own = { type: "presence", room: "lobby", count: 1, left: [] };
  await again.serverSends({ ...own, joined: [{ user: "u1", name: "Ann" }] });
  assert.deepEqual([room.me.value, room.wanted.value], ["Ann", null]);
  chat.close();
});

Deno.test("Room gets its name back that an old entry has undone, and asks for it when it reconnects", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await socket.serverSends(renamed(1, "Ann", "Annie"));
  assert.equal(room.me.value, "Annie");
  const joined = [{ user: "u1", name: "Ann" }];
  await socket.serverSends({ type: "presence", room: "lobby", count: 1, left: [], joined });
  assert.deepEqual([room.me.value, chat.me.value?.name], ["Ann", "Ann"]);
  await dropAndReconnect(world);
  assert.equal(world.socket.lastOf("hello")["name"], "Ann");
  chat.close();
});

Deno.test("A guest whose name was taken in the room is known by the name that the room gave instead", async () => {
  const { chat, world } = startChat({ name: undefined });
  const room = chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello({ user: "u1", name: "Guest50", resume: "t1" });
  await world.socket.sendJoined("lobby", { name: "Guest15" });
  assert.deepEqual([chat.me.value?.name, room.me.value, room.wanted.value], [
    "Guest15",
    "Guest15",
    null,
  ]);
  await world.socket.serverCloses();
  await world.advance(20_000);
  await world.socket.open();
  assert.equal(world.socket.lastOf("hello")["name"], undefined, "which is not a wanted name");
  chat.close();
});

Deno.test("A guest who has a temporary name in a room keeps the own one, also if this page has not chosen it", async () => {
  const { chat, world } = startChat({ name: undefined });
  const room = chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello({ user: "u1", name: "Ann", resume: "t1" });
  await world.socket.sendJoined("lobby", { name: "Ann (2)", wanted: "Ann" });
  assert.deepEqual([chat.me.value?.name, room.me.value, room.wanted.value], [
    ...["Ann", "Ann (2)", "Ann"],
  ]);
  chat.close();
});

Deno.test("Room.wanted is null again when the user has chosen the temporary name, or another one", async () => {
  for (const name of ["Ann (2)", "Anna"]) {
    const { chat, world, room } = await startInRoom();
    const again = await dropAndReconnect(world);
    await again.sendJoined("lobby", { name: "Ann (2)", wanted: "Ann", recovered: true });
    const choice = chat.rename(name);
    await again.serverSends(renamed(1, "Ann (2)", name));
    await again.serverAnswers("name", { type: "ack" });
    await choice;
    assert.deepEqual([room.me.value, room.wanted.value], [name, null]);
    assert.equal(chat.me.value?.name, name);
    chat.close();
  }
});

Deno.test("Room requests no temporary name while its own ghost may hold the name", async () => {
  const { chat, world } = startChat();
  chat.join("lobby");
  await world.socket.open();
  await world.socket.serverCloses();
  await world.advance(500);
  await world.socket.open();
  await world.socket.sendHello();
  assert.equal(world.socket.lastOf("join", "lobby")["temporaryName"], false);
  const unavailable = { type: "fault", code: "unavailable", retry: true };
  await world.advance(15_000);
  await world.socket.serverAnswers("join", { ...unavailable, room: "lobby" });
  await world.advance(1_000);
  assert.equal(world.socket.lastOf("join", "lobby")["temporaryName"], true);
  chat.close();
});

Deno.test("Room.leave() ends the events, and the room can be joined again", async () => {
  const { chat, room, socket } = await startInRoom();
  const events = collect(room.events);
  room.leave();
  room.leave();
  assert.deepEqual([kindOf(room.state), chat.rooms.value], ["left", []]);
  assert.equal(socket.sentOf("leave").length, 1);
  await socket.serverSends(said(1, "late"));
  assert.deepEqual(events, []);
  const again = chat.join("lobby");
  assert.notEqual(again, room);
  assert.equal(chat.join("lobby"), again);
  assert.equal(socket.lastOf("join", "lobby")["since"], undefined);
  await socket.sendJoined("lobby", { position: "e:1", messages: [message(1, "late")] });
  assert.equal(again.last.value?.text, "late");
  chat.close();
});

for (
  const [what, isGreeted, waitedMs, kind] of [
    [
      "waits for its own name, which a ghost with a lost token may hold",
      false,
      0,
      "joining",
    ],
    ["waits for it no longer than the server keeps it", false, 15_000, "refused"],
    [
      "does not wait for a name if it was never disconnected before the server's hello",
      true,
      0,
      "refused",
    ],
  ] as const
) {
  Deno.test(`Room ${what}`, async () => {
    const { chat, world } = startChat();
    const room = chat.join("lobby");
    await world.socket.open();
    if (!isGreeted) {
      await world.socket.serverCloses();
      await world.advance(500);
      await world.socket.open();
    }
    await world.socket.sendHello({ user: "u7" });
    await world.advance(waitedMs);
    const taken = { type: "fault", room: "lobby", code: "name_taken", message: "", retry: false };
    await world.socket.serverAnswers("join", taken);
    assert.equal(kindOf(room.state), kind);
    if (kind === "joining") {
      await world.advance(1_000);
      await world.socket.sendJoined("lobby");
      assert.equal(kindOf(room.state), "joined");
      assert.equal(world.socket.sentOf("join").length, 2);
    }
    chat.close();
  });
}

Deno.test("A refused room is requested again when it is joined again", async () => {
  const { chat, socket } = await startInRoom();
  const attic = chat.join("attic");
  const fault = { type: "fault", room: "attic", code: "too_many_rooms", message: "too many" };
  await socket.serverAnswers("join", { ...fault, retry: false });
  assert.equal(kindOf(attic.state), "refused");
  assert.equal(chat.join("attic"), attic);
  await socket.sendJoined("attic");
  assert.equal(kindOf(attic.state), "joined");
  chat.close();
});

Deno.test("Room has no unread messages before a marker in a later epoch", async () => {
  const { chat, room, socket } = await startInRoom();
  await socket.serverSends(said(1, "a"), said(2, "b"), said(3, "c", { position: "f:3" }));
  assert.equal(room.unread.value, 3);
  room.markRead("f:3");
  assert.equal(room.unread.value, 0);
  chat.close();
});

Deno.test("Room uses the server's count if the replay is incomplete, even after a marker", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await socket.serverSends(said(1, "a"));
  await socket.serverCloses();
  room.markRead("e:1");
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.sendHello();
  const fields = { recovered: false, reason: "too_many", position: "e:2000", messages: [] };
  await world.socket.sendJoined("lobby", { ...fields, unread: 1_999 });
  assert.deepEqual([room.read.value, room.unread.value], ["e:1", 1_999]);
  chat.close();
});

Deno.test("Room lists no more members than the count when only some of those leaving are named", async () => {
  const { chat, room, socket } = await startInRoom();
  const joined = Array.from({ length: 400 }, (_, i) => ({ user: `v${i}`, name: `V${i}` }));
  const presence = { type: "presence", room: "lobby", count: 300, left: [], sampled: true };
  for (const it of joined) await socket.serverSends({ ...presence, joined: [it] });
  const { count, members, isSampled } = room.members.value;
  assert.deepEqual([count, members.length, isSampled], [300, 200, true]);
  assert.equal(members.at(-1)?.user, "v399");
  chat.close();
});

Deno.test("Timeline ignores a page of history before a message that it has dropped", async () => {
  const { chat, room, socket } = await startInRoom();
  const timeline = new Timeline(3);
  room.events.subscribe((event) => timeline.apply(event));
  await socket.serverSends(said(1, "one"), said(2, "two"), said(3, "three"));
  const asking = timeline.loadOlder(room);
  await socket.serverSends(said(4, "four"));
  const messages = [{ ...message(0, "zero"), position: "d:9" }];
  const page = { type: "history", room: "lobby", messages, more: false, position: "e:4" };
  await socket.serverAnswers("history", page);
  assert.deepEqual(await asking, { type: "nothing" });
  assert.deepEqual(timeline.messages.map(({ text }) => text), ["two", "three", "four"]);
  assert.equal(timeline.more, true);
  chat.close();
});

Deno.test("Room counts all unread messages, however many", async () => {
  const { chat, room, socket } = await startInRoom();
  await socket.serverSends(...Array.from({ length: 10_001 }, (_, i) => said(i + 1, "x")));
  assert.equal(room.unread.value, 10_001);
  room.markRead("e:10000");
  assert.equal(room.unread.value, 1);
  room.markRead("e:10001");
  assert.equal(room.unread.value, 0);
  chat.close();
});

Deno.test("Room.report() has an id of its own, on every connection and page, and keeps it when repeated", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const first = room.report("e:1");
  await socket.serverAnswers("report", {
    ...{ type: "fault", code: "slow_down", message: "wait", retry: true, afterMs: 1_000 },
  });
  await world.advance(5_000);
  await socket.serverAnswers("report", { type: "ack", room: "lobby" });
  await first;
  const ids = socket.sentOf("report").map(({ id }) => id);
  assert.deepEqual(ids, [ids[0], ids[0]]);
  const again = await dropAndReconnect(world);
  await again.sendJoined("lobby", { recovered: true });
  const second = room.report("e:2");
  await again.serverAnswers("report", { type: "ack", room: "lobby" });
  await second;
  // A counter of the connection could have the same value for another report.
  for (const id of [...ids, again.lastOf("report").id]) assert.match(String(id), /^\w{16,}$/);
  assert.notEqual(again.lastOf("report").id, ids[0]);
  chat.close();
});

Deno.test("Room.leave() reports only that the room was left", async () => {
  const { chat, room } = await startInRoom();
  const states = collect(room.state);
  room.leave();
  assert.deepEqual(states.map(({ kind }) => kind), ["joined", "left"]);
  chat.close();
});

const NOT_ALLOWED = { type: "fault", code: "not_allowed", message: "not for you", retry: false };

/** The server removes the user from the room: a new token does not allow to read it. */
async function expel(socket: FakeSocket): Promise<void> {
  await socket.serverSends({ type: "left", room: "lobby", reason: "not_allowed" });
}

Deno.test("Room is refused when the server removes the user, and is not joined again until the caller asks", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await socket.serverSends({ type: "typing", ...BOB, room: "lobby", on: true, ms: 5_000 });
  await expel(socket);
  const { value } = room.state;
  assert.ok(value.kind === "refused" && value.error instanceof RefusedError);
  const { code, retry, isRoomMissing } = value.error;
  assert.deepEqual([code, retry, isRoomMissing], ["not_allowed", false, false]);
  assert.deepEqual([room.typing.value, chat.rooms.value], [[], [room]]);
  assert.equal(await codeOf(room.history()), "disconnected");
  await socket.serverSends(said(1, "not for this user"));
  assert.equal(room.last.value, null);
  await world.advance(20_000);
  assert.equal(socket.sentOf("join").length, 1);
  assert.equal(chat.join("lobby"), room);
  await socket.sendJoined("lobby", { position: "e:0", recovered: true });
  assert.equal(kindOf(room.state), "joined");
  room.say("back");
  assert.deepEqual(socket.sentOf("say").map(({ text }) => text), ["back"]);
  chat.close();
});

Deno.test("Room stays joined when the server answers the leave of an earlier room", async () => {
  const { chat, room, socket } = await startInRoom();
  room.leave();
  const again = chat.join("lobby");
  await socket.sendJoined("lobby");
  await socket.serverAnswers("leave", { type: "left", room: "lobby" });
  assert.equal(kindOf(again.state), "joined");
  chat.close();
});

Deno.test("Deliveries that were not sent fail when the server removes the user from their room", async () => {
  const { chat, room, socket } = await startInRoom({ storage: new FakeStorage() });
  const [first, second, third] = ["one", "two", "three"].map((text) => room.say(text));
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  await expel(socket);
  assert.deepEqual([first, second, third].map((it) => it && kindOf(it.state)), [
    ...["sent", "sending", "failed"],
  ]);
  assert.equal(third && await codeOf(third.sent), "not_allowed");
  await socket.serverAnswers("say", {
    type: "fault",
    code: "not_in_room",
    message: "",
    retry: false,
  });
  assert.equal(second && await codeOf(second.sent), "not_allowed");
  assert.equal(socket.sentOf("say").length, 2);
  const attic = chat.join("attic");
  await socket.sendJoined("attic");
  attic.say("elsewhere");
  assert.equal(socket.lastOf("say").room, "attic");
  third?.sendAgain();
  assert.equal(third && kindOf(third.state), "waiting");
  chat.join("lobby");
  await socket.sendJoined("lobby", { position: "e:1" });
  assert.equal(third && kindOf(third.state), "sending");
  chat.close();
});

Deno.test("Delivery in flight is sent if the server had accepted it before it removed the user", async () => {
  const { chat, room, socket } = await startInRoom();
  const delivery = room.say("just in time");
  await expel(socket);
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  assert.equal((await delivery.sent).position, "e:1");
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("Delivery in flight is unsure if the server does not know the outcome when it removes the user", async () => {
  const { chat, room, socket } = await startInRoom();
  const delivery = room.say("perhaps");
  await expel(socket);
  const fault = { type: "fault", code: "unknown_outcome", message: "", retry: true };
  await socket.serverAnswers("say", fault);
  assert.deepEqual(delivery.state.value, { kind: "unsure", reason: "answer_lost" });
  chat.close();
});

Deno.test("Room stays left when a listener leaves it as the server removes the user", async () => {
  const { chat, room, socket } = await startInRoom();
  const delivery = room.say("hello");
  room.state.subscribe(({ kind }) => kind === "refused" && room.leave());
  delivery.state.subscribe(({ kind }) => kind === "failed" && room.leave());
  await expel(socket);
  assert.equal(kindOf(room.state), "left");
  chat.close();
});

Deno.test("Delivery that is still in the queue of the connection fails when the server removes the user", async () => {
  const { chat, world } = startChat();
  const room = chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello({ perSecond: 1 });
  await world.socket.sendJoined("lobby");
  const delivery = room.say("hello");
  assert.deepEqual([kindOf(delivery.state), world.socket.sentOf("say")], ["sending", []]);
  await expel(world.socket);
  assert.equal(kindOf(delivery.state), "failed");
  await world.advance(5_000);
  assert.deepEqual(world.socket.sentOf("say"), []);
  chat.close();
});

Deno.test("Deliveries are refused with their room when it is not allowed any more after a reconnect", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const sent = room.say("sent");
  await socket.serverCloses();
  const written = room.say("written");
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.sendHello();
  await world.socket.serverAnswers("join", { ...NOT_ALLOWED, room: "lobby" });
  assert.deepEqual(sent.state.value, { kind: "unsure", reason: "answer_lost" });
  assert.equal(await codeOf(written.sent), "not_allowed");
  const { value } = room.state;
  assert.equal(value.kind === "refused" && value.error.code, "not_allowed");
  chat.close();
});

Deno.test("Room that does not exist says so, and is joined when the caller asks again", async () => {
  const { chat, world } = startChat();
  const den = chat.join("den");
  await world.socket.open();
  await world.socket.sendHello();
  await world.socket.serverAnswers("join", { ...NOT_ALLOWED, room: "den", missing: true });
  const { value } = den.state;
  assert.ok(value.kind === "refused" && value.error instanceof RefusedError);
  assert.deepEqual([value.error.code, value.error.isRoomMissing], ["not_allowed", true]);
  chat.join("den");
  await world.socket.sendJoined("den");
  assert.equal(kindOf(den.state), "joined");
  chat.close();
});

Deno.test("Deliveries keep waiting when their room is refused for another reason", async () => {
  const { chat, world } = startChat();
  const delivery = chat.join("lobby").say("hello");
  await world.socket.open();
  await world.socket.sendHello();
  await world.socket.serverAnswers("join", {
    ...NOT_ALLOWED,
    code: "too_many_rooms",
    room: "lobby",
  });
  assert.equal(kindOf(delivery.state), "waiting");
  chat.close();
});

Deno.test("Room says which members and typing users are guests", async () => {
  const { chat, world } = startChat();
  const room = chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello({ user: "a_1" });
  const [ann, bob] = [{ user: "a_1", name: "Ann" }, { user: "u2", name: "Bob" }];
  await world.socket.sendJoined("lobby", { count: 2, members: [ann, bob] });
  const kinds = () => room.members.value.members.map(({ name, kind }) => `${name} ${kind}`);
  assert.deepEqual([chat.me.value?.kind, kinds()], ["app", ["Ann app", "Bob guest"]]);
  const left = { type: "presence", room: "lobby", joined: [], left: [] };
  const cleo = { user: "a_3", name: "Cleo" };
  await world.socket.serverSends({ ...left, count: 3, joined: [cleo] });
  await world.socket.serverSends(
    said(1, "", { ...cleo, type: "renamed", from: "Cleo", name: "Clea" }),
  );
  assert.deepEqual(kinds(), ["Ann app", "Bob guest", "Clea app"]);
  await world.socket.serverSends({ type: "typing", room: "lobby", ...cleo, on: true, ms: 5_000 });
  assert.deepEqual(room.typing.value, [{ ...cleo, kind: "app" }]);
  chat.close();
});

for (
  const [user, kind] of [["a_1", "app"], ["u1", "guest"], ["ua_1", "guest"], [
    "a1",
    "guest",
  ]] as const
) {
  Deno.test(`kindOf() says that ${user} is ${kind === "app" ? "an app's user" : "a guest"}`, () => {
    assert.equal(kindOfUser(user), kind);
  });
}
