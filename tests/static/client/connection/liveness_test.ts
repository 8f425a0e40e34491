/** How soon the client library detects a dead connection, and what it does not mistake for one. */
import assert from "node:assert/strict";
import { kindOf, said, startChat, startInRoom, startOnline } from "../fake_platform.ts";

const ack = (seq: number) => ({ type: "ack", room: "lobby", position: `e:${seq}`, at: seq });

Deno.test("Liveness pings at once when the browser goes offline, and drops the connection after 1.5 s", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const delivery = room.say("hello");
  assert.equal(kindOf(delivery.state), "sending");
  await world.goOffline();
  assert.equal(socket.sentOf("ping").length, 1);
  await world.advance(1_499);
  assert.equal(kindOf(delivery.state), "sending");
  await world.advance(1);
  assert.deepEqual([kindOf(delivery.state), kindOf(chat.state)], ["waiting", "waiting"]);
  assert.equal(socket.closedWith, 1000);
  await world.resume();
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Liveness keeps a working connection while the browser is offline, and pings each time", async () => {
  const { chat, world } = await startOnline();
  for (let times = 1; times <= 5; times++) {
    await world.goOffline();
    await world.goOffline();
    assert.equal(world.socket.sentOf("ping").length, times);
    await world.socket.serverSends({ type: "pong" });
  }
  await world.advance(20_000);
  assert.equal(kindOf(chat.state), "online");
  assert.equal(world.sockets.length, 1);
  chat.close();
});

Deno.test("Liveness does not accept frames in flight as answers forever", async () => {
  const { chat, world, socket } = await startInRoom();
  await world.goOffline();
  await socket.serverSends(said(1, "sent before the network went"));
  await world.advance(1_500);
  assert.equal(kindOf(chat.state), "online");
  await world.advance(1_500);
  assert.equal(kindOf(chat.state), "waiting");
  chat.close();
});

Deno.test("Liveness shortens the limit of a pending ping when the browser goes offline", async () => {
  const { chat, world } = await startOnline();
  await world.resume();
  await world.advance(1_000);
  await world.goOffline();
  await world.advance(1_500);
  assert.equal(world.socket.sentOf("ping").length, 1);
  assert.equal(kindOf(chat.state), "waiting");
  chat.close();
});

Deno.test("Connection restarts a handshake when the browser was offline during it", async () => {
  const { chat, world } = startChat();
  await world.advance(100);
  await world.goOffline();
  assert.equal(world.sockets.length, 1);
  await world.resume();
  assert.deepEqual(world.sockets.map(({ closedWith }) => closedWith), [1000, undefined]);
  chat.close();
});

Deno.test("Liveness detects within 5 s that a message was sent on a dead connection", async () => {
  const { chat, world, room, socket } = await startInRoom();
  await world.advance(7_000);
  const delivery = room.say("hello");
  await world.advance(1_999);
  assert.equal(socket.sentOf("ping").length, 0);
  await world.advance(1);
  assert.equal(socket.sentOf("ping").length, 1);
  await world.advance(3_000);
  assert.equal(kindOf(delivery.state), "waiting");
  assert.equal(kindOf(chat.state), "waiting");
  chat.close();
});

Deno.test("Liveness detects within 7 s that a message was sent on a dead connection after an answered one", async () => {
  const { chat, world, room, socket } = await startInRoom();
  room.say("one");
  await world.advance(1_000);
  await socket.serverAnswers("say", ack(1));
  await socket.serverSends(said(1, "one", { user: "u1", id: socket.lastOf("say").id }));
  const delivery = room.say("two");
  await socket.serverSends(said(2, "sent before the network went"));
  await world.advance(7_000);
  assert.equal(kindOf(delivery.state), "waiting");
  chat.close();
});

