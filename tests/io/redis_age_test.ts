/**
 * What becomes of old entries in Redis: they are not shown, and in the end they are deleted. Ages are counted by how long the service
 * has been in use, and no clock that is set wrong makes anything old.
 * @module
 */
import assert from "node:assert/strict";
import {
  MAX_MARKS,
  MAX_SMOOTHED_MS,
  RECEIPTS_MS,
  type Retention,
} from "../../lib/core/room_log.ts";
import {
  ann,
  bob,
  draft,
  enter,
  isRejected,
  lobby,
  numbers,
  say,
  sayAll,
} from "../contract/given.ts";
import { FakeClock } from "../fakes.ts";
import { RecordedLog } from "../log_record.ts";
import { until } from "../provision.ts";
import { openBus, ready } from "../redis_bus.ts";
import { type RedisServer, startRedis } from "../redis_server.ts";

const HOUR_MS = 3_600_000;
const RETENTION: Retention = { messages: 100, entries: 100, ageMs: HOUR_MS / 2 };
const PARTS = ["head", "log", "messages", "reads", "marks"];

async function open(retention = RETENTION) {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const clock = new FakeClock();
  const bus = started.use(openBus(redis.url, { retention, clock }));
  await ready(bus);
  const held = started.move();
  return { redis, clock, bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Says a number of messages, those after the first an hour later. */
async function sayOldAndNew(
  { clock, bus }: Awaited<ReturnType<typeof open>>,
  old: number,
  all: number,
): Promise<void> {
  await sayAll(bus, numbers(1, old).map(String));
  await clock.advance(HOUR_MS);
  await sayAll(bus, numbers(old + 1, all).map(String));
}

/** Which keys of the lobby there are, and how long they last. */
async function ttls(redis: RedisServer): Promise<readonly number[]> {
  const asked = PARTS.map((part) => redis.command("PTTL", `test:{lobby}:${part}`));
  return (await Promise.all(asked)).map(Number);
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
  const { redis, clock, bus } = opened;
  await sayAll(bus, numbers(1, 5).map(String));
  await clock.advance(HOUR_MS);
  const { top } = await bus.page(lobby, undefined, 0);
  // What is too old and not yet dropped is kept no more all the same.
  await isRejected(bus, draft({ kind: "edited", of: { ...top, seq: 5 }, text: "!" }), "gone");
  await sayAll(bus, ["6", "7"]);
  await enter(bus, draft({ kind: "edited", of: { ...top, seq: 6 }, text: "!" }));
  assert.equal(await redis.command("XLEN", "test:{lobby}:log"), 3);
  assert.equal(await redis.command("ZCARD", "test:{lobby}:messages"), 2);
  assert.equal((await enter(bus, say("9"))).position.seq, 9);
});

Deno.test("RedisBus.sweep() drops what is too old where nothing is said any more, and the room in the end", async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  await using log = await RecordedLog.start();
  const { position } = await enter(bus, say("1"));
  await bus.markRead(lobby, ann.user, position);
  const sweep = async () => {
    await redis.command("DEL", "test:sweeper");
    await bus.sweep();
  };
  await clock.advance(RETENTION.ageMs - 60_000);
  await sweep();
  assert.equal((await bus.page(lobby, undefined, 10)).messages.length, 1);
  await clock.advance(120_000);
  await sweep();
  assert.equal(await redis.command("XLEN", "test:{lobby}:log"), 0);
  assert.equal(await redis.command("ZCARD", "test:{lobby}:messages"), 0);
  assert.deepEqual((await bus.page(lobby, undefined, 10)).top, position);
  assert.equal(await redis.command("HGET", "test:state", "rooms"), "1");
  await clock.advance(RETENTION.ageMs);
  await sweep();
  assert.deepEqual(await ttls(redis), [-2, -2, -2, -2, -2]);
  assert.equal(await redis.command("HGET", "test:state", "rooms"), "0");
  assert.deepEqual(log.fields("redis.freed").map(({ rooms }) => rooms), [0, 1]);
});

