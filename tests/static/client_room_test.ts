/** A room as the client library shows it: what is told there, who is there, who writes, and how far one has read. */
import assert from "node:assert/strict";
import { Timeline } from "../../static/client.js";
import { begin, beginInRoom, codeOf, comeBack, heard, kindOf, said } from "./client_fakes.ts";

const ANN = { user: "u1", name: "Ann" };
const BOB = { user: "u2", name: "Bob" };
const message = (seq: number, text: string) => ({
  ...{ position: `e:${seq}`, at: 1_000 + seq, user: "u2", name: "Bob", id: `b-${seq}`, text },
});
const typing = (user: string, on = true) => ({
  ...{ type: "typing", room: "lobby", user, name: user, on, ms: 6_000 },
});

Deno.test("Room tells what it was opened with, and then each entry once and in order", async () => {
  const { chat, room, socket } = await beginInRoom();
  const events = heard(room.events);
  await socket.tell(said(1, "one"), said(2, "two"));
  await socket.tell(said(2, "two"), said(1, "one"), said(3, "three"));
  const edit = { type: "edited", of: "e:3", text: "3" };
  await socket.tell({ ...said(4, ""), ...edit });
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

Deno.test("Room takes another connection where an entry is missing, and goes on there", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  const events = heard(room.events);
  await socket.tell(said(1, "one"), said(3, "three"));
  assert.deepEqual([kindOf(chat.state), kindOf(room.state)], ["waiting", "joining"]);
  assert.equal(socket.closedWith, 1000);
  await world.advance(500);
  await world.socket.open();
  await world.socket.greet();
  assert.equal(world.socket.lastOf("join", "lobby")["since"], "e:1");
  await world.socket.joined("lobby", { position: "e:1", top: "e:3", recovered: true });
  await world.socket.tell(said(2, "two"), said(3, "three"), said(4, "four"));
  const told = events.map((it) => it.type === "said" ? [it.text, it.replayed] : it.type);
  assert.deepEqual(told, [
    ["one", false],
    "resumed",
    ["two", true],
    ["three", true],
    ["four", false],
  ]);
  chat.close();
});

Deno.test("Room tells that all is replaced where not all that was missed can be given", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  await socket.tell(said(1, "one"));
  const events = heard(room.events);
  const again = await comeBack(world);
  const opened = {
    ...{ position: "f:90", messages: [message(90, "ninety")], more: true, unread: 40 },
    ...{ reason: "unknown_epoch", read: "e:1" },
  };
  await again.joined("lobby", { ...opened, recovered: false });
  assert.deepEqual(events, [{ type: "opened", ...opened }]);
  assert.equal(room.last.value?.text, "ninety");
  assert.deepEqual([room.unread.value, room.read.value], [40, "e:1"]);
  await again.tell(said(91, "on", { position: "f:91" }));
  assert.equal(room.position, "f:91");
  chat.close();
});

Deno.test("Room goes on after what is lost", async () => {
  const { chat, room, socket } = await beginInRoom();
  await socket.tell(said(1, "one"));
  const events = heard(room.events);
  const lost = { type: "lost", room: "lobby", after: "e:1", until: "f:7", reason: "too_old" };
  await socket.tell(lost, said(8, "eight", { position: "f:8" }));
  assert.deepEqual(events.map(({ type }) => type), ["lost", "said"]);
  assert.equal(room.position, "f:8");
  chat.close();
});

Deno.test("Room follows who comes and goes, and renames", async () => {
  const { chat, room, socket } = await beginInRoom();
  const presence = { type: "presence", room: "lobby" };
  assert.deepEqual(room.members.value, { count: 1, members: [ANN], isSampled: false });
  await socket.tell({ ...presence, count: 2, joined: [BOB, ANN], left: [] });
  assert.deepEqual(room.members.value, { count: 2, members: [ANN, BOB], isSampled: false });
  const renamed = { type: "renamed", from: "Bob", name: "Rob" };
  await socket.tell({ ...said(1, ""), ...renamed });
  assert.deepEqual(room.members.value.members, [ANN, { user: "u2", name: "Rob" }]);
  await socket.tell({ ...said(2, ""), ...renamed, user: "u9", name: "Eve" });
  assert.equal(room.members.value.members.length, 2, "who is not named is not put in");
  await socket.tell({ ...said(3, ""), ...renamed, user: "u1", name: "Anna" });
  assert.equal(room.me.value, "Anna");
  await socket.tell({ ...presence, count: 1, joined: [], left: [BOB] });
  assert.deepEqual(room.members.value.members.map(({ name }) => name), ["Anna"]);
  await socket.tell({ ...presence, count: 300, joined: [BOB], left: [], sampled: true });
  assert.deepEqual([room.members.value.count, room.members.value.isSampled], [300, true]);
  chat.close();
});