Deno.test("Liveness sends no ping while messages are answered, and one if an answer takes long", async () => {
  const { chat, world, room, socket } = await startInRoom();
  for (let seq = 1; seq <= 3; seq++) {
    room.say("hello");
    await world.advance(1_500);
    await socket.serverAnswers("say", ack(seq));
    await socket.serverSends(said(seq, "hello", { user: "u1", id: socket.lastOf("say").id }));
  }
  await world.advance(10_000);
  assert.equal(socket.sentOf("ping").length, 0);
  const delivery = room.say("into a store that is away");
  await world.advance(2_000);
  await socket.serverSends({ type: "pong" });
  await world.advance(8_000);
  assert.equal(socket.sentOf("ping").length, 1);
  assert.equal(kindOf(delivery.state), "sending");
  chat.close();
});

Deno.test("Liveness expects no quick answer to a request whose answer may be long", async () => {
  const { chat, world, room, socket } = await startInRoom();
  room.history().catch(() => {});
  room.type();
  chat.join("attic");
  await world.advance(20_000);
  assert.equal(socket.sentOf("ping").length, 0);
  chat.close();
});

Deno.test("Liveness gives a long message time to leave", async () => {
  const { chat, world } = startChat();
  const room = chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello({ maxMessageBytes: 100_000 });
  await world.socket.sendJoined("lobby");
  room.say("x".repeat(17_000));
  await world.advance(2_000 + 3_000 + 1_999);
  assert.equal(kindOf(chat.state), "online");
  await world.advance(1);
  assert.equal(kindOf(chat.state), "waiting");
  chat.close();
});

Deno.test("Liveness doubles its limit after each slow connection, and reduces it after a fast one", async () => {
  const { chat, world, room, socket } = await startInRoom();
  room.say("hello");
  let slow = socket;
  const answerTimes: number[] = [];
  for (let times = 0; times < 5; times++) {
    await world.advance(2_000);
    assert.equal(slow.sentOf("ping").length, 1);
    let ms = 0;
    for (; kindOf(chat.state) === "online"; ms += 500) await world.advance(500);
    answerTimes.push(Math.floor(ms / 1_000));
    await world.advance(20_000);
    slow = world.socket;
    await slow.open();
    await slow.sendHello();
    await slow.sendJoined("lobby", { recovered: true });
  }
  assert.deepEqual(answerTimes, [3, 6, 12, 24, 24]);
  await slow.serverAnswers("say", ack(1));
  await slow.serverSends(said(1, "hello", { user: "u1", id: slow.lastOf("say").id }));
  room.say("again");
  await world.advance(2_000 + 3_000);
  assert.equal(kindOf(chat.state), "waiting");
  chat.close();
});

Deno.test("Liveness pings within 5 s after a sleep longer than the heartbeat", async () => {
  const { chat, world } = await startOnline();
  await world.advance(1_000);
  world.setClock(3_600_000);
  await world.advance(4_000);
  assert.equal(world.socket.sentOf("ping").length, 1);
  await world.advance(5_000);
  assert.equal(kindOf(chat.state), "waiting");
  chat.close();
});

Deno.test("Liveness keeps a connection whose ping was dropped by the rate limit", async () => {
  const { chat, world } = await startOnline();
  await world.goOffline();
  const fault = { type: "fault", code: "slow_down", message: "slow down", retry: true };
  await world.socket.serverSends({ ...fault, afterMs: 100, scope: "connection" });
  await world.advance(20_000);
  assert.equal(kindOf(chat.state), "online");
  chat.close();
});

Deno.test("Liveness pings at most six times in 10 s while the network flaps, and once more afterwards", async () => {
  const { chat, world } = await startOnline();
  const flicker = async () => {
    for (let times = 0; times < 50; times++) {
      await world.goOffline();
      await world.resume();
      await world.socket.serverSends({ type: "pong" });
    }
  };
  await flicker();
  assert.equal(world.socket.sentOf("ping").length, 6);
  await world.advance(10_000);
  assert.equal(world.socket.sentOf("ping").length, 7);
  await world.socket.serverSends({ type: "pong" });
  await world.advance(5_000);
  assert.equal(world.socket.sentOf("ping").length, 7);
  await flicker();
  await world.advance(15_000);
  assert.equal(world.sockets.length, 2, "the last one was not answered");
  chat.close();
});