Deno.test("RedisBus.sweep() leaves the work to one of two instances, and keeps rooms without a limit of age", async () => {
  await using opened = await open({ ...RETENTION, ageMs: Infinity });
  const { redis, clock, bus } = opened;
  await using other = openBus(redis.url, { prefix: "other:" });
  await ready(other);
  await enter(other, say("of another service"));
  await sayAll(bus, ["1", "2"]);
  await clock.advance(1_000 * HOUR_MS);
  await bus.sweep();
  await redis.command("HSET", "test:state", "rooms", "7");
  await bus.sweep();
  assert.equal(await redis.command("HGET", "test:state", "rooms"), "7");
  assert.equal((await bus.page(lobby, undefined, 10)).messages.length, 2);
});

Deno.test("RedisBus.sweep() is not kept from its work for ever by what stands in the place of its own keys", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await enter(bus, say("1"));
  await redis.command("SET", "test:sweeper", "strange");
  await redis.command("DEL", "test:state");
  await redis.command("SET", "test:state", "strange");
  await bus.sweep();
  await using other = openBus(redis.url, { retention: RETENTION });
  await ready(other);
  assert.equal((await other.page(lobby, undefined, 10)).messages.length, 1);
  await bus.sweep();
  assert.equal(await redis.command("HGET", "test:state", "rooms"), "1");
});

Deno.test("RedisBus lets no key of a room with entries expire, whatever the clock of Redis says", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.page(lobby, undefined, 10);
  const [empty = 0] = await ttls(redis);
  assert.ok(empty > 0 && empty <= 120_000, String(empty));
  const { position } = await enter(bus, say("1"));
  await bus.markRead(lobby, ann.user, position);
  assert.deepEqual(await ttls(redis), [-1, -1, -1, -1, -1]);
});

Deno.test("RedisBus keeps the head of a room without entries as long as it is followed", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.follow(lobby);
  await bus.tops();
  await redis.command("PEXPIRE", "test:{lobby}:head", "1000");
  await bus.tops();
  const [left = 0] = await ttls(redis);
  assert.ok(left > 60_000, String(left));
});

for (const byMs of [97 * HOUR_MS, 24 * HOUR_MS, -97 * HOUR_MS]) {
  Deno.test(`RedisBus loses nothing and stamps right after the clock was wrong by ${byMs / HOUR_MS} h`, async () => {
    await using opened = await open();
    const { redis, bus } = opened;
    const before = await enter(bus, say("before"));
    // As it is left by an entry that was made while the clock was wrong.
    await enter(bus, say("meanwhile"));
    await redis.command("HSET", "test:{lobby}:head", "at", String(before.at + byMs));
    const after = await enter(bus, say("after"));
    assert.ok(Math.abs(after.at - before.at) < 60_000, String(after.at - before.at));
    const { messages } = await bus.page(lobby, undefined, 10);
    assert.deepEqual(messages.map(({ text }) => text), ["before", "meanwhile", "after"]);
    const { gap, entries } = await bus.replay(lobby, { ...before.position, seq: 0 }, 10);
    assert.deepEqual([gap, entries.length], [undefined, 3]);
  });
}

Deno.test("RedisBus enters nothing twice though a clock that went ahead has made its receipt expire", async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  const first = say("once", { id: 'an "id", {odd}' });
  const receipt = await enter(bus, first);
  await sayAll(bus, ["2", "3"]);
  // As it is when the clock has gone ahead by a day: receipts have expired, and the newest entry is a day old.
  await redis.command("HINCRBY", "test:{lobby}:head", "at", String(-24 * HOUR_MS));
  await redis.command("DEL", `test:{lobby}:once:${first.user}:${first.id}`);
  await enter(bus, say("4"));
  await redis.command("DEL", `test:{lobby}:once:${first.user}:${first.id}`);
  assert.deepEqual((await enter(bus, first)).position, receipt.position);
  assert.equal((await enter(bus, { ...first, ...bob })).position.seq, 5);
  assert.equal((await enter(bus, say("once"))).position.seq, 6);
  // By then it would be known no more anyway.
  await clock.advance(RECEIPTS_MS);
  assert.equal((await enter(bus, first)).position.seq, 7);
});

