/** Deliveries: in order, one in flight at a time, kept until the room's log shows them, and never duplicated. */
import assert from "node:assert/strict";
import type { Delivery, Room } from "../../../../static/client.js";
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

const HOUR = 3_600_000;

/** Answers the latest say. */
function acknowledge(socket: FakeSocket, seq: number): Promise<void> {
  return socket.serverAnswers("say", {
    type: "ack",
    room: "lobby",
    position: `e:${seq}`,
    at: 1_000 + seq,
  });
}

/** The entry of a delivery. */
function entryOf({ id, action }: Delivery, seq: number, user = "u1") {
  return said(seq, "text" in action ? action.text : "", { id, user, name: "Ann" });
}

function refuse(socket: FakeSocket, code: string, retry: boolean, request = "say"): Promise<void> {
  return socket.serverAnswers(request, { type: "fault", code, message: `it is ${code}`, retry });
}

function failureOf(delivery: Delivery | undefined): string | undefined {
  const state = delivery?.state.value;
  return state?.kind === "failed" ? state.error.code : state?.kind;
}

function textsSent(socket: FakeSocket): readonly unknown[] {
  return socket.sentOf("say").map(({ text }) => text);
}

Deno.test("Outbox sends one action at a time, in order, each after the answer to the previous one", async () => {
  const { chat, room, socket } = await startInRoom();
  const deliveries = ["one", "two", "three"].map((text) => room.say(text));
  assert.deepEqual(deliveries.map((it) => kindOf(it.state)), ["sending", "waiting", "waiting"]);
  assert.deepEqual(chat.outbox.value, deliveries);
  assert.deepEqual(textsSent(socket), ["one"]);
  await acknowledge(socket, 1);
  assert.deepEqual(textsSent(socket), ["one", "two"]);
  assert.deepEqual(await deliveries[0]?.sent, { position: "e:1", at: 1_001 });
  await acknowledge(socket, 2);
  await acknowledge(socket, 3);
  assert.deepEqual(deliveries.map((it) => kindOf(it.state)), ["sent", "sent", "sent"]);
  assert.equal(chat.outbox.value.length, 3, "until the entries arrive");
  await socket.serverSends(...deliveries.map((it, index) => entryOf(it, index + 1)));
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("Outbox sends the metadata and mentions that it was given, whatever becomes of them", async () => {
  const { chat, room, socket } = await startInRoom();
  const [mentions, metadata] = [["user_bob"], { build: { id: 42 } }];
  room.say("first");
  const delivery = room.say("second", { mentions, metadata });
  mentions.push("user_eve");
  metadata.build.id = 43;
  await acknowledge(socket, 1);
  const sent = { mentions: ["user_bob"], metadata: { build: { id: 42 } } };
  const { id } = delivery;
  assert.deepEqual(socket.lastOf("say"), {
    type: "say",
    id,
    room: "lobby",
    text: "second",
    ...sent,
  });
  assert.deepEqual(delivery.action, { type: "say", text: "second", ...sent });
  chat.close();
});

Deno.test("Outbox learns that a message that waited was turned down, also after a reload", async () => {
  const storage = new FakeStorage();
  const { chat, room, socket } = await startInRoom({ storage });
  const delivery = room.say("a deal");
  await refuse(socket, "held", false);
  room.say("another");
  const fault = { type: "fault", code: "turned_down", message: "no", retry: false };
  await socket.serverSends({ ...fault, id: "other" });
  assert.equal(failureOf(delivery), "held");
  await socket.serverSends({ ...fault, id: delivery.id });
  assert.equal(failureOf(delivery), "turned_down");
  assert.deepEqual(textsSent(socket), ["a deal", "another"]);
  chat.close();
  const next = await startInRoom({ storage });
  assert.equal(failureOf(next.chat.outbox.value[0]), "turned_down");
  next.chat.close();
});

Deno.test("Outbox accepts the entry as an answer if it arrives before the ack", async () => {
  const { chat, room, socket } = await startInRoom();
  const delivery = room.say("one");
  room.say("two");
  const states = collect(delivery.state);
  await socket.serverSends(entryOf(delivery, 1));
  assert.deepEqual(textsSent(socket), ["one", "two"]);
  await socket.serverSends({
    type: "ack",
    id: delivery.id,
    room: "lobby",
    position: "e:1",
    at: 1_001,
  });
  assert.deepEqual(states.map(({ kind }) => kind), ["sending", "sent"]);
  assert.deepEqual(textsSent(socket), ["one", "two"]);
  chat.close();
});

Deno.test("Outbox does not mistake another user's entry with the same id for its own", async () => {
  const { chat, room, socket } = await startInRoom();
  const delivery = room.say("one");
  await socket.serverSends(entryOf(delivery, 1, "u2"));
  assert.equal(kindOf(delivery.state), "sending");
  chat.close();
});

for (
  const [code, retry] of [
    ["unavailable", true],
    ["slow_down", true],
    ["unknown_outcome", true],
    ["a_later_code", true],
    ["not_in_room", false],
    ["token_expired", false],
  ] as const
) {
  Deno.test(`Outbox resends an action refused with ${code} after a second, with the same id`, async () => {
    const { chat, world, room, socket } = await startInRoom();
    const delivery = room.say("one");
    room.say("two");
    await refuse(socket, code, retry);
    assert.equal(kindOf(delivery.state), "sending");
    await world.advance(999);
    assert.deepEqual(textsSent(socket), ["one"]);
    await world.advance(1);
    assert.deepEqual(textsSent(socket), ["one", "one"]);
    assert.equal(new Set(socket.sentOf("say").map(({ id }) => id)).size, 1);
    await acknowledge(socket, 1);
    assert.deepEqual(textsSent(socket), ["one", "one", "two"]);
    chat.close();
  });
}

for (const code of ["slow_down", "token_expired"]) {
  Deno.test(`Outbox knows that an action refused with ${code} was not carried out`, async () => {
    const { chat, room, socket } = await startInRoom();
    const delivery = room.say("one");
    await refuse(socket, code, code === "slow_down");
    await socket.serverSends({ type: "left", room: "lobby", reason: "banned" });
    assert.equal(kindOf(delivery.state), "failed");
    chat.close();
  });
}

Deno.test("Outbox continues after a final refusal, and resends the action on request", async () => {
  const { chat, room, socket } = await startInRoom();
  const delivery = room.say("one");
  room.say("two");
  await refuse(socket, "empty", false);
  const { value } = delivery.state;
  assert.equal(value.kind === "failed" && value.error.code, "empty");
  assert.equal(await codeOf(delivery.sent), "empty");
  assert.deepEqual(textsSent(socket), ["one", "two"]);
  await acknowledge(socket, 1);
  delivery.sendAgain();
  assert.deepEqual(textsSent(socket), ["one", "two", "one"]);
  assert.equal(socket.lastOf("say").id, delivery.id);
  const { sent } = delivery;
  await acknowledge(socket, 2);
  assert.deepEqual(await sent, { position: "e:2", at: 1_002 });
  delivery.sendAgain();
  delivery.discard();
  assert.equal(kindOf(delivery.state), "sent");
  chat.close();
});

Deno.test("Outbox gives an action a new id after id_reused", async () => {
  const { chat, room, socket } = await startInRoom();
  const delivery = room.say("one");
  const { id } = delivery;
  await refuse(socket, "id_reused", false);
  delivery.sendAgain();
  assert.notEqual(delivery.id, id);
  assert.equal(socket.lastOf("say").id, delivery.id);
  await acknowledge(socket, 1);
  await socket.serverSends(entryOf(delivery, 1));
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("Outbox discards on request only what cannot have been stored", async () => {
  const { chat, room, socket } = await startInRoom();
  const [one, two] = [room.say("one"), room.say("two")];
  one.discard();
  assert.equal(kindOf(one.state), "sending");
  two.discard();
  two.discard();
  assert.equal(kindOf(two.state), "discarded");
  assert.equal(await codeOf(two.sent), "discarded");
  await refuse(socket, "empty", false);
  one.discard();
  assert.deepEqual([kindOf(one.state), chat.outbox.value], ["discarded", []]);
  assert.deepEqual(textsSent(socket), ["one"]);
  chat.close();
});

Deno.test("Outbox does not discard an action sent on a lost connection", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const delivery = room.say("one");
  await socket.serverCloses();
  delivery.discard();
  assert.equal(kindOf(delivery.state), "waiting");
  await world.advance(500);
  chat.close();
});

Deno.test("Outbox accepts gone as the answer to a deletion", async () => {
  const { chat, room, socket } = await startInRoom();
  const [gone, other] = [room.delete("e:1"), room.edit("e:1", "too late")];
  await refuse(socket, "gone", false, "delete");
  await refuse(socket, "gone", false, "edit");
  assert.deepEqual([kindOf(gone.state), kindOf(other.state)], ["sent", "failed"]);
  chat.close();
});

Deno.test("Outbox sends each action as in the protocol", async () => {
  const { chat, room, socket } = await startInRoom();
  room.say("one", { reply: "e:7" });
  await acknowledge(socket, 1);
  room.edit("e:1", "1");
  await socket.serverAnswers("edit", { type: "ack", room: "lobby", position: "e:2", at: 1 });
  room.react("e:1", "👍");
  await socket.serverAnswers("react", { type: "ack", room: "lobby", position: "e:3", at: 1 });
  room.react("e:1", "👍", false);
  await socket.serverAnswers("react", { type: "ack", room: "lobby", position: "e:4", at: 1 });
  room.delete("e:1");
  await socket.serverAnswers("delete", { type: "ack", room: "lobby", position: "e:5", at: 1 });
  room.delete("e:2", { reason: "spam" });
  const actions = socket.sent.filter((it) => it.room === "lobby" && it.type !== "join");
  const plain = actions.map(({ id: _, ...it }) => it);
  assert.deepEqual(plain, [
    { type: "say", text: "one", reply: "e:7", room: "lobby" },
    { type: "edit", of: "e:1", text: "1", room: "lobby" },
    { type: "react", of: "e:1", emoji: "👍", on: true, room: "lobby" },
    { type: "react", of: "e:1", emoji: "👍", on: false, room: "lobby" },
    { type: "delete", of: "e:1", room: "lobby" },
    { type: "delete", of: "e:2", reason: "spam", room: "lobby" },
  ]);
  chat.close();
});

Deno.test("Outbox does not send what would make the server close the connection", async () => {
  const { chat, room, socket } = await startInRoom();
  const long = room.say("世".repeat(400));
  room.say("short");
  assert.equal(await codeOf(long.sent), "too_long");
  assert.deepEqual(textsSent(socket), ["short"]);
  chat.close();
});

Deno.test("Outbox resends an action that was not answered for 30 s, with the same id", async () => {
  const { chat, world, room, socket } = await startInRoom();
  room.say("one");
  await world.advance(2_000);
  await socket.serverSends({ type: "pong" });
  await world.advance(18_000);
  await socket.serverSends({ type: "ping" });
  await world.advance(9_999);
  assert.deepEqual(textsSent(socket), ["one"]);
  await world.advance(1);
  const [first, second] = socket.sentOf("say");
  assert.deepEqual(second, first);
  chat.close();
});

Deno.test("Outbox learns from the replay that an action with a lost answer was stored", async () => {
  const { chat, world, room } = await startInRoom();
  const [one, two] = [room.say("one"), room.say("two")];
  const states = collect(one.state);
  const again = await dropAndReconnect(world);
  await again.sendJoined("lobby", { top: "e:2", recovered: true });
  assert.deepEqual(textsSent(again), [], "not before the replay is complete");
  await again.serverSends(entryOf(one, 1), said(2, "hello"));
  assert.deepEqual(states.map(({ kind }) => kind), ["sending", "waiting", "sent"]);
  assert.deepEqual(textsSent(again), ["two"]);
  assert.equal(again.lastOf("say").id, two.id);
  chat.close();
});

Deno.test("Outbox resends, with the same id, an action that is not in the replay", async () => {
  const { chat, world, room } = await startInRoom();
  const delivery = room.say("one");
  room.say("two");
  const again = await dropAndReconnect(world);
  await again.sendJoined("lobby", { top: "e:1", recovered: true });
  await again.serverSends(said(1, "hello"));
  assert.deepEqual(textsSent(again), ["one"]);
  assert.equal(again.lastOf("say").id, delivery.id);
  chat.close();
});

Deno.test("Outbox resends an acknowledged action that is not in the replay", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const delivery = room.say("one");
  await acknowledge(socket, 1);
  assert.equal(kindOf(delivery.state), "sent");
  const again = await dropAndReconnect(world);
  await again.sendJoined("lobby", { top: "e:0", recovered: true });
  assert.equal(kindOf(delivery.state), "sending");
  assert.equal(again.lastOf("say").id, delivery.id);
  await acknowledge(again, 1);
  await again.serverSends(entryOf(delivery, 1));
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

for (
  const [reason, isSentAgain] of [
    ["too_many", false],
    ["too_old", false],
    ["rewound", true],
    ["unknown_epoch", true],
  ] as const
) {
  const what = isSentAgain ? "sends again" : "leaves alone";
  Deno.test(`Outbox ${what} an acknowledged action when a reconnect reports ${reason}`, async () => {
    const { chat, world, room, socket } = await startInRoom();
    const delivery = room.say("one");
    await acknowledge(socket, 1);
    const again = await dropAndReconnect(world);
    await again.sendJoined("lobby", { position: "f:9", recovered: false, reason, messages: [] });
    assert.deepEqual(textsSent(again), isSentAgain ? ["one"] : []);
    assert.equal(chat.outbox.value.length, isSentAgain ? 1 : 0);
    assert.equal(kindOf(delivery.state), isSentAgain ? "sending" : "sent");
    chat.close();
  });

  Deno.test(`Outbox ${what} an acknowledged action when a loss reports ${reason}`, async () => {
    const { chat, room, socket } = await startInRoom();
    room.say("one");
    await acknowledge(socket, 1);
    await socket.serverSends({ type: "lost", room: "lobby", after: "e:0", until: "f:4", reason });
    assert.deepEqual(textsSent(socket), isSentAgain ? ["one", "one"] : ["one"]);
    assert.equal(chat.outbox.value.length, isSentAgain ? 1 : 0);
    chat.close();
  });
}

Deno.test("Outbox finds a stored action among the messages that replace the replay", async () => {
  const { chat, world, room } = await startInRoom();
  const delivery = room.say("one");
  const again = await dropAndReconnect(world);
  const { type: _, room: __, ...message } = entryOf(delivery, 1);
  const opened = { recovered: false, reason: "too_many", messages: [message] };
  await again.sendJoined("lobby", { position: "e:9", ...opened });
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual(textsSent(again), []);
  chat.close();
});

/** Sends a message, is disconnected before the answer, and returns after an hour; the replay is incomplete. */
async function backAfterAnHour(does: "say" | "edit" | "react" = "say", user = "u1") {
  const begun = await startInRoom();
  const { world, room } = begun;
  const delivery = does === "say"
    ? room.say("one")
    : does === "edit"
    ? room.edit("e:1", "one")
    : room.react("e:1", "👍");
  await begun.socket.serverCloses();
  world.setClock(HOUR);
  await world.resume();
  await world.socket.open();
  await world.socket.sendHello({ user });
  const opened = { recovered: false, reason: "too_many", messages: [] };
  await world.socket.sendJoined("lobby", { position: "e:5000", ...opened });
  return { ...begun, delivery, again: world.socket };
}

Deno.test("Outbox searches the history, page by page, for an action without a receipt", async () => {
  const { chat, again, delivery } = await backAfterAnHour();
  const page = (seqs: readonly number[], more: boolean) => ({
    ...{ type: "history", room: "lobby", more, position: "e:5000" },
    messages: seqs.map((seq) => said(seq, "text")),
  });
  await again.serverAnswers("history", page([3_000, 4_000], true));
  assert.equal(again.lastOf("history")["before"], "e:3000");
  const found = { ...page([2_000], true), messages: [entryOf(delivery, 2_000)] };
  await again.serverAnswers("history", found);
  assert.deepEqual(delivery.state.value, { kind: "sent", position: "e:2000", at: 3_000 });
  assert.deepEqual([chat.outbox.value, textsSent(again)], [[], []]);
  chat.close();
});

Deno.test("Outbox sends a message that the whole history does not contain", async () => {
  const { chat, again } = await backAfterAnHour();
  const messages = [said(1, "first"), said(2, "second")];
  await again.serverAnswers("history", {
    ...{ type: "history", room: "lobby", more: false, position: "e:5000" },
    messages,
  });
  assert.deepEqual(textsSent(again), ["one"]);
  chat.close();
});

Deno.test("Outbox searches again a second later if the history cannot be read", async () => {
  const { chat, world, again } = await backAfterAnHour();
  const away = { type: "fault", code: "unavailable", message: "away", retry: true };
  await again.serverAnswers("history", away);
  assert.equal(again.sentOf("history").length, 1);
  await world.advance(1_000);
  assert.equal(again.sentOf("history").length, 2);
  assert.deepEqual(textsSent(again), []);
  chat.close();
});

Deno.test("Outbox asks the user if the history does not reach back far enough", async () => {
  const { chat, world, room, again, delivery } = await backAfterAnHour();
  const next = room.say("two");
  const page = { type: "history", room: "lobby", more: false, position: "e:5000" };
  await again.serverAnswers("history", {
    ...page,
    messages: [said(4_000, "the oldest retained one")],
  });
  assert.equal(kindOf(delivery.state), "unsure");
  assert.deepEqual(textsSent(again), ["two"], "it does not block the next message");
  await world.advance(2_000);
  await again.serverSends({ type: "pong" });
  await world.advance(18_000);
  assert.deepEqual(textsSent(again), ["two"]);
  await acknowledge(again, 5_001);
  const { sent } = delivery;
  delivery.sendAgain();
  assert.equal(kindOf(delivery.state), "sending");
  await acknowledge(again, 5_002);
  assert.deepEqual([await sent, await next.sent].map(({ position }) => position), [
    "e:5002",
    "e:5001",
  ]);
  chat.close();
});

Deno.test("Outbox asks the user about an unsure edit, and resends a reaction", async () => {
  for (const [does, kind] of [["edit", "unsure"], ["react", "sending"]] as const) {
    const { chat, delivery } = await backAfterAnHour(does);
    assert.equal(kindOf(delivery.state), kind);
    delivery.discard();
    assert.equal(kindOf(delivery.state), does === "edit" ? "discarded" : "sending");
    chat.close();
  }
});

Deno.test("Outbox searches for what it sent as another user", async () => {
  const { chat, again, delivery } = await backAfterAnHour("say", "u7");
  const page = { type: "history", room: "lobby", more: false, position: "e:5000" };
  await again.serverAnswers("history", { ...page, messages: [entryOf(delivery, 1, "u1")] });
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual(textsSent(again), []);
  chat.close();
});

Deno.test("Outbox sends to two rooms independently, and lists everything in order", async () => {
  const { chat, room, socket } = await startInRoom();
  const attic = chat.join("attic");
  const deliveries = [room.say("one"), attic.say("two"), room.say("three")];
  assert.deepEqual(textsSent(socket), ["one"]);
  await socket.sendJoined("attic");
  assert.deepEqual(textsSent(socket), ["one", "two"], "one room does not wait for the other");
  assert.deepEqual(chat.outbox.value, deliveries);
  chat.close();
});

Deno.test("Outbox keeps unsent actions when their room is left, until it is joined again", async () => {
  const { chat, room, socket } = await startInRoom();
  const [one, two] = [room.say("one"), room.say("two")];
  room.leave();
  assert.deepEqual([kindOf(one.state), kindOf(two.state)], ["waiting", "waiting"]);
  await acknowledge(socket, 1);
  assert.deepEqual(chat.outbox.value, [two]);
  chat.join("lobby");
  await socket.sendJoined("lobby", { position: "e:1" });
  assert.deepEqual(textsSent(socket), ["one", "two"]);
  chat.close();
});

Deno.test("Outbox rejects only unanswered actions when the chat is closed", async () => {
  const { chat, room, socket } = await startInRoom();
  const [one, two] = [room.say("one"), room.say("two")];
  await acknowledge(socket, 1);
  const waiting = codeOf(two.sent);
  chat.close();
  assert.equal(await waiting, "closed");
  assert.equal((await one.sent).position, "e:1");
});

Deno.test("Delivery ends a loop over its state when the state is final", async () => {
  const { chat, room, socket } = await startInRoom();
  const [one, two] = [room.say("one"), room.say("two")];
  const kinds = [one, two].map(async ({ state }) => {
    const all: string[] = [];
    for await (const { kind } of state) all.push(kind);
    return all;
  });
  two.discard();
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  await socket.serverSends(said(1, "one", { user: "u1", id: one.id }));
  assert.deepEqual(await Promise.all(kinds), [["sending", "sent"], ["waiting", "discarded"]]);
  chat.close();
});

Deno.test("Delivery that is resent after the end is rejected", async () => {
  const { chat, room, socket } = await startInRoom();
  const delivery = room.say("one");
  const fault = { type: "fault", code: "empty", message: "there is no text", retry: false };
  await socket.serverAnswers("say", fault);
  chat.close();
  delivery.sendAgain();
  await assert.rejects(delivery.sent, { code: "closed" });
});

Deno.test("Outbox sends an acknowledged action again that the log has lost, although another page took it for sent", async () => {
  const storage = new FakeStorage();
  const { chat, world, room, socket } = await startInRoom({ storage });
  const delivery = room.say("one");
  await acknowledge(socket, 1);
  // It is opened while the entry has not arrived, and has nothing left to do for it.
  const other = startChat({ storage });
  assert.deepEqual([storage.actionKeys, other.chat.outbox.value], [[], []]);
  const again = await dropAndReconnect(world);
  const lost = { position: "f:9", recovered: false, reason: "rewound", messages: [] };
  await again.sendJoined("lobby", lost);
  assert.deepEqual([textsSent(again), kindOf(delivery.state)], [["one"], "sending"]);
  assert.equal(storage.actionKeys.length, 1);
  for (const it of [chat, other.chat]) it.close();
});

Deno.test("Outbox does not send an action that was discarded while queued", async () => {
  const { chat, world, room, socket } = await startInRoom();
  exhaustRateLimit(room);
  const delivery = room.say("oops");
  room.leave();
  delivery.discard();
  assert.equal(kindOf(delivery.state), "discarded");
  await world.advance(10_000);
  assert.deepEqual(socket.sentOf("say"), []);
  chat.close();
});

Deno.test("Outbox does not forget what another page has sent when it learns which service it is", async () => {
  const storage = new FakeStorage();
  const first = startChat({ storage });
  first.chat.join("lobby").say("once");
  const second = startChat({ storage });
  await first.world.socket.open();
  await first.world.socket.sendHello({ service: "s1" });
  await first.world.socket.sendJoined("lobby");
  assert.equal(first.world.socket.sentOf("say").length, 1);
  await first.world.socket.serverCloses();
  // Longer than the server recognizes a repetition.
  await second.world.advance(3_600_000);
  second.chat.join("lobby");
  await second.world.socket.open();
  await second.world.socket.sendHello({ service: "s1" });
  await second.world.socket.sendJoined("lobby", { messages: [], more: true });
  assert.deepEqual(second.world.socket.sentOf("say"), []);
  assert.equal(second.world.socket.sentOf("history").length, 1);
  for (const { chat } of [first, second]) chat.close();
});

Deno.test("Outbox does not store again, or send, what another page has sent before this one learns which service it is", async () => {
  const storage = new FakeStorage();
  const first = startChat({ storage });
  first.chat.join("lobby").say("once");
  // It belongs to no service yet.
  const second = startChat({ storage });
  second.chat.join("lobby");
  await first.world.socket.open();
  await first.world.socket.sendHello({ service: "s1" });
  await first.world.socket.sendJoined("lobby");
  const { id } = first.world.socket.lastOf("say");
  await first.world.socket.serverSends(said(1, "once", { user: "u1", id }));
  assert.deepEqual(storage.actionKeys, []);
  await second.world.advance(3_600_000);
  await second.world.socket.open();
  await second.world.socket.sendHello({ service: "s1" });
  assert.deepEqual(storage.actionKeys, []);
  await second.world.socket.sendJoined("lobby", { messages: [], more: true });
  assert.deepEqual(second.world.socket.sentOf("say"), []);
  assert.deepEqual(second.chat.outbox.value, []);
  for (const { chat } of [first, second]) chat.close();
});

Deno.test("Outbox does not send an action that another page has settled while it was queued", async () => {
  const storage = new FakeStorage();
  const { chat, world, room, socket } = await startInRoom({ storage });
  exhaustRateLimit(room);
  const one = room.say("one");
  room.say("other");
  storage.removeItem(storage.actionKeys[0] ?? "");
  await world.advance(10_000);
  assert.deepEqual(socket.sentOf("say").map(({ text }) => text), ["other"]);
  assert.equal(kindOf(one.state), "discarded");
  chat.close();
});

Deno.test("Outbox does not send an action that another page has sent while it was queued", async () => {
  const storage = new FakeStorage();
  const { chat, world, room, socket } = await startInRoom({ storage });
  exhaustRateLimit(room);
  const delivery = room.say("hello");
  await socket.serverSends(said(1, "hello", { user: "u1", id: delivery.id }));
  await world.advance(10_000);
  assert.deepEqual(socket.sentOf("say"), []);
  assert.deepEqual(storage.actionKeys, []);
  chat.close();
});

Deno.test("Outbox handles thousands of actions that the server would not accept", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await socket.serverCloses();
  for (let i = 0; i < 5_000; i += 1) room.say("x".repeat(1_000));
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.sendHello();
  await world.socket.sendJoined("lobby", { recovered: true });
  assert.ok(chat.outbox.value.every(({ state }) => kindOf(state) === "failed"));
  chat.close();
});

/** Makes enough requests in a room that the next one is queued. */
function exhaustRateLimit(room: Room): void {
  for (let i = 0; i < 40; i += 1) room.history().catch(() => {});
}

Deno.test("A delivery reports each state once", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const delivery = room.say("one");
  const kinds = collect(delivery.state);
  await socket.serverCloses();
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.sendHello();
  await world.socket.sendJoined("lobby", { recovered: true });
  const { id } = world.socket.lastOf("say");
  await world.socket.serverSends({ type: "ack", id, room: "lobby", position: "e:1", at: 1_001 });
  await world.socket.serverSends(said(1, "one", { user: "u1", name: "Ann", id }));
  assert.deepEqual(kinds.map(({ kind }) => kind), [
    ...["sending", "waiting"],
    ...["sending", "sent"],
  ]);
  assert.deepEqual(await delivery.sent, { position: "e:1", at: 1_001 });
  chat.close();
});

Deno.test("A delivery that waits for a connection is reported once", async () => {
  const { chat, world } = startChat();
  const states = collect(chat.join("lobby").say("one").state);
  await world.socket.open();
  await world.socket.serverCloses();
  assert.deepEqual(states.map(({ kind }) => kind), ["waiting"]);
  chat.close();
});
