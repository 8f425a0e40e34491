/** Listeners that do something themselves, in the midst of what they are told: nothing may be done twice, late or after the end. */
import assert from "node:assert/strict";
import { begin, beginInRoom, beginOnline, heard, kindOf } from "./client_fakes.ts";

Deno.test("Chat joins a room that was asked for between the handshake and the greeting", async () => {
  const { chat, world } = begin();
  await world.socket.open();
  const room = chat.join("lobby");
  await world.socket.greet();
  await world.socket.joined("lobby");
  assert.equal(kindOf(room.state), "joined");
  chat.close();
});

Deno.test("Chat joins the second room though the first one was left before the greeting", async () => {
  const { chat, world } = begin();
  const attic = chat.join("attic");
  chat.join("lobby");
  await world.socket.open();
  attic.leave();
  await world.socket.greet();
  const { socket } = world;
  assert.deepEqual(socket.sent.map(({ type, room }) => [type, room]), [
    ["hello", undefined],
    ["join", "attic"],
    ["leave", "attic"],
    ["join", "lobby"],
  ]);
  chat.close();
});

Deno.test("Chat asks once for a room that is joined by who hears that it is online", async () => {
  const { chat, world } = begin();
  chat.join("lobby");
  chat.state.subscribe(({ kind }) => kind === "online" && chat.join("attic"));
  await world.socket.open();
  await world.socket.greet();
  assert.deepEqual(world.socket.sentOf("join").map(({ room }) => room), ["lobby", "attic"]);
  chat.close();
});

Deno.test("Chat does not ask again on a new connection what was to be tried again on the old one", async () => {
  const { chat, world } = begin();
  chat.join("lobby");
  await world.socket.open();
  await world.socket.greet();
  const away = { type: "fault", room: "lobby", code: "unavailable", message: "away", retry: true };
  await world.socket.answer("join", away);
  await world.socket.drop();
  await world.advance(500);
  await world.socket.open();
  await world.socket.greet();
  await world.advance(600);
  assert.equal(world.sockets.length, 2);
  assert.equal(world.socket.sentOf("join").length, 1);
  chat.close();
});

Deno.test("Chat stays closed when it is closed by who hears that a room is lost", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  room.state.subscribe(({ kind }) => kind === "joining" && chat.close());
  await socket.drop();
  assert.equal(kindOf(chat.state), "closed");
  await world.advance(60_000);
  assert.equal(world.sockets.length, 1);
});

Deno.test("Chat stays closed when it is closed by who hears that it connects", async () => {
  const { chat, world } = await beginOnline();
  chat.state.subscribe(({ kind }) => kind === "connecting" && chat.close());
  await world.socket.drop();
  await world.advance(60_000);
  assert.equal(kindOf(chat.state), "closed");
  assert.ok(world.sockets.slice(1).every(({ closedWith }) => closedWith === 1000));
  assert.equal(world.timers, 0);
});

Deno.test("Chat keeps the connection that who hears of the wait has asked for", async () => {
  const { chat, world } = await beginOnline();
  chat.state.subscribe(({ kind }) => kind === "waiting" && chat.retryNow());
  await world.socket.drop();
  assert.equal(world.sockets.length, 2);
  await world.socket.open();
  await world.socket.greet();
  await world.advance(21_000);
  assert.equal(kindOf(chat.state), "online");
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Chat is not cut off by a wake that came in the midst of an end", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  room.state.subscribe(({ kind }) => kind === "joining" && chat.retryNow());
  await socket.drop();
  await world.advance(500);
  assert.equal(world.sockets.length, 2);
  await world.advance(6_000);
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Value tells everybody the newest last, also where a listener has changed it", async () => {
  const { chat, world } = await beginOnline();
  chat.state.subscribe(({ kind }) => kind === "waiting" && chat.retryNow());
  const kinds = heard(chat.state);
  await world.socket.drop();
  assert.equal(kinds.at(-1)?.kind, "connecting");
  chat.close();
});

for (const value of ["state", "me", "members"] as const) {
  Deno.test(`Room stays left when it is left by who hears of its ${value} on joining`, async () => {
    const { chat, world } = begin();
    const room = chat.join("lobby");
    const delivery = room.say("hello");
    let isArmed = false;
    room[value].subscribe(() => isArmed && room.leave());
    await world.socket.open();
    await world.socket.greet();
    isArmed = true;
    await world.socket.joined("lobby");
    assert.equal(kindOf(room.state), "left");
    assert.equal(world.socket.sentOf("say").length, 0);
    assert.equal(kindOf(delivery.state), "waiting");
    chat.close();
  });
}

Deno.test("Delivery of a text that is acknowledged after its room was left is settled", async () => {
  const { chat, room, socket } = await beginInRoom();
  const delivery = room.say("bye");
  room.leave();
  await socket.answer("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("Delivery of a text that is said after the end is rejected", async () => {
  const { chat, room } = await beginInRoom();
  chat.close();
  await assert.rejects(room.say("too late").sent, { code: "closed" });
});

Deno.test("Link takes an answer for one though no time has passed since the last word", async () => {
  const { chat, world } = await beginOnline();
  await world.wake();
  await world.socket.answer("ping", { type: "pong" });
  await world.advance(5_000);
  assert.equal(kindOf(chat.state), "online");
  chat.close();
});

Deno.test("Feed gives each of two who ask at once something", async () => {
  const { chat, room, socket } = await beginInRoom();
  const events = room.events[Symbol.asyncIterator]();
  const both = Promise.all([events.next(), events.next()]);
  const entry = { type: "said", room: "lobby", at: 1, user: "u2", name: "Bob" };
  await socket.tell({ ...entry, id: "b1", position: "e:1", text: "one" });
  await socket.tell({ ...entry, id: "b2", position: "e:2", text: "two" });
  chat.close();
  const texts = (await both).map(({ value }) => "text" in value ? value.text : undefined);
  assert.deepEqual(texts, ["one", "two"]);
});