Deno.test("Room is not renamed by what it missed, since it was told who is there now", async () => {
  const { chat, world, room } = await beginInRoom();
  const again = await comeBack(world);
  const members = [ANN, { user: "u2", name: "Rob" }];
  await again.joined("lobby", { top: "e:1", recovered: true, count: 2, members });
  await again.tell({ ...said(1, ""), type: "renamed", from: "Bob", name: "Old" });
  assert.equal(room.members.value.members[1]?.name, "Rob");
  chat.close();
});

Deno.test("Room asks who is there, and has no answer where there is no connection", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  const asked = room.who();
  await socket.answer("who", { type: "members", room: "lobby", count: 300, members: [ANN, BOB] });
  assert.deepEqual(await asked, { count: 300, members: [ANN, BOB], isSampled: true });
  assert.equal(room.members.value.count, 300);
  const lost = codeOf(room.who());
  await world.socket.drop();
  assert.equal(await lost, "disconnected");
  assert.equal(await codeOf(room.who()), "disconnected");
  assert.equal(await codeOf(room.history()), "disconnected");
  chat.close();
});

Deno.test("Room gives its history page by page, and the fault where there is one", async () => {
  const { chat, room, socket } = await beginInRoom();
  const page = { messages: [message(1, "one")], more: false, position: "e:9" };
  const asked = room.history({ before: "e:2", limit: 3 });
  await socket.answer("history", { type: "history", room: "lobby", ...page });
  const { messages, more, position } = await asked;
  assert.deepEqual({ messages, more, position }, page);
  const { id: _, ...request } = socket.lastOf("history");
  assert.deepEqual(request, { type: "history", room: "lobby", before: "e:2", limit: 3 });
  const refused = codeOf(room.history());
  await socket.answer("history", { type: "fault", code: "unavailable", message: "", retry: true });
  assert.equal(await refused, "unavailable");
  chat.close();
});

Deno.test("Room takes a writer back when the time is over, when something is said, or on a word", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  const names = () => room.typing.value.map(({ name }) => name);
  await socket.tell(typing("u2"), typing("u3"), typing("u4"), typing("u1"));
  assert.deepEqual(names(), ["u2", "u3", "u4"], "without oneself");
  await socket.tell(typing("u3", false), said(1, "there"));
  assert.deepEqual(names(), ["u4"]);
  await world.advance(5_000);
  await socket.tell(typing("u4"));
  await world.advance(5_999);
  assert.deepEqual(names(), ["u4"]);
  await world.advance(1);
  assert.deepEqual(names(), []);
  await socket.tell(typing("u2"));
  await socket.drop();
  assert.deepEqual(names(), [], "nobody where there is no connection");
  chat.close();
});

Deno.test("Room.type() tells the others at most each 3 s, and at once after something was said", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  const told = () => socket.sentOf("typing").map(({ on }) => on !== false);
  for (let key = 0; key < 30; key++) {
    room.type();
    await world.advance(100);
  }
  assert.deepEqual(told(), [true]);
  room.type();
  room.type(false);
  room.type(false);
  assert.deepEqual(told(), [true, true, false]);
  room.type();
  room.say("there");
  room.type();
  assert.deepEqual(told(), [true, true, false, true, true]);
  world.setClock(-3_600_000);
  room.type();
  assert.equal(told().length, 6, "a clock that was put back keeps nobody silent");
  await socket.drop();
  room.type();
  chat.close();
});

Deno.test("Room marks each second at most what was read, and only forward", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  await socket.tell(...[1, 2, 3, 4].map((it) => said(it, "text")));
  assert.equal(room.unread.value, 4);
  const told = () => socket.sentOf("read").map(({ position }) => position);
  room.markRead("e:1");
  room.markRead("e:2");
  room.markRead("e:3");
  room.markRead("e:1");
  assert.deepEqual([room.unread.value, room.read.value, told()], [1, "e:3", ["e:1"]]);
  await world.advance(1_000);
  assert.deepEqual(told(), ["e:1", "e:3"]);
  await world.advance(5_000);
  room.markRead("e:4");
  assert.deepEqual([room.unread.value, told()], [0, ["e:1", "e:3", "e:4"]]);
  world.setClock(-3_600_000);
  await socket.tell(said(5, "text"));
  room.markRead("e:5");
  await world.advance(1_000);
  assert.equal(told().length, 4, "a clock that was put back keeps no mark back");
  chat.close();
});

