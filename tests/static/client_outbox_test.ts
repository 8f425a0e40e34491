/** What becomes of what is said: in order, one under way at a time, kept until the room's log has told it, and never said twice. */
import assert from "node:assert/strict";
import type { Delivery, Room } from "../../static/client.js";
import {
  beginInRoom,
  codeOf,
  comeBack,
  type FakeSocket,
  FakeStorage,
  heard,
  kindOf,
  said,
} from "./client_fakes.ts";

const HOUR = 3_600_000;

/** The server's answer to the latest say. */
function acknowledge(socket: FakeSocket, seq: number): Promise<void> {
  return socket.answer("say", {
    type: "ack",
    room: "lobby",
    position: `e:${seq}`,
    at: 1_000 + seq,
  });
}

/** The entry of a delivery. */
function entryOf({ id, deed }: Delivery, seq: number, user = "u1") {
  return said(seq, "text" in deed ? deed.text : "", { id, user, name: "Ann" });
}

function refuse(socket: FakeSocket, code: string, retry: boolean, request = "say"): Promise<void> {
  return socket.answer(request, { type: "fault", code, message: `it is ${code}`, retry });
}

function textsSent(socket: FakeSocket): readonly unknown[] {
  return socket.sentOf("say").map(({ text }) => text);
}

