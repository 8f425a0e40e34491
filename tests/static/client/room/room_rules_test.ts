/** The rules of a room in the client library: settings, rights, mutes, slow mode, and what happens when a user is removed. */
import assert from "node:assert/strict";
import { RefusedError } from "../../../../static/client.js";
import {
  codeOf,
  collect,
  dropAndReconnect,
  type FakeSocket,
  type Frame,
  kindOf,
  said,
  startChat,
  startInRoom,
} from "../fake_platform.ts";

const DEFAULTS = {
  access: "open",
  title: "",
  topic: "",
  readOnly: false,
  slowSeconds: 0,
  keepDays: 0,
  history: "all",
  archived: false,
};
const MINUTE = 60_000;

const event = (seq: number, what: Readonly<Record<string, unknown>>, at = 1_000) =>
  said(seq, "did something", { event: what, at });
const mute = (seq: number, more: Readonly<Record<string, unknown>> = {}, user = "u1") =>
  event(seq, { kind: "mute", user, name: "Ann", rank: "moderator", ...more });
const rules = (more: Readonly<Record<string, unknown>> = {}): Frame => ({
  ...{ type: "rules", room: "lobby", may: ["send", "react"] },
  ...more,
});

/** Starts a chat as a user whom `joined` tells something. */
async function startAs(joined: Readonly<Record<string, unknown>>, role?: string) {
  const { chat, world } = startChat();
  const room = chat.join("lobby");
  const { socket } = world;
  await socket.open();
  await socket.sendHello(role === undefined ? {} : { role });
  await socket.sendJoined("lobby", joined);
  return { chat, world, room, socket };
}

Deno.test("Room knows its settings from joined and from each event that changes them", async () => {
  const settings = { ...DEFAULTS, topic: "Tea" };
  const { chat, room, socket } = await startAs({ settings });
  const seen = collect(room.settings);
  await socket.serverSends(event(1, { kind: "room", title: "Kitchen", readOnly: true }));
  await socket.serverSends(event(2, { kind: "room", title: "Kitchen" }), said(3, "hi"));
  assert.deepEqual(seen, [settings, { ...settings, title: "Kitchen", readOnly: true }]);
  assert.equal(room.last.value?.text, "hi");
  chat.close();
});

Deno.test("Room knows who has created it, from joined or from the event that creates it", async () => {
  const { chat, world, room } = await startAs({ settings: { ...DEFAULTS, createdBy: "u2" } });
  assert.equal(room.settings.value.createdBy, "u2");
  const again = await dropAndReconnect(world);
  await again.sendJoined("lobby", { settings: { ...DEFAULTS, archived: true } });
  assert.deepEqual(room.settings.value, { ...DEFAULTS, archived: true }, "deleted meanwhile");
  chat.close();
  const other = await startAs({});
  assert.equal(other.room.settings.value.createdBy, undefined);
  await other.socket.serverSends(event(1, { kind: "room", created: true, access: "open" }));
  assert.equal(other.room.settings.value.createdBy, "u2");
  other.chat.close();
});

Deno.test("Room without settings has the defaults, and joined replaces what was missed", async () => {
  const { chat, world, room, socket } = await startInRoom();
  assert.deepEqual(room.settings.value, DEFAULTS);
  await socket.serverSends(event(1, { kind: "room", topic: "Tea" }));
  const again = await dropAndReconnect(world);
  // The replayed event is older than what joined states.
  const joined = { position: "e:1", top: "e:2", recovered: true, settings: DEFAULTS };
  await again.sendJoined("lobby", joined);
  await again.serverSends(event(2, { kind: "room", topic: "Coffee" }));
  assert.equal(room.settings.value.topic, "");
  chat.close();
});

Deno.test("Messages of a room have their event, live and loaded", async () => {
  const kick = { kind: "kick", user: "u3", name: "Eve" };
  const { chat, room, socket } = await startInRoom();
  await socket.serverSends(event(1, kick));
  assert.deepEqual(room.last.value?.event, kick);
  chat.close();
});

