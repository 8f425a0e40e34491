/** Listeners that do something themselves, in the midst of what they are told: nothing may be done twice, late or after the end. */
import assert from "node:assert/strict";
import { begin, beginInRoom, beginOnline, codeOf, heard, kindOf, said } from "./client_fakes.ts";

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

for (const value of ["me", "limits"] as const) {
  Deno.test(`Chat stays closed when it is closed by who hears of its ${value}`, async () => {
    const { chat, world } = begin();
    chat.join("lobby");
    const stop: () => void = chat[value].subscribe((it: unknown) => it !== null && chat.close());
    await world.socket.open();
    await world.socket.greet();
    assert.equal(kindOf(chat.state), "closed");
    assert.equal(world.timers, 0);
    stop();
  });
}

for (const end of ["Room.leave()", "Chat.close()"] as const) {
  Deno.test(`${end} by who hears that something is being sent comes before it`, async () => {
    const { chat, world, room, socket } = await beginInRoom();
    const leave = () => end === "Room.leave()" ? room.leave() : chat.close();
    chat.outbox.subscribe(([it]) =>
      it?.state.subscribe(({ kind }) => kind === "sending" && leave())
    );
    const delivery = room.say("hello");
    assert.deepEqual(socket.sentOf("say"), []);
    assert.equal(kindOf(delivery.state), "waiting");
    chat.close();
    assert.equal(world.timers, 0);
  });
}

Deno.test("Chat answers what is asked by who hears that the connection is lost", async () => {
  const { chat, room, socket } = await beginInRoom();
  const attic = chat.join("attic");
  await socket.joined("attic");
  const asked: Promise<unknown>[] = [];
  room.state.subscribe(({ kind }) => {
    if (kind === "joining") asked.push(attic.history(), chat.rename("Bea"));
  });
  await socket.drop();
  for (const it of asked) assert.equal(await codeOf(it), "disconnected");
  assert.equal(asked.length, 2);
  chat.close();
});

Deno.test("Chat sends nothing on the next connection that was asked for when the last one ended", async () => {
  const { chat, world } = begin();
  const [room, attic] = [chat.join("lobby"), chat.join("attic")];
  await world.socket.open();
  await world.socket.greet({ perSecond: 1 });
  await world.socket.joined("lobby");
  await world.advance(1_000);
  await world.socket.joined("attic");
  room.state.subscribe(({ kind }) => kind === "joining" && attic.leave());
  await world.socket.drop();
  await world.advance(3_000);
  assert.equal(kindOf(attic.state), "left");
  assert.deepEqual(world.socket.sent, []);
  chat.close();
});

Deno.test("Chat joins all rooms again where the connection ended with the answer to a new name", async () => {
  const { chat, world, socket } = await beginInRoom();
  const attic = chat.join("attic");
  const fault = { type: "fault", room: "attic", code: "name_taken", message: "taken" };
  await socket.answer("join", { ...fault, retry: false });
  assert.equal(kindOf(attic.state), "refused");
  const renaming = chat.rename("Bea");
  // A hole, so that this connection is given up.
  await socket.tell({ type: "ack", id: socket.lastOf("name").id ?? "" }, said(7, "late"));
  await renaming;
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.greet({ name: "Bea" });
  assert.deepEqual(world.socket.sentOf("join").map(({ room }) => room), ["lobby", "attic"]);
  chat.close();
});

Deno.test("Room.leave() once more leaves alone the room that was joined in its place", async () => {
  const { chat, room, socket } = await beginInRoom();
  room.leave();
  const again = chat.join("lobby");
  room.leave();
  await socket.joined("lobby");
  assert.equal(kindOf(again.state), "joined");
  assert.deepEqual(chat.rooms.value, [again]);
  chat.close();
});

Deno.test("Chat.join() gives a new room to who hears that the old one was left", async () => {
  const { chat, room, socket } = await beginInRoom();
  room.state.subscribe(({ kind }) => kind === "left" && chat.join("lobby"));
  room.leave();
  await socket.joined("lobby");
  assert.deepEqual(chat.rooms.value.map(({ state }) => kindOf(state)), ["joined"]);
  assert.deepEqual(socket.sent.slice(-2).map(({ type }) => type), ["leave", "join"]);
  chat.close();
});

Deno.test("Chat does not ask for a room that is left by who hears that it was joined", async () => {
  const { chat, world } = await beginOnline();
  chat.rooms.subscribe(([room]) => room?.leave());
  chat.join("lobby");
  assert.deepEqual(world.socket.sentOf("join"), []);
  chat.close();
});