for (
  const [what, go] of [
    ["the page is hidden or left", ({ world }) => world.rest()],
    ["the chat is closed", ({ chat }) => chat.close()],
    ["the room is left", ({ room }) => room.leave()],
  ] as const satisfies readonly [string, (it: Awaited<ReturnType<typeof beginInRoom>>) => void][]
) {
  Deno.test(`Room keeps no mark back when ${what}`, async () => {
    const begun = await beginInRoom();
    const { chat, room, socket } = begun;
    await socket.tell(said(1, "one"), said(2, "two"));
    room.markRead("e:1");
    room.markRead("e:2");
    go(begun);
    assert.deepEqual(socket.sentOf("read").map(({ position }) => position), ["e:1", "e:2"]);
    chat.close();
  });
}

Deno.test("Room marks one's own messages where nothing is unread, and counts the others'", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  await socket.tell(said(1, "mine", ANN));
  assert.deepEqual([room.unread.value, room.read.value], [0, "e:1"]);
  await socket.tell(said(2, "his"), said(3, "mine", ANN));
  assert.deepEqual([room.unread.value, room.read.value], [1, "e:1"]);
  await world.advance(1_000);
  assert.deepEqual(socket.sentOf("read").map(({ position }) => position), ["e:1"]);
  chat.close();
});

Deno.test("Room tells a mark that was set offline when it is back, and counts what came after it", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  await socket.tell(said(1, "one"), said(2, "two"));
  await socket.drop();
  room.markRead("e:2");
  assert.equal(room.unread.value, 0);
  const again = await comeBack(world);
  await again.joined("lobby", { position: "e:2", top: "e:3", recovered: true, unread: 3 });
  await again.tell(said(3, "three"));
  assert.deepEqual(again.sentOf("read").map(({ position }) => position), ["e:2"]);
  assert.equal(room.unread.value, 1);
  chat.close();
});

Deno.test("Room takes the server's count where it has set no mark itself", async () => {
  const { chat, world, room } = await beginInRoom();
  const again = await comeBack(world);
  const marks = { read: "e:0", unread: 2 };
  await again.joined("lobby", { position: "e:0", top: "e:2", recovered: true, ...marks });
  await again.tell(said(1, "one"), said(2, "two"));
  assert.deepEqual([room.unread.value, room.read.value], [2, "e:0"], "what was missed is in it");
  await again.tell(said(3, "three"));
  assert.equal(room.unread.value, 3);
  chat.close();
});

Deno.test("Room is refused for good by some faults, and joins again after others", async () => {
  const { chat, world, room } = await beginInRoom();
  const fault = { type: "fault", message: "no", retry: true };
  const again = await comeBack(world);
  await again.answer("join", { ...fault, room: "lobby", code: "unavailable" });
  assert.equal(kindOf(room.state), "joining");
  await world.advance(1_000);
  assert.equal(again.sentOf("join").length, 2);
  await again.answer("join", { ...fault, room: "lobby", code: "name_taken", retry: false });
  const { value } = room.state;
  assert.equal(value.kind === "refused" && value.error.code, "name_taken");
  await world.advance(60_000);
  assert.equal(world.sockets.length, 3, "let go for its silence, and not for the refusal");
  chat.close();
});

Deno.test("Chat.rename() asks again for the rooms where the name was taken", async () => {
  const { chat, world, room } = await beginInRoom();
  const again = await comeBack(world);
  const taken = { type: "fault", code: "name_taken", message: "taken", retry: false };
  await again.answer("join", { ...taken, room: "lobby" });
  const first = codeOf(chat.rename("Bob"));
  await again.answer("name", taken);
  assert.equal(await first, "name_taken");
  assert.equal(chat.me.value?.name, "Ann");
  const second = chat.rename(" Anna ");
  await again.answer("name", { type: "ack" });
  await second;
  assert.deepEqual(chat.me.value, { user: "u1", name: "Anna" });
  await again.joined("lobby", { name: "Anna", position: "e:0", recovered: true });
  assert.deepEqual([kindOf(room.state), room.me.value], ["joined", "Anna"]);
  const last = await comeBack(world);
  assert.equal(last.lastOf("hello")["name"], " Anna ");
  chat.close();
});

Deno.test("Room.leave() is the end of what is told, and one can join again", async () => {
  const { chat, room, socket } = await beginInRoom();
  const events = heard(room.events);
  room.leave();
  room.leave();
  assert.deepEqual([kindOf(room.state), chat.rooms.value], ["left", []]);
  assert.equal(socket.sentOf("leave").length, 1);
  await socket.tell(said(1, "late"));
  assert.deepEqual(events, []);
  const again = chat.join("lobby");
  assert.notEqual(again, room);
  assert.equal(chat.join("lobby"), again);
  assert.equal(socket.lastOf("join", "lobby")["since"], undefined);
  await socket.joined("lobby", { position: "e:1", messages: [message(1, "late")] });
  assert.equal(again.last.value?.text, "late");
  chat.close();
});