for (
  const [who, role, may, rank, isMuted] of [
    ["a guest", undefined, ["send"], "moderator", true],
    ["a moderator", "moderator", ["send", "moderate"], "owner", true],
    ["a moderator", "moderator", ["send", "moderate"], "moderator", false],
    ["an owner", "owner", ["send", "moderate"], "moderator", false],
    ["an owner", "owner", ["send", "moderate"], "operator", true],
  ] as const
) {
  Deno.test(`Room says of ${who} that ${rank} mutes: ${isMuted}`, async () => {
    const { chat, room, socket } = await startAs({ may }, role);
    await socket.serverSends(mute(1, { rank }));
    assert.equal(room.muted.value !== null, isMuted);
    chat.close();
  });
}

Deno.test("Room says that the user is muted until the mute ends, even if the user's clock is wrong", async () => {
  const { chat, world, room, socket } = await startInRoom();
  world.setClock(-3_600_000);
  const until = 1_000 + MINUTE;
  const seen = collect(room.muted);
  await socket.serverSends(mute(1, { until, reason: "noise" }), mute(2, { until }, "u3"));
  await world.advance(MINUTE - 1);
  await socket.serverSends({ type: "pong" });
  assert.deepEqual(room.muted.value, { until, reason: "noise" });
  await world.advance(1);
  assert.deepEqual(seen, [null, { until, reason: "noise" }, null]);
  chat.close();
});

Deno.test("Room ends a mute with unmute, and one without an end never by itself", async () => {
  const { chat, room, socket } = await startAs({ muted: { reason: "spam" } });
  assert.deepEqual(room.muted.value, { reason: "spam" });
  await socket.serverSends(event(1, { kind: "unmute", user: "u3", name: "Eve" }));
  assert.notEqual(room.muted.value, null);
  await socket.serverSends(event(2, { kind: "unmute", user: "u1", name: "Ann" }));
  assert.equal(room.muted.value, null);
  chat.close();
});

Deno.test("Room keeps a mute that is longer than a timer can be", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const month = 31 * 24 * 3_600_000;
  await socket.serverSends(mute(1, { until: 1_000 + month }));
  assert.notEqual(room.muted.value, null);
  await world.advance(2 ** 31 - 1);
  assert.notEqual(room.muted.value, null);
  await world.advance(month - 2 ** 31 + 1);
  assert.equal(room.muted.value, null);
  chat.close();
});

Deno.test("Room follows what changes elsewhere: mutes of the service, lockdown and rights", async () => {
  const { chat, room, socket } = await startAs({ may: ["send", "react"] });
  const may = collect(room.may);
  await socket.serverSends(rules({ muted: { reason: "spam" } }));
  assert.deepEqual(room.muted.value, { reason: "spam" });
  await socket.serverSends(rules({ lockedDown: true }));
  assert.deepEqual([room.muted.value, room.isLockedDown.value], [null, true]);
  await socket.serverSends(rules({ may: [] }));
  assert.deepEqual([may, room.isLockedDown.value], [[["send", "react"], []], false]);
  chat.close();
});

for (
  const [code, more, seen] of [
    ["muted", { afterMs: MINUTE, reason: "noise" }, "muted"],
    ["locked_down", {}, "isLockedDown"],
    ["read_only", {}, undefined],
  ] as const
) {
  Deno.test(`A message that is refused with ${code} is kept as failed, and can be sent again`, async () => {
    const { chat, world, room, socket } = await startInRoom();
    const delivery = room.say("hello");
    const now = world.now();
    await socket.serverAnswers("say", { type: "fault", code, message: "no", ...more });
    const { value } = delivery.state;
    assert.ok(value.kind === "failed" && value.error instanceof RefusedError);
    assert.equal(value.error.code, code);
    assert.deepEqual(chat.outbox.value, [delivery]);
    if (seen === "muted") {
      const until = now + MINUTE;
      assert.deepEqual(room.muted.value, { until, reason: "noise" });
      assert.deepEqual([value.error.until, value.error.reason], [until, "noise"]);
    } else if (seen !== undefined) assert.equal(room[seen].value, true);
    delivery.sendAgain();
    await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
    assert.equal(kindOf(delivery.state), "sent");
    delivery.sent.catch(() => {});
    chat.close();
  });
}

