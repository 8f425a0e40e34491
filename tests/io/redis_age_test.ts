/**
 * What becomes of what is old in Redis: nobody is shown it, and in the end it is gone.
 * @module
 */
import assert from "node:assert/strict";
import type { Retention } from "../../lib/core/room_log.ts";
import { ann, draft, enter, isRejected, lobby, numbers, say, sayAll } from "../contract/given.ts";
import { openBus, ready } from "../redis_bus.ts";
import { startRedis } from "../redis_server.ts";

const HOUR_MS = 3_600_000;
const RETENTION: Retention = { messages: 100, entries: 100, ageMs: HOUR_MS / 2 };

async function open(retention = RETENTION) {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url, { retention }));
  await ready(bus);
  const held = started.move();
  return { redis, bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Says so many things, and makes the first of them an hour older. */
async function sayOldAndNew(
  { redis, bus }: Awaited<ReturnType<typeof open>>,
  old: number,
  all: number,
): Promise<void> {
  await sayAll(bus, numbers(1, all).map(String));
  const [log, messages] = ["test:{lobby}:log", "test:{lobby}:messages"];
  const rows = await list(redis.command("XRANGE", log, "-", "+"));
  await redis.command("DEL", log);
  for (const [index, row] of rows.entries()) {
    const text = String((await list((await list(row))[1]))[1]);
    const [, at = ""] = text.split(" ");
    const then = index < old ? String(Number(at) - HOUR_MS) : at;
    await redis.command("XADD", log, `${index + 1}-0`, "entry", text.replace(at, then));
    const seq = String(index + 1);
    const [member] = await list(redis.command("ZRANGEBYSCORE", messages, seq, seq));
    await redis.command("ZREM", messages, String(member));
    await redis.command("ZADD", messages, seq, String(member).replace(at, then));
  }
}

async function list(reply: unknown): Promise<readonly unknown[]> {
  const items = await reply;
  return Array.isArray(items) ? items : [];
}

for (const old of numbers(0, 7)) {
  Deno.test(`RedisBus shows nothing of ${old} things of 7 that are too old`, async () => {
    await using opened = await open();
    const { bus } = opened;
    await sayOldAndNew(opened, old, 7);
    const fresh = numbers(old + 1, 7).map(String);
    const { messages, more, top } = await bus.page(lobby, undefined, 10);
    assert.deepEqual([messages.map(({ text }) => text), more], [fresh, false]);
    const { gap, entries } = await bus.replay(lobby, { ...top, seq: 0 }, 10);
    assert.deepEqual([gap, entries.length], [old === 0 ? undefined : "too_old", 7 - old]);
    assert.equal((await bus.replay(lobby, { ...top, seq: old }, 10)).gap, undefined);
    assert.equal((await bus.standing(lobby, ann.user)).unread, 7 - old);
  });
}

Deno.test("RedisBus drops what is too old when something is said, and goes on counting", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await sayOldAndNew(opened, 5, 7);
  const { top } = await bus.page(lobby, undefined, 0);
  // What is too old and not yet dropped is kept no more all the same.
  await isRejected(bus, draft({ kind: "edited", of: { ...top, seq: 5 }, text: "!" }), "gone");
  await enter(bus, draft({ kind: "edited", of: { ...top, seq: 6 }, text: "!" }));
  assert.equal(await redis.command("XLEN", "test:{lobby}:log"), 3);
  assert.equal(await redis.command("ZCARD", "test:{lobby}:messages"), 2);
  assert.equal((await enter(bus, say("9"))).position.seq, 9);
});

Deno.test("RedisBus lets a room go that nobody comes to, its head last, and keeps the head of one that is followed", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const { position } = await enter(bus, say("1"));
  await bus.markRead(lobby, ann.user, position);
  const left = async (part: string) => Number(await redis.command("PTTL", `test:{lobby}:${part}`));
  for (const part of ["log", "messages", "reads"]) {
    const ms = await left(part);
    assert.ok(ms > RETENTION.ageMs && ms <= RETENTION.ageMs + 60_000, `${part}: ${ms}`);
  }
  assert.ok(await left("head") > 2 * RETENTION.ageMs);
  assert.ok(await left(`once:${ann.user}:none`) < 0);
  await redis.command("PEXPIRE", "test:{lobby}:head", "10000");
  await bus.follow(lobby);
  await bus.tops();
  assert.ok(await left("head") > 2 * RETENTION.ageMs);
});

Deno.test("RedisBus lets an edited message go in the end, also where it is the only one", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const { position } = await enter(bus, say("1"));
  await enter(bus, draft({ kind: "edited", of: position, text: "2" }));
  assert.ok(Number(await redis.command("PTTL", "test:{lobby}:messages")) > 0);
});

Deno.test("RedisBus keeps for ever what has no limit of age", async () => {
  await using opened = await open({ ...RETENTION, ageMs: Infinity });
  const { redis, bus } = opened;
  await enter(bus, say("1"));
  for (const part of ["head", "log", "messages"]) {
    assert.equal(await redis.command("PTTL", `test:{lobby}:${part}`), -1);
  }
});