for (
  const [what, isGreeted, waitedMs, kind] of [
    [
      "waits for its own name, which it may have itself as somebody whose token was lost",
      false,
      0,
      "joining",
    ],
    ["waits no longer for it than the server keeps it", false, 15_000, "refused"],
    [
      "does not wait for a name where it was never cut off before it knew who it was",
      true,
      0,
      "refused",
    ],
  ] as const
) {
  Deno.test(`Room ${what}`, async () => {
    const { chat, world } = begin();
    const room = chat.join("lobby");
    await world.socket.open();
    if (!isGreeted) {
      await world.socket.drop();
      await world.advance(500);
      await world.socket.open();
    }
    await world.socket.greet({ user: "u7" });
    await world.advance(waitedMs);
    const taken = { type: "fault", room: "lobby", code: "name_taken", message: "", retry: false };
    await world.socket.answer("join", taken);
    assert.equal(kindOf(room.state), kind);
    if (kind === "joining") {
      await world.advance(1_000);
      await world.socket.joined("lobby");
      assert.equal(kindOf(room.state), "joined");
      assert.equal(world.socket.sentOf("join").length, 2);
    }
    chat.close();
  });
}

Deno.test("Room that was refused is asked for again when it is joined again", async () => {
  const { chat, socket } = await beginInRoom();
  const attic = chat.join("attic");
  const fault = { type: "fault", room: "attic", code: "too_many_rooms", message: "too many" };
  await socket.answer("join", { ...fault, retry: false });
  assert.equal(kindOf(attic.state), "refused");
  assert.equal(chat.join("attic"), attic);
  await socket.joined("attic");
  assert.equal(kindOf(attic.state), "joined");
  chat.close();
});

Deno.test("Room has no unread before a mark in a later epoch", async () => {
  const { chat, room, socket } = await beginInRoom();
  await socket.tell(said(1, "a"), said(2, "b"), said(3, "c", { position: "f:3" }));
  assert.equal(room.unread.value, 3);
  room.markRead("f:3");
  assert.equal(room.unread.value, 0);
  chat.close();
});

Deno.test("Room takes the server's count where what was missed does not come, also after a mark", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  await socket.tell(said(1, "a"));
  await socket.drop();
  room.markRead("e:1");
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.greet();
  const fields = { recovered: false, reason: "too_many", position: "e:2000", messages: [] };
  await world.socket.joined("lobby", { ...fields, unread: 1_999 });
  assert.deepEqual([room.read.value, room.unread.value], ["e:1", 1_999]);
  chat.close();
});

Deno.test("Room names no more people than there can be where only some are named who go", async () => {
  const { chat, room, socket } = await beginInRoom();
  const joined = Array.from({ length: 400 }, (_, i) => ({ user: `v${i}`, name: `V${i}` }));
  const presence = { type: "presence", room: "lobby", count: 300, left: [], sampled: true };
  for (const it of joined) await socket.tell({ ...presence, joined: [it] });
  const { count, members, isSampled } = room.members.value;
  assert.deepEqual([count, members.length, isSampled], [300, 200, true]);
  assert.equal(members.at(-1)?.user, "v399");
  chat.close();
});

Deno.test("Timeline passes over a page of what stood before a message that it has let go of", async () => {
  const { chat, room, socket } = await beginInRoom();
  const timeline = new Timeline(3);
  room.events.subscribe((event) => timeline.take(event));
  await socket.tell(said(1, "one"), said(2, "two"), said(3, "three"));
  const asking = timeline.older(room);
  await socket.tell(said(4, "four"));
  const messages = [{ ...message(0, "zero"), position: "d:9" }];
  const page = { type: "history", room: "lobby", messages, more: false, position: "e:4" };
  await socket.answer("history", page);
  assert.deepEqual(await asking, { type: "nothing" });
  assert.deepEqual(timeline.messages.map(({ text }) => text), ["two", "three", "four"]);
  assert.equal(timeline.more, true);
  chat.close();
});

Deno.test("Room counts all that is not read, however much it is", async () => {
  const { chat, room, socket } = await beginInRoom();
  await socket.tell(...Array.from({ length: 10_001 }, (_, i) => said(i + 1, "x")));
  assert.equal(room.unread.value, 10_001);
  room.markRead("e:10000");
  assert.equal(room.unread.value, 1);
  room.markRead("e:10001");
  assert.equal(room.unread.value, 0);
  chat.close();
});

Deno.test("Room.leave() tells that it was left, and nothing before", async () => {
  const { chat, room } = await beginInRoom();
  const states = heard(room.state);
  room.leave();
  assert.deepEqual(states.map(({ kind }) => kind), ["joined", "left"]);
  chat.close();
});