Deno.test("A message in slow mode waits and is sent by itself, and is no sign of a slow connection", async () => {
  const { chat, world, room, socket } = await startAs({
    may: ["send"],
    settings: { ...DEFAULTS, slowSeconds: 30 },
  });
  await socket.serverSends(said(1, "first", { user: "u1" }));
  assert.equal(room.slowUntil.value, world.now() + 30_000);
  const delivery = room.say("second");
  const slowDown = { type: "fault", code: "slow_down", message: "slow", retry: true };
  await socket.serverAnswers("say", { ...slowDown, afterMs: 12_000 });
  assert.equal(room.slowUntil.value, world.now() + 12_000);
  assert.deepEqual([chat.isSlowed.value, kindOf(delivery.state)], [false, "waiting"]);
  await world.advance(12_000);
  assert.equal(socket.sentOf("say").length, 2);
  assert.equal(kindOf(delivery.state), "sending");
  chat.close();
});

Deno.test("A message that waits in slow mode is sent at once when slow mode ends, and only once", async () => {
  const settings = { ...DEFAULTS, slowSeconds: 1_200 };
  const { chat, room, socket } = await startAs({ may: ["send"], settings });
  room.say("second");
  const ended = event(1, { kind: "room", slowSeconds: 0 });
  // Not while the answer is under way.
  await socket.serverSends(event(1, { kind: "room", slowSeconds: 600 }));
  assert.equal(socket.sentOf("say").length, 1);
  const slowDown = { type: "fault", code: "slow_down", message: "slow", retry: true };
  await socket.serverAnswers("say", { ...slowDown, afterMs: 600_000 });
  await socket.serverSends({ ...ended, position: "e:2" });
  assert.equal(socket.sentOf("say").length, 2);
  assert.equal(room.slowUntil.value, 0);
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:3", at: 1 });
  assert.equal(socket.sentOf("say").length, 2);
  chat.close();
});

Deno.test("A message that waited in slow mode when the user was removed has certainly not been sent", async () => {
  const settings = { ...DEFAULTS, slowSeconds: 1_200 };
  const { chat, world, room, socket } = await startAs({ may: ["send"], settings });
  const delivery = room.say("second");
  const slowDown = { type: "fault", code: "slow_down", message: "slow", retry: true };
  await socket.serverAnswers("say", { ...slowDown, afterMs: 1_200_000 });
  await world.advance(10_000);
  await expel(socket, { reason: "kicked" });
  assert.equal(kindOf(delivery.state), "failed");
  chat.close();
});

Deno.test("A message whose answer was lost before slow mode may have been sent", async () => {
  const { chat, world, room } = await startAs({ may: ["send"] });
  const delivery = room.say("second");
  const again = await dropAndReconnect(world);
  await again.sendJoined("lobby", { recovered: true });
  const slowDown = { type: "fault", code: "slow_down", message: "slow", retry: true };
  await again.serverAnswers("say", { ...slowDown, afterMs: 60_000 });
  await expel(again, { reason: "kicked" });
  assert.equal(kindOf(delivery.state), "unsure");
  delivery.discard();
  chat.close();
});

Deno.test("Slow mode does not make a moderator wait", async () => {
  const settings = { ...DEFAULTS, slowSeconds: 30 };
  const { chat, room, socket } = await startAs({ may: ["send", "moderate"], settings });
  await socket.serverSends(said(1, "first", { user: "u1" }));
  assert.equal(room.slowUntil.value, 0);
  chat.close();
});

Deno.test("Room.configure() sends the changes alone, and rejects with the server's code", async () => {
  const { chat, room, socket } = await startInRoom();
  const done = room.configure({ title: "Kitchen", slowSeconds: 0 });
  const { id, ...frame } = socket.lastOf("room");
  assert.deepEqual(frame, { type: "room", room: "lobby", title: "Kitchen", slowSeconds: 0 });
  assert.equal(typeof id, "string");
  await socket.serverAnswers("room", { type: "ack" });
  await done;
  const refused = room.configure({ archived: true });
  await socket.serverAnswers("room", { type: "fault", code: "not_allowed", message: "no" });
  assert.equal(await codeOf(refused), "not_allowed");
  chat.close();
  assert.equal(await codeOf(room.configure({})), "closed");
});

