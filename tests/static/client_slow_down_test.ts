/** What the client library does where the server asks it to slow down: it waits as long as it was told, and keeps the order. */
import assert from "node:assert/strict";
import { Allowance, ConnectionLimits } from "../../lib/core/allowance.ts";
import { Budget, budgetTable } from "../../lib/core/budgets.ts";
import { begin, beginInRoom, beginOnline, heard, kindOf } from "./client_fakes.ts";

// What the server counts for an entry beside its text.
const ENTRY_BYTES = 200;

const slowDown = (afterMs?: number) => ({
  ...{ type: "fault", code: "slow_down", message: "too fast", retry: true },
  ...(afterMs !== undefined && { afterMs }),
});

for (
  const [what, told, waitsMs] of [
    ["as long as it was told", 7_000, 7_000],
    ["a second where it was not told how long", undefined, 1_000],
    ["ten minutes at most", 1e12, 600_000],
  ] as const
) {
  Deno.test(`Outbox waits ${what}, and sends in the same order`, async () => {
    const { chat, world, room, socket } = await beginInRoom();
    for (const text of ["one", "two"]) room.say(text);
    await socket.answer("say", slowDown(told));
    let passedMs = 0;
    while (passedMs < waitsMs - 1) {
      const ms = Math.min(20_000, waitsMs - 1 - passedMs);
      await world.advance(ms);
      await socket.tell({ type: "pong" });
      passedMs += ms;
    }
    assert.deepEqual(socket.sentOf("say").map(({ text }) => text), ["one"]);
    await world.advance(1);
    assert.deepEqual(socket.sentOf("say").map(({ text }) => text), ["one", "one"]);
    await socket.answer("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
    assert.deepEqual(socket.sentOf("say").map(({ text }) => text), ["one", "one", "two"]);
    chat.close();
  });
}

Deno.test("Room joins again after as long as it was told", async () => {
  const { chat, world } = await beginOnline();
  const room = chat.join("lobby");
  await world.socket.answer("join", { ...slowDown(5_000), room: "lobby" });
  assert.equal(kindOf(room.state), "joining");
  await world.advance(4_999);
  assert.equal(world.socket.sentOf("join").length, 1);
  await world.advance(1);
  assert.equal(world.socket.sentOf("join").length, 2);
  await world.socket.joined("lobby");
  assert.equal(kindOf(room.state), "joined");
  chat.close();
});

Deno.test("Room asks for its history again after as long as it was told, until it is answered", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  const page = room.history({ limit: 10 });
  for (const count of [1, 2, 3]) {
    assert.equal(socket.sentOf("history").length, count);
    await socket.answer("history", slowDown(5_000));
    await world.advance(5_000);
  }
  const answer = { type: "history", room: "lobby", messages: [], more: false, position: "e:0" };
  await socket.answer("history", answer);
  assert.equal((await page).more, false);
  chat.close();
});

Deno.test("Chat tells that what is sent has to wait, for a second longer than it does", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  const told = heard(chat.isSlowed);
  room.say("one");
  await socket.answer("say", slowDown(5_000));
  assert.deepEqual(told, [false, true]);
  await world.advance(5_000);
  await socket.answer("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  assert.deepEqual(told, [false, true]);
  await world.advance(1_000);
  assert.deepEqual(told, [false, true, false]);
  chat.close();
});

Deno.test("Chat waits no longer once the connection is lost", async () => {
  const { chat, room, socket } = await beginInRoom();
  room.say("one");
  await socket.answer("say", slowDown(60_000));
  await socket.drop();
  assert.equal(chat.isSlowed.value, false);
  chat.close();
});

for (const [count, length] of [[500, 10], [60, 20_000], [8, 60_000]] as const) {
  Deno.test(`Outbox of ${count} texts of ${length} characters goes out in order, below all limits`, async () => {
    const settings = { messagesPerSecond: 10, bytesPerSecond: 32_768 };
    const allowance = new Allowance(new ConnectionLimits(settings));
    const user = new Budget(budgetTable(settings).user);
    const { chat, world } = begin();
    const room = chat.join("lobby");
    const { socket } = world;
    const texts = Array.from({ length: count }, (_, i) => `${i} ${"世".repeat(length / 3)}`);
    for (const text of texts) room.say(text);
    let checked = 0;
    const serve = async () => {
      while (checked < socket.sent.length) {
        const frame = socket.sent[checked++];
        const bytes = new TextEncoder().encode(JSON.stringify(frame)).length;
        assert.equal(allowance.ask(world.now(), bytes), "granted");
        if (frame?.type !== "say") continue;
        const size = new TextEncoder().encode(String(frame["text"])).length + ENTRY_BYTES;
        assert.ok(user.take(world.now(), 1, size), "below the limit of one person");
        const position = `e:${socket.sentOf("say").length}`;
        await socket.tell({ type: "ack", id: frame.id, room: "lobby", position, at: 1 });
      }
    };
    await socket.open();
    await serve();
    await socket.greet({ perSecond: 10, bytesPerSecond: 32_768, maxMessageBytes: 400_000 });
    await socket.joined("lobby");
    for (let step = 0; step < 10_000 && socket.sentOf("say").length < count; step++) {
      await serve();
      await world.advance(100);
      if (step % 100 === 0) await socket.tell({ type: "pong" });
    }
    assert.deepEqual(socket.sentOf("say").map(({ text }) => text), texts);
    chat.close();
  });
}
