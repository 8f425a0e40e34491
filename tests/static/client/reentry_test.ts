/** Listeners that act while they are being notified: nothing may be done twice, too late or after the end. */
import assert from "node:assert/strict";
import {
  codeOf,
  collect,
  kindOf,
  said,
  startChat,
  startInRoom,
  startOnline,
} from "./fake_platform.ts";

Deno.test("Chat joins a room that was requested between the handshake and the server's hello", async () => {
  const { chat, world } = startChat();
  await world.socket.open();
  const room = chat.join("lobby");
  await world.socket.sendHello();
  await world.socket.sendJoined("lobby");
  assert.equal(kindOf(room.state), "joined");
  chat.close();
});

Deno.test("Chat joins the second room when the first one was left before the server's hello", async () => {
  const { chat, world } = startChat();
  const attic = chat.join("attic");
  chat.join("lobby");
  await world.socket.open();
  attic.leave();
  await world.socket.sendHello();
  const { socket } = world;
  assert.deepEqual(socket.sent.map(({ type, room }) => [type, room]), [
    ["hello", undefined],
    ["join", "attic"],
    ["leave", "attic"],
    ["join", "lobby"],
  ]);
  chat.close();
});

Deno.test("Chat sends one join for a room that a listener joins when the chat is online", async () => {
  const { chat, world } = startChat();
  chat.join("lobby");
  chat.state.subscribe(({ kind }) => kind === "online" && chat.join("attic"));
  await world.socket.open();
  await world.socket.sendHello();
  assert.deepEqual(world.socket.sentOf("join").map(({ room }) => room), ["lobby", "attic"]);
  chat.close();
});

Deno.test("Chat does not repeat on a new connection a retry that was scheduled on the old one", async () => {
  const { chat, world } = startChat();
  chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello();
  const away = { type: "fault", room: "lobby", code: "unavailable", message: "away", retry: true };
  await world.socket.serverAnswers("join", away);
  await world.socket.serverCloses();
  await world.advance(500);
  await world.socket.open();
  await world.socket.sendHello();
  await world.advance(600);
  assert.equal(world.sockets.length, 2);
  assert.equal(world.socket.sentOf("join").length, 1);
  chat.close();
});

Deno.test("Chat stays closed when a listener closes it because a room was lost", async () => {
  const { chat, world, room, socket } = await startInRoom();
  room.state.subscribe(({ kind }) => kind === "joining" && chat.close());
  await socket.serverCloses();
  assert.equal(kindOf(chat.state), "closed");
  await world.advance(60_000);
  assert.equal(world.sockets.length, 1);
});

Deno.test("Chat stays closed when a listener closes it as it connects", async () => {
  const { chat, world } = await startOnline();
  chat.state.subscribe(({ kind }) => kind === "connecting" && chat.close());
  await world.socket.serverCloses();
  await world.advance(60_000);
  assert.equal(kindOf(chat.state), "closed");
  assert.ok(world.sockets.slice(1).every(({ closedWith }) => closedWith === 1000));
  assert.equal(world.timers, 0);
});

Deno.test("Chat keeps the connection that a listener requests when it starts to wait", async () => {
  const { chat, world } = await startOnline();
  chat.state.subscribe(({ kind }) => kind === "waiting" && chat.retryNow());
  await world.socket.serverCloses();
  assert.equal(world.sockets.length, 2);
  await world.socket.open();
  await world.socket.sendHello();
  await world.advance(21_000);
  assert.equal(kindOf(chat.state), "online");
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Chat is not disconnected by a resume during a close", async () => {
  const { chat, world, room, socket } = await startInRoom();
  room.state.subscribe(({ kind }) => kind === "joining" && chat.retryNow());
  await socket.serverCloses();
  await world.advance(500);
  assert.equal(world.sockets.length, 2);
  await world.advance(6_000);
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Value sends every listener the newest value last, even if a listener has changed it", async () => {
  const { chat, world } = await startOnline();
  chat.state.subscribe(({ kind }) => kind === "waiting" && chat.retryNow());
  const kinds = collect(chat.state);
  await world.socket.serverCloses();
  assert.equal(kinds.at(-1)?.kind, "connecting");
  chat.close();
});

for (const value of ["state", "me", "members"] as const) {
  Deno.test(`Room stays left when a listener of its ${value} leaves it on joining`, async () => {
    const { chat, world } = startChat();
    const room = chat.join("lobby");
    const delivery = room.say("hello");
    let isArmed = false;
    room[value].subscribe(() => isArmed && room.leave());
    await world.socket.open();
    await world.socket.sendHello();
    isArmed = true;
    await world.socket.sendJoined("lobby");
    assert.equal(kindOf(room.state), "left");
    assert.equal(world.socket.sentOf("say").length, 0);
    assert.equal(kindOf(delivery.state), "waiting");
    chat.close();
  });
}

Deno.test("Delivery settles when it is acknowledged after its room was left", async () => {
  const { chat, room, socket } = await startInRoom();
  const delivery = room.say("bye");
  room.leave();
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual(chat.outbox.value, []);
  chat.close();
});