Deno.test("A deleted room is archived, without a title, and only moderators can change its settings", async () => {
  for (const rights of [["send", "configure"], ["send", "moderate", "configure"]]) {
    const settings = { ...DEFAULTS, title: "Kitchen", topic: "Tea", access: "listed", keepDays: 7 };
    const { chat, room, socket } = await startAs({ settings, may: rights });
    await socket.serverSends(event(1, { kind: "clear", archived: true }));
    assert.deepEqual(room.settings.value, { ...DEFAULTS, keepDays: 7, archived: true });
    assert.equal(room.may.value?.includes("configure"), rights.includes("moderate"));
    chat.close();
  }
});

Deno.test("After a room was cleared, only what came since is unread", async () => {
  const { chat, room, socket } = await startAs({ unread: 7, top: "e:7", position: "e:7" });
  await socket.serverSends(said(8, "eight"), event(9, { kind: "clear" }), said(10, "ten"));
  assert.equal(room.unread.value, 2);
  chat.close();
});

/** The reason for which a room was refused. */
function refusalOf(
  room: { readonly state: { readonly value: { readonly kind: string; readonly error?: Error } } },
) {
  const { error } = room.state.value;
  assert.ok(error instanceof RefusedError);
  const { code, reason, until } = error;
  return { code, reason, until };
}

async function expel(socket: FakeSocket, why: Readonly<Record<string, unknown>>): Promise<void> {
  await socket.serverSends({ type: "left", room: "lobby", ...why });
}

for (const [reason, until] of [["kicked", undefined], ["banned", 99_000]] as const) {
  Deno.test(`Room says that the user was ${reason}, and why, and joins again only when asked`, async () => {
    const { chat, world, room, socket } = await startInRoom();
    const delivery = room.say("hello");
    await expel(socket, { reason, message: "noise", ...(until && { until }) });
    assert.deepEqual(refusalOf(room), { code: reason, reason: "noise", until });
    await socket.serverAnswers("say", { type: "fault", code: "not_in_room", message: "no" });
    assert.equal(kindOf(delivery.state), "failed");
    const again = await dropAndReconnect(world);
    assert.deepEqual(again.sentOf("join"), []);
    assert.equal(refusalOf(room).code, reason);
    assert.equal(chat.join("lobby"), room);
    await again.sendJoined("lobby");
    assert.equal(kindOf(room.state), "joined");
    chat.close();
  });
}

Deno.test("Chat stays disconnected while the user was removed from its only room, until the user comes back", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await expel(socket, { reason: "kicked" });
  const again = await dropAndReconnect(world);
  await again.serverCloses(4012, "no room joined");
  assert.ok(chat.state.value.kind === "waiting" && chat.state.value.retryAt === Infinity);
  chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello();
  await world.socket.sendJoined("lobby");
  assert.equal(kindOf(room.state), "joined");
  chat.close();
});

Deno.test("A user who is banned from a room is told why at the next visit, and stays connected", async () => {
  const { chat, world, socket } = await startInRoom();
  const den = chat.join("den");
  const fault = { type: "fault", code: "banned", message: "you are banned", reason: "spam" };
  const until = world.now() + MINUTE;
  await socket.serverSends({ ...fault, id: socket.lastOf("join", "den").id, afterMs: MINUTE });
  assert.deepEqual(refusalOf(den), { code: "banned", reason: "spam", until });
  assert.equal(chat.state.value.kind, "online");
  chat.close();
});

Deno.test("A user who is banned from the service is told why and for how long, and does not reconnect", async () => {
  const { chat, world, socket } = await startInRoom();
  const fault = { type: "fault", code: "banned", message: "you are banned: spam", reason: "spam" };
  const until = world.now() + MINUTE;
  await socket.serverSends({ ...fault, afterMs: MINUTE });
  const { value } = chat.state;
  assert.ok(value.kind === "closed" && value.error instanceof RefusedError);
  const { code, reason } = value.error;
  assert.deepEqual([code, reason, value.error.until], ["banned", "spam", until]);
  await world.advance(MINUTE);
  assert.equal(world.sockets.length, 1);
});

Deno.test("A user who was banned meanwhile is told so after the hello", async () => {
  const { chat, world } = startChat();
  await world.socket.open();
  await world.socket.serverSends({ type: "fault", code: "banned", message: "you are banned" });
  assert.ok(chat.state.value.kind === "closed");
  assert.equal(chat.state.value.error?.code, "banned");
});
