/** The client library's requests that cannot be sent: they fail by themselves, and do not affect those after them. */
import assert from "node:assert/strict";
import { flushMicrotasks } from "../../../support/fakes.ts";
import { codeOf, dropAndReconnect, kindOf, startInRoom, startOnline } from "../fake_platform.ts";

const CYCLE: { self?: unknown } = {};
CYCLE.self = CYCLE;

for (const [what, value] of [["a BigInt", 5n], ["a cycle", CYCLE]] as const) {
  Deno.test(`A request with ${what} is rejected with a TypeError, and those after it are sent`, async () => {
    const { chat, world: { socket } } = await startOnline();
    // Programs without types can pass anything.
    const terms: object = { user: "u2", seconds: value };
    await assert.rejects(chat.moderate("mute", terms), TypeError);
    assert.deepEqual(socket.sentOf("moderate"), []);
    const devices = chat.devices();
    await flushMicrotasks();
    await socket.serverAnswers("devices", { type: "devices", devices: [] });
    assert.deepEqual(await devices, []);
    chat.close();
  });
}

Deno.test("A request with a BigInt is rejected while others wait for the rate limit, and those are sent", async () => {
  const { chat, room, world } = await startInRoom();
  const { socket } = world;
  const waiting = Array.from({ length: 30 }, () => room.who());
  const terms: object = { user: "u2", seconds: 5n };
  await assert.rejects(chat.moderate("mute", terms), TypeError);
  await world.advance(5_000);
  assert.equal(socket.sentOf("who").length, waiting.length);
  for (const { id } of socket.sentOf("who")) {
    await socket.serverSends({ type: "members", id, room: "lobby", count: 0, members: [] });
  }
  await Promise.all(waiting);
  chat.close();
});

Deno.test("A request is sent as it was when it was made, whatever happens to its terms while it waits", async () => {
  const { chat, room, world } = await startInRoom();
  const waiting = Array.from({ length: 30 }, () => room.who());
  const rooms: unknown[] = ["lobby"];
  const invited = chat.invite({ rooms: rooms as string[] });
  await flushMicrotasks();
  rooms.push(5n);
  await world.advance(5_000);
  assert.deepEqual(world.socket.lastOf("invite")["rooms"], ["lobby"]);
  chat.close();
  const ends = await Promise.all([...waiting, invited].map((it) => codeOf(it)));
  assert.deepEqual(new Set(ends), new Set(["closed"]));
});

for (
  const [length, unit, isSent] of [[900, "x", true], [1_000, "x", false], [
    500,
    "é",
    false,
  ]] as const
) {
  Deno.test(`A request with ${length} times ${unit} is ${isSent ? "sent" : "refused with too_long"} if messages have 1000 bytes at most`, async () => {
    const { chat, world } = await startOnline();
    const renamed = chat.rename(unit.repeat(length));
    await flushMicrotasks();
    assert.equal(world.socket.sentOf("name").length, isSent ? 1 : 0);
    if (isSent) await world.socket.serverAnswers("name", { type: "fault", code: "bad_name" });
    assert.equal(await codeOf(renamed), isSent ? "bad_name" : "too_long");
    assert.equal(kindOf(chat.state), "online");
    chat.close();
  });
}

Deno.test("The limit of a new connection applies to its requests", async () => {
  const { chat, world } = await startOnline();
  await world.socket.serverCloses();
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.sendHello({ maxMessageBytes: 100 });
  assert.equal(await codeOf(chat.rename("x".repeat(100))), "too_long");
  const socket = await dropAndReconnect(world);
  const renamed = chat.rename("x".repeat(100));
  await flushMicrotasks();
  await socket.serverAnswers("name", { type: "ack" });
  await renamed;
  chat.close();
});