Deno.test("Delivery of a text sent after the end is rejected", async () => {
  const { chat, room } = await startInRoom();
  chat.close();
  await assert.rejects(room.say("too late").sent, { code: "closed" });
});

Deno.test("Connection accepts an answer even if no time has passed since the last frame", async () => {
  const { chat, world } = await startOnline();
  await world.resume();
  await world.socket.serverAnswers("ping", { type: "pong" });
  await world.advance(5_000);
  assert.equal(kindOf(chat.state), "online");
  chat.close();
});

Deno.test("Feed serves two concurrent next() calls", async () => {
  const { chat, room, socket } = await startInRoom();
  const events = room.events[Symbol.asyncIterator]();
  const both = Promise.all([events.next(), events.next()]);
  const entry = { type: "said", room: "lobby", at: 1, user: "u2", name: "Bob" };
  await socket.serverSends({ ...entry, id: "b1", position: "e:1", text: "one" });
  await socket.serverSends({ ...entry, id: "b2", position: "e:2", text: "two" });
  chat.close();
  const texts = (await both).map(({ value }) => "text" in value ? value.text : undefined);
  assert.deepEqual(texts, ["one", "two"]);
});

for (const value of ["me", "limits"] as const) {
  Deno.test(`Chat stays closed when a listener of its ${value} closes it`, async () => {
    const { chat, world } = startChat();
    chat.join("lobby");
    const stop: () => void = chat[value].subscribe((it: unknown) => it !== null && chat.close());
    await world.socket.open();
    await world.socket.sendHello();
    assert.equal(kindOf(chat.state), "closed");
    assert.equal(world.timers, 0);
    stop();
  });
}

for (const end of ["Room.leave()", "Chat.close()"] as const) {
  Deno.test(`${end} by a listener of the sending state takes effect before the send`, async () => {
    const { chat, world, room, socket } = await startInRoom();
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

Deno.test("Chat rejects requests that a listener makes when the connection is lost", async () => {
  const { chat, room, socket } = await startInRoom();
  const attic = chat.join("attic");
  await socket.sendJoined("attic");
  const asked: Promise<unknown>[] = [];
  room.state.subscribe(({ kind }) => {
    if (kind === "joining") asked.push(attic.history(), chat.rename("Bea"));
  });
  await socket.serverCloses();
  for (const it of asked) assert.equal(await codeOf(it), "disconnected");
  assert.equal(asked.length, 2);
  chat.close();
});

Deno.test("Chat sends nothing on the next connection that was requested when the last one ended", async () => {
  const { chat, world } = startChat();
  const [room, attic] = [chat.join("lobby"), chat.join("attic")];
  await world.socket.open();
  await world.socket.sendHello({ perSecond: 1 });
  await world.socket.sendJoined("lobby");
  await world.advance(1_000);
  await world.socket.sendJoined("attic");
  room.state.subscribe(({ kind }) => kind === "joining" && attic.leave());
  await world.socket.serverCloses();
  await world.advance(3_000);
  assert.equal(kindOf(attic.state), "left");
  assert.deepEqual(world.socket.sent, []);
  chat.close();
});

Deno.test("Chat rejoins all rooms when the connection ends with the answer to a rename", async () => {
  const { chat, world, socket } = await startInRoom();
  const attic = chat.join("attic");
  const fault = { type: "fault", room: "attic", code: "name_taken", message: "taken" };
  await socket.serverAnswers("join", { ...fault, retry: false });
  assert.equal(kindOf(attic.state), "refused");
  const renaming = chat.rename("Bea");
  // A gap, so that the client gives up this connection.
  await socket.serverSends({ type: "ack", id: socket.lastOf("name").id ?? "" }, said(7, "late"));
  await renaming;
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.sendHello({ name: "Bea" });
  assert.deepEqual(world.socket.sentOf("join").map(({ room }) => room), ["lobby", "attic"]);
  chat.close();
});

Deno.test("A second Room.leave() does not affect the room that was joined in its place", async () => {
  const { chat, room, socket } = await startInRoom();
  room.leave();
  const again = chat.join("lobby");
  room.leave();
  await socket.sendJoined("lobby");
  assert.equal(kindOf(again.state), "joined");
  assert.deepEqual(chat.rooms.value, [again]);
  chat.close();
});

Deno.test("Chat.join() returns a new room to a listener of the old one's end", async () => {
  const { chat, room, socket } = await startInRoom();
  room.state.subscribe(({ kind }) => kind === "left" && chat.join("lobby"));
  room.leave();
  await socket.sendJoined("lobby");
  assert.deepEqual(chat.rooms.value.map(({ state }) => kindOf(state)), ["joined"]);
  assert.deepEqual(socket.sent.slice(-2).map(({ type }) => type), ["leave", "join"]);
  chat.close();
});

Deno.test("Chat does not request a room that a listener leaves when it was joined", async () => {
  const { chat, world } = await startOnline();
  chat.rooms.subscribe(([room]) => room?.leave());
  chat.join("lobby");
  assert.deepEqual(world.socket.sentOf("join"), []);
  chat.close();
});
