/** How the client library reacts to `slow_down`: it waits as long as requested, and keeps the order. */
import assert from "node:assert/strict";
import { RateLimiter, SharedBudgets } from "../../../../lib/core/limits/rate_limiter.ts";
import { Budget, budgetTable } from "../../../../lib/core/limits/budgets.ts";
import { collect, kindOf, startChat, startInRoom, startOnline } from "../fake_platform.ts";

// The server's cost of an entry besides its text.
const ENTRY_BYTES = 200;

const slowDown = (afterMs?: number) => ({
  ...{ type: "fault", code: "slow_down", message: "too fast", retry: true },
  ...(afterMs !== undefined && { afterMs }),
});

const said = ({ socket }: Pick<Awaited<ReturnType<typeof startInRoom>>, "socket">) =>
  socket.sentOf("say").map(({ text }) => text);

for (
  const [what, afterMs, waitsMs] of [
    ["as long as requested", 7_000, 7_000],
    ["a second without a requested time", undefined, 1_000],
    ["ten minutes at most", 1e12, 600_000],
  ] as const
) {
  Deno.test(`Outbox waits ${what}, and sends in the same order`, async () => {
    const { chat, world, room, socket } = await startInRoom();
    for (const text of ["one", "two"]) room.say(text);
    await socket.serverAnswers("say", slowDown(afterMs));
    let passedMs = 0;
    while (passedMs < waitsMs - 1) {
      const ms = Math.min(20_000, waitsMs - 1 - passedMs);
      await world.advance(ms);
      await socket.serverSends({ type: "pong" });
      passedMs += ms;
    }
    assert.deepEqual(socket.sentOf("say").map(({ text }) => text), ["one"]);
    await world.advance(1);
    assert.deepEqual(socket.sentOf("say").map(({ text }) => text), ["one", "one"]);
    await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
    assert.deepEqual(socket.sentOf("say").map(({ text }) => text), ["one", "one", "two"]);
    chat.close();
  });
}

for (const scope of ["room", "user", undefined]) {
  Deno.test(`Chat keeps sending to other rooms after slow_down for one, with scope ${scope}`, async () => {
    const { chat, world, room, socket } = await startInRoom();
    const attic = chat.join("attic");
    await socket.sendJoined("attic");
    room.say("in the lobby");
    await socket.serverAnswers("say", { ...slowDown(60_000), ...(scope && { scope }) });
    attic.say("in the attic");
    await world.advance(0);
    assert.deepEqual(said({ socket }), ["in the lobby", "in the attic"]);
    chat.close();
  });
}

Deno.test("Chat sends nothing while its connection is slowed down", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const attic = chat.join("attic");
  await socket.sendJoined("attic");
  room.say("in the lobby");
  await socket.serverAnswers("say", { ...slowDown(5_000), scope: "connection" });
  attic.say("in the attic");
  attic.type();
  await world.advance(4_999);
  assert.deepEqual(said({ socket }), ["in the lobby"]);
  assert.deepEqual(socket.sentOf("typing"), []);
  await world.advance(1);
  assert.deepEqual(said({ socket }).sort(), ["in the attic", "in the lobby", "in the lobby"]);
  chat.close();
});

Deno.test("Chat does not wait longer because the clock was set back", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const attic = chat.join("attic");
  await socket.sendJoined("attic");
  room.say("in the lobby");
  await socket.serverAnswers("say", { ...slowDown(5_000), scope: "connection" });
  world.setClock(-3_600_000);
  attic.say("in the attic");
  await world.advance(1_000);
  assert.deepEqual(said({ socket }), ["in the lobby", "in the attic"]);
  chat.close();
});

Deno.test("Room joins again after the requested time", async () => {
  const { chat, world } = await startOnline();
  const room = chat.join("lobby");
  await world.socket.serverAnswers("join", { ...slowDown(5_000), room: "lobby" });
  assert.equal(kindOf(room.state), "joining");
  await world.advance(4_999);
  assert.equal(world.socket.sentOf("join").length, 1);
  await world.advance(1);
  assert.equal(world.socket.sentOf("join").length, 2);
  await world.socket.sendJoined("lobby");
  assert.equal(kindOf(room.state), "joined");
  chat.close();
});

Deno.test("Room requests its history again after the requested time, until it is answered", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const page = room.history({ limit: 10 });
  for (const count of [1, 2, 3]) {
    assert.equal(socket.sentOf("history").length, count);
    await socket.serverAnswers("history", slowDown(5_000));
    await world.advance(5_000);
  }
  const answer = { type: "history", room: "lobby", messages: [], more: false, position: "e:0" };
  await socket.serverAnswers("history", answer);
  assert.equal((await page).more, false);
  chat.close();
});

Deno.test("Chat reports waiting messages for a second longer than they wait", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const states = collect(chat.isSlowed);
  room.say("one");
  await socket.serverAnswers("say", slowDown(5_000));
  assert.deepEqual(states, [false, true]);
  await world.advance(5_000);
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  assert.deepEqual(states, [false, true]);
  await world.advance(1_000);
  assert.deepEqual(states, [false, true, false]);
  chat.close();
});

Deno.test("Chat stops waiting when the connection is lost", async () => {
  const { chat, room, socket } = await startInRoom();
  room.say("one");
  await socket.serverAnswers("say", slowDown(60_000));
  await socket.serverCloses();
  assert.equal(chat.isSlowed.value, false);
  chat.close();
});

for (const [count, length] of [[500, 10], [60, 20_000], [8, 60_000]] as const) {
  Deno.test(`Outbox of ${count} texts of ${length} characters is sent in order, within all limits`, async () => {
    const settings = { messagesPerSecond: 10, bytesPerSecond: 32_768 };
    const limiter = new RateLimiter(new SharedBudgets(settings));
    const user = new Budget(budgetTable(settings).user);
    const { chat, world } = startChat();
    const room = chat.join("lobby");
    const { socket } = world;
    const texts = Array.from({ length: count }, (_, i) => `${i} ${"世".repeat(length / 3)}`);
    for (const text of texts) room.say(text);
    let checked = 0;
    const serve = async () => {
      while (checked < socket.sent.length) {
        const frame = socket.sent[checked++];
        const bytes = new TextEncoder().encode(JSON.stringify(frame)).length;
        assert.equal(limiter.check(world.now(), bytes), "allowed");
        if (frame?.type !== "say") continue;
        const size = new TextEncoder().encode(String(frame["text"])).length + ENTRY_BYTES;
        assert.ok(user.take(world.now(), 1, size), "within the limit of one user");
        const position = `e:${socket.sentOf("say").length}`;
        await socket.serverSends({ type: "ack", id: frame.id, room: "lobby", position, at: 1 });
      }
    };
    await socket.open();
    await serve();
    await socket.sendHello({ perSecond: 10, bytesPerSecond: 32_768, maxMessageBytes: 400_000 });
    await socket.sendJoined("lobby");
    for (let step = 0; step < 10_000 && socket.sentOf("say").length < count; step++) {
      await serve();
      await world.advance(100);
      if (step % 100 === 0) await socket.serverSends({ type: "pong" });
    }
    assert.deepEqual(socket.sentOf("say").map(({ text }) => text), texts);
    chat.close();
  });
}