Deno.test("Outbox sends one at a time, in the order said, each after the answer to the one before", async () => {
  const { chat, room, socket } = await beginInRoom();
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
  assert.equal(chat.outbox.value.length, 3, "until the entries have come");
  await socket.tell(...deliveries.map((it, index) => entryOf(it, index + 1)));
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("Outbox takes the entry for an answer where it comes before the ack", async () => {
  const { chat, room, socket } = await beginInRoom();
  const delivery = room.say("one");
  room.say("two");
  const states = heard(delivery.state);
  await socket.tell(entryOf(delivery, 1));
  assert.deepEqual(textsSent(socket), ["one", "two"]);
  await socket.tell({ type: "ack", id: delivery.id, room: "lobby", position: "e:1", at: 1_001 });
  assert.deepEqual(states.map(({ kind }) => kind), ["sending", "sent"]);
  assert.deepEqual(textsSent(socket), ["one", "two"]);
  chat.close();
});

Deno.test("Outbox takes nobody else's entry for its own, though it has the same id", async () => {
  const { chat, room, socket } = await beginInRoom();
  const delivery = room.say("one");
  await socket.tell(entryOf(delivery, 1, "u2"));
  assert.equal(kindOf(delivery.state), "sending");
  chat.close();
});

for (const code of ["unavailable", "slow_down", "unknown_outcome", "a_later_code", "not_in_room"]) {
  Deno.test(`Outbox sends again after a second, with the same id, what was refused with ${code}`, async () => {
    const { chat, world, room, socket } = await beginInRoom();
    const delivery = room.say("one");
    room.say("two");
    await refuse(socket, code, code !== "not_in_room");
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

Deno.test("Outbox goes on after what was refused for good, and sends it again when asked to", async () => {
  const { chat, room, socket } = await beginInRoom();
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

Deno.test("Outbox gives a new id to what is sent again after id_reused", async () => {
  const { chat, room, socket } = await beginInRoom();
  const delivery = room.say("one");
  const { id } = delivery;
  await refuse(socket, "id_reused", false);
  delivery.sendAgain();
  assert.notEqual(delivery.id, id);
  assert.equal(socket.lastOf("say").id, delivery.id);
  await acknowledge(socket, 1);
  await socket.tell(entryOf(delivery, 1));
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("Outbox gives up what a person discards: never what may be done yet", async () => {
  const { chat, room, socket } = await beginInRoom();
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

Deno.test("Outbox does not discard what was sent on a lost connection", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  const delivery = room.say("one");
  await socket.drop();
  delivery.discard();
  assert.equal(kindOf(delivery.state), "waiting");
  await world.advance(500);
  chat.close();
});

Deno.test("Outbox takes gone for an answer where something was to be deleted", async () => {
  const { chat, room, socket } = await beginInRoom();
  const [gone, other] = [room.delete("e:1"), room.edit("e:1", "too late")];
  await refuse(socket, "gone", false, "delete");
  await refuse(socket, "gone", false, "edit");
  assert.deepEqual([kindOf(gone.state), kindOf(other.state)], ["sent", "failed"]);
  chat.close();
});

Deno.test("Outbox sends each deed as the protocol has it", async () => {
  const { chat, room, socket } = await beginInRoom();
  room.say("one", { reply: "e:7" });
  await acknowledge(socket, 1);
  room.edit("e:1", "1");
  await socket.answer("edit", { type: "ack", room: "lobby", position: "e:2", at: 1 });
  room.react("e:1", "👍");
  await socket.answer("react", { type: "ack", room: "lobby", position: "e:3", at: 1 });
  room.react("e:1", "👍", false);
  await socket.answer("react", { type: "ack", room: "lobby", position: "e:4", at: 1 });
  room.delete("e:1");
  const deeds = socket.sent.filter((it) => it.room === "lobby" && it.type !== "join");
  const plain = deeds.map(({ id: _, ...it }) => it);
  assert.deepEqual(plain, [
    { type: "say", text: "one", reply: "e:7", room: "lobby" },
    { type: "edit", of: "e:1", text: "1", room: "lobby" },
    { type: "react", of: "e:1", emoji: "👍", on: true, room: "lobby" },
    { type: "react", of: "e:1", emoji: "👍", on: false, room: "lobby" },
    { type: "delete", of: "e:1", room: "lobby" },
  ]);
  chat.close();
});

Deno.test("Outbox does not send what the server would close the connection over", async () => {
  const { chat, room, socket } = await beginInRoom();
  const long = room.say("世".repeat(400));
  room.say("short");
  assert.equal(await codeOf(long.sent), "too_long");
  assert.deepEqual(textsSent(socket), ["short"]);
  chat.close();
});

Deno.test("Outbox sends again what was not answered for 30 s, with the same id", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  room.say("one");
  await world.advance(20_000);
  await socket.tell({ type: "ping" });
  await world.advance(9_999);
  assert.deepEqual(textsSent(socket), ["one"]);
  await world.advance(1);
  const [first, second] = socket.sentOf("say");
  assert.deepEqual(second, first);
  chat.close();
});

Deno.test("Outbox learns from what it missed that a deed was done whose answer was lost", async () => {
  const { chat, world, room } = await beginInRoom();
  const [one, two] = [room.say("one"), room.say("two")];
  const states = heard(one.state);
  const again = await comeBack(world);
  await again.joined("lobby", { top: "e:2", recovered: true });
  assert.deepEqual(textsSent(again), [], "not before all that was missed has come");
  await again.tell(entryOf(one, 1), said(2, "hello"));
  assert.deepEqual(states.map(({ kind }) => kind), ["sending", "waiting", "sent"]);
  assert.deepEqual(textsSent(again), ["two"]);
  assert.equal(again.lastOf("say").id, two.id);
  chat.close();
});

Deno.test("Outbox sends again, with the same id, what was not in what it missed", async () => {
  const { chat, world, room } = await beginInRoom();
  const delivery = room.say("one");
  room.say("two");
  const again = await comeBack(world);
  await again.joined("lobby", { top: "e:1", recovered: true });
  await again.tell(said(1, "hello"));
  assert.deepEqual(textsSent(again), ["one"]);
  assert.equal(again.lastOf("say").id, delivery.id);
  chat.close();
});

Deno.test("Outbox sends again what was acknowledged and is not in what it missed", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  const delivery = room.say("one");
  await acknowledge(socket, 1);
  assert.equal(kindOf(delivery.state), "sent");
  const again = await comeBack(world);
  await again.joined("lobby", { top: "e:0", recovered: true });
  assert.equal(kindOf(delivery.state), "sending");
  assert.equal(again.lastOf("say").id, delivery.id);
  await acknowledge(again, 1);
  await again.tell(entryOf(delivery, 1));
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
  Deno.test(`Outbox ${what} what was acknowledged, where it comes back and finds ${reason}`, async () => {
    const { chat, world, room, socket } = await beginInRoom();
    const delivery = room.say("one");
    await acknowledge(socket, 1);
    const again = await comeBack(world);
    await again.joined("lobby", { position: "f:9", recovered: false, reason, messages: [] });
    assert.deepEqual(textsSent(again), isSentAgain ? ["one"] : []);
    assert.equal(chat.outbox.value.length, isSentAgain ? 1 : 0);
    assert.equal(kindOf(delivery.state), isSentAgain ? "sending" : "sent");
    chat.close();
  });

  Deno.test(`Outbox ${what} what was acknowledged, where ${reason} is lost meanwhile`, async () => {
    const { chat, room, socket } = await beginInRoom();
    room.say("one");
    await acknowledge(socket, 1);
    await socket.tell({ type: "lost", room: "lobby", after: "e:0", until: "f:4", reason });
    assert.deepEqual(textsSent(socket), isSentAgain ? ["one", "one"] : ["one"]);
    assert.equal(chat.outbox.value.length, isSentAgain ? 1 : 0);
    chat.close();
  });
}

Deno.test("Outbox finds what was done among the messages that stand in the place of all", async () => {
  const { chat, world, room } = await beginInRoom();
  const delivery = room.say("one");
  const again = await comeBack(world);
  const { type: _, room: __, ...message } = entryOf(delivery, 1);
  const opened = { recovered: false, reason: "too_many", messages: [message] };
  await again.joined("lobby", { position: "e:9", ...opened });
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual(textsSent(again), []);
  chat.close();
});

/** Says something, is cut off before the answer, and comes back after an hour; not all that was missed can be given. */
async function backAfterAnHour(does: "say" | "edit" | "react" = "say", user = "u1") {
  const begun = await beginInRoom();
  const { world, room } = begun;
  const delivery = does === "say"
    ? room.say("one")
    : does === "edit"
    ? room.edit("e:1", "one")
    : room.react("e:1", "👍");
  await begun.socket.drop();
  world.setClock(HOUR);
  await world.wake();
  await world.socket.open();
  await world.socket.greet({ user });
  const opened = { recovered: false, reason: "too_many", messages: [] };
  await world.socket.joined("lobby", { position: "e:5000", ...opened });
  return { ...begun, delivery, again: world.socket };
}

Deno.test("Outbox looks into the history, page by page, for what the server knows no more", async () => {
  const { chat, again, delivery } = await backAfterAnHour();
  const page = (seqs: readonly number[], more: boolean) => ({
    ...{ type: "history", room: "lobby", more, position: "e:5000" },
    messages: seqs.map((seq) => said(seq, "text")),
  });
  await again.answer("history", page([3_000, 4_000], true));
  assert.equal(again.lastOf("history")["before"], "e:3000");
  const found = { ...page([2_000], true), messages: [entryOf(delivery, 2_000)] };
  await again.answer("history", found);
  assert.deepEqual(delivery.state.value, { kind: "sent", position: "e:2000", at: 3_000 });
  assert.deepEqual([chat.outbox.value, textsSent(again)], [[], []]);
  chat.close();
});

Deno.test("Outbox sends what the whole history does not have", async () => {
  const { chat, again } = await backAfterAnHour();
  const messages = [said(1, "first"), said(2, "second")];
  await again.answer("history", {
    ...{ type: "history", room: "lobby", more: false, position: "e:5000" },
    messages,
  });
  assert.deepEqual(textsSent(again), ["one"]);
  chat.close();
});

Deno.test("Outbox looks again a second later where the history cannot be had", async () => {
  const { chat, world, again } = await backAfterAnHour();
  const away = { type: "fault", code: "unavailable", message: "away", retry: true };
  await again.answer("history", away);
  assert.equal(again.sentOf("history").length, 1);
  await world.advance(1_000);
  assert.equal(again.sentOf("history").length, 2);
  assert.deepEqual(textsSent(again), []);
  chat.close();
});

Deno.test("Outbox asks the person where the history does not reach back far enough", async () => {
  const { chat, world, room, again, delivery } = await backAfterAnHour();
  const next = room.say("two");
  const page = { type: "history", room: "lobby", more: false, position: "e:5000" };
  await again.answer("history", { ...page, messages: [said(4_000, "the oldest that is kept")] });
  assert.equal(kindOf(delivery.state), "unsure");
  assert.deepEqual(textsSent(again), ["two"], "it stands in nobody's way");
  await world.advance(20_000);
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

Deno.test("Outbox asks the person about an edit that is in doubt, and sends a reaction once more", async () => {
  for (const [does, kind] of [["edit", "unsure"], ["react", "sending"]] as const) {
    const { chat, delivery } = await backAfterAnHour(does);
    assert.equal(kindOf(delivery.state), kind);
    delivery.discard();
    assert.equal(kindOf(delivery.state), does === "edit" ? "discarded" : "sending");
    chat.close();
  }
});

Deno.test("Outbox looks for what it has sent as somebody else", async () => {
  const { chat, again, delivery } = await backAfterAnHour("say", "u7");
  const page = { type: "history", room: "lobby", more: false, position: "e:5000" };
  await again.answer("history", { ...page, messages: [entryOf(delivery, 1, "u1")] });
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual(textsSent(again), []);
  chat.close();
});

Deno.test("Outbox keeps apart what is said in two rooms, and shows all in the order said", async () => {
  const { chat, room, socket } = await beginInRoom();
  const attic = chat.join("attic");
  const deliveries = [room.say("one"), attic.say("two"), room.say("three")];
  assert.deepEqual(textsSent(socket), ["one"]);
  await socket.joined("attic");
  assert.deepEqual(textsSent(socket), ["one", "two"], "one room does not wait for the other");
  assert.deepEqual(chat.outbox.value, deliveries);
  chat.close();
});

Deno.test("Outbox keeps what was not sent when its room is left, until one joins again", async () => {
  const { chat, room, socket } = await beginInRoom();
  const [one, two] = [room.say("one"), room.say("two")];
  room.leave();
  assert.deepEqual([kindOf(one.state), kindOf(two.state)], ["waiting", "waiting"]);
  await acknowledge(socket, 1);
  assert.deepEqual(chat.outbox.value, [two]);
  chat.join("lobby");
  await socket.joined("lobby", { position: "e:1" });
  assert.deepEqual(textsSent(socket), ["one", "two"]);
  chat.close();
});

Deno.test("Outbox tells that the conversation is closed of what was not answered, and of nothing else", async () => {
  const { chat, room, socket } = await beginInRoom();
  const [one, two] = [room.say("one"), room.say("two")];
  await acknowledge(socket, 1);
  const waiting = codeOf(two.sent);
  chat.close();
  assert.equal(await waiting, "closed");
  assert.equal((await one.sent).position, "e:1");
});

Deno.test("Delivery ends a loop over its state when nothing more becomes of it", async () => {
  const { chat, room, socket } = await beginInRoom();
  const [one, two] = [room.say("one"), room.say("two")];
  const kinds = [one, two].map(async ({ state }) => {
    const all: string[] = [];
    for await (const { kind } of state) all.push(kind);
    return all;
  });
  two.discard();
  await socket.answer("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  await socket.tell(said(1, "one", { user: "u1", id: one.id }));
  assert.deepEqual(await Promise.all(kinds), [["sending", "sent", "sent"], [
    "waiting",
    "discarded",
  ]]);
  chat.close();
});

Deno.test("Delivery that is sent again after the end is rejected", async () => {
  const { chat, room, socket } = await beginInRoom();
  const delivery = room.say("one");
  const fault = { type: "fault", code: "empty", message: "there is no text", retry: false };
  await socket.answer("say", fault);
  chat.close();
  delivery.sendAgain();
  await assert.rejects(delivery.sent, { code: "closed" });
});

Deno.test("Outbox does not send what was given up while it waited for its turn", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  spend(room);
  const delivery = room.say("oops");
  room.leave();
  delivery.discard();
  assert.equal(kindOf(delivery.state), "discarded");
  await world.advance(10_000);
  assert.deepEqual(socket.sentOf("say"), []);
  chat.close();
});

Deno.test("Outbox does not send what another page has said while it waited for its turn", async () => {
  const storage = new FakeStorage();
  const { chat, world, room, socket } = await beginInRoom({ storage });
  spend(room);
  const delivery = room.say("hello");
  await socket.tell(said(1, "hello", { user: "u1", id: delivery.id }));
  await world.advance(10_000);
  assert.deepEqual(socket.sentOf("say"), []);
  assert.deepEqual(storage.deeds, []);
  chat.close();
});

Deno.test("Outbox gets through thousands that the server would not take", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  await socket.drop();
  for (let i = 0; i < 5_000; i += 1) room.say("x".repeat(1_000));
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.greet();
  await world.socket.joined("lobby", { recovered: true });
  assert.ok(chat.outbox.value.every(({ state }) => kindOf(state) === "failed"));
  chat.close();
});

/** Asks so much in a room that what comes next has to wait for its turn. */
function spend(room: Room): void {
  for (let i = 0; i < 40; i += 1) room.history().catch(() => {});
}