Deno.test("RedisBus lets no stamp go back where the clock goes back a little", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const { at } = await enter(bus, say("before"));
  const ahead = at + MAX_SMOOTHED_MS - 1_000;
  await redis.command("HSET", "test:{lobby}:head", "at", String(ahead));
  assert.equal((await enter(bus, say("after"))).at, ahead);
});

Deno.test("Instances agree for how long the service has been in use, and a new one goes on from there", async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  await enter(bus, say("old"));
  await clock.advance(HOUR_MS);
  await until("it to be known in Redis", async () => {
    await clock.advance(10_000);
    return Number(await redis.command("HGET", "test:state", "ran")) >= HOUR_MS;
  });
  await using other = openBus(redis.url, { retention: RETENTION, clock: new FakeClock() });
  await ready(other);
  assert.deepEqual((await other.page(lobby, undefined, 10)).messages, []);
  // What was lost with a Redis that came back empty is known to those who are there.
  await redis.command("DEL", "test:state");
  await until("it to be known again", async () => {
    await clock.advance(10_000);
    return Number(await redis.command("HGET", "test:state", "ran")) >= HOUR_MS;
  });
});

Deno.test(`RedisBus keeps ${MAX_MARKS} read marks of a room: those set last`, async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  const { position } = await enter(bus, say("1"));
  await bus.markRead(lobby, ann.user, position);
  const users = numbers(1, MAX_MARKS - 1).map((n) => `user_${String(n).padStart(6, "0")}`);
  const rows = users.flatMap((user) => ["1", user]);
  await redis.command("ZADD", "test:{lobby}:marks", ...rows);
  await clock.advance(1_000);
  await bus.markRead(lobby, bob.user, position);
  assert.equal(await redis.command("ZCARD", "test:{lobby}:marks"), MAX_MARKS);
  assert.deepEqual((await bus.standing(lobby, ann.user)).read, undefined);
  assert.deepEqual((await bus.standing(lobby, bob.user)).read, position);
});

Deno.test("RedisBus takes over a room from before ages were counted, and lets it expire no more", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const [first] = await sayAll(bus, ["1", "2"]);
  assert.ok(first);
  // As an older version has left it: texts in the log, no ages, no tag, and keys that expire.
  const [log, messages, head] = ["log", "messages", "head"].map((part) => `test:{lobby}:${part}`);
  await redis.command("DEL", log ?? "");
  for (const seq of ["1", "2"]) {
    const said =
      `{"user":"user_ann","name":"Ann","id":"d${seq}","deed":{"kind":"said","text":"${seq}"}}`;
    await redis.command("XADD", log ?? "", `${seq}-0`, "entry", `${first.epoch} 1000 ${said}`);
    await redis.command("ZREMRANGEBYSCORE", messages ?? "", seq, seq);
    const member =
      `${seq} ${first.epoch} 1000 user_ann 0 0\n{"name":"Ann","id":"d${seq}"}\n"${seq}"`;
    await redis.command("ZADD", messages ?? "", seq, member);
  }
  await redis.command("HDEL", head ?? "", "ran", "tag");
  for (const part of ["head", "log", "messages"]) {
    await redis.command("PEXPIRE", `test:{lobby}:${part}`, "60000");
  }
  const replay = await bus.replay(lobby, { ...first, seq: 0 }, 10);
  assert.deepEqual(replay.entries.map(({ deed }) => deed), [
    { kind: "said", text: "1" },
    { kind: "said", text: "2" },
  ]);
  await enter(bus, draft({ kind: "edited", of: first, text: "one" }));
  const page = await bus.page(lobby, undefined, 10);
  assert.deepEqual(page.messages.map(({ text }) => text), ["one", "2"]);
  assert.deepEqual((await ttls(redis)).slice(0, 3), [-1, -1, -1]);
});
