/**
 * The expiry of old entries in Redis: they are not shown, and eventually deleted. Ages are counted by how long the service
 * has been in use, so a wrong clock makes nothing old.
 * @module
 */
import assert from "node:assert/strict";
import { MARKER_REFRESH_MS, MAX_READ_MARKERS } from "../../../lib/core/log/reading/read_markers.ts";
import type { Retention } from "../../../lib/core/log/retention.ts";
import { MAX_SMOOTHED_MS, RECEIPTS_MS } from "../../../lib/core/log/room_log.ts";
import {
  ann,
  attic,
  bob,
  draft,
  isRejected,
  lobby,
  mustPublish,
  numbers,
  say,
  sayAll,
} from "../../contract/fixtures.ts";
import { type OpenStore, roomExistenceContract } from "../../contract/state/room_existence.ts";
import { act } from "../../contract/state/room_state.ts";
import { stateRetentionContract } from "../../contract/state/state_retention.ts";
import { parseLegacyRoom } from "../../../lib/core/names/names.ts";
import { FakeClock, room } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";
import { until } from "../../support/provision.ts";
import { openBus, whenReady } from "../../support/redis/bus.ts";
import { type RedisServer, startRedis } from "../../support/redis/server.ts";

const HOUR_MS = 3_600_000;
const RETENTION: Retention = { messages: 100, entries: 100, ageMs: HOUR_MS / 2 };
const PARTS = ["head", "log", "messages", "reads", "marks", "state"];

async function open(retention = RETENTION, clock = new FakeClock()) {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url, { retention, clock }));
  await whenReady(bus);
  const held = started.move();
  return { redis, clock, bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Sends a number of messages, those after the first an hour later. */
async function sayOldAndNew(
  { clock, bus }: Awaited<ReturnType<typeof open>>,
  old: number,
  all: number,
): Promise<void> {
  await sayAll(bus, numbers(1, old).map(String));
  await clock.advance(HOUR_MS);
  await sayAll(bus, numbers(old + 1, all).map(String));
}

/** The keys of the lobby and their times to live. */
async function ttls(redis: RedisServer): Promise<readonly number[]> {
  const asked = PARTS.map((part) => redis.command("PTTL", `test:{lobby}:${part}`));
  return (await Promise.all(asked)).map(Number);
}

for (const old of numbers(0, 7)) {
  Deno.test(`RedisBus shows nothing of ${old} expired entries of 7`, async () => {
    await using opened = await open();
    const { bus } = opened;
    await sayOldAndNew(opened, old, 7);
    const fresh = numbers(old + 1, 7).map(String);
    const { messages, more, top } = await bus.page(lobby, undefined, 10);
    assert.deepEqual([messages.map(({ text }) => text), more], [fresh, false]);
    const { lossReason, entries } = await bus.replay(lobby, { ...top, seq: 0 }, 10);
    assert.deepEqual([lossReason, entries.length], [old === 0 ? undefined : "too_old", 7 - old]);
    assert.equal((await bus.replay(lobby, { ...top, seq: old }, 10)).lossReason, undefined);
    assert.equal((await bus.readState(lobby, ann.user, 0)).unread, 7 - old);
  });
}

Deno.test("RedisBus deletes expired entries at the next message, and continues counting", async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  await sayAll(bus, numbers(1, 5).map(String));
  await clock.advance(HOUR_MS);
  const { top } = await bus.page(lobby, undefined, 0);
  // Expired entries that are not deleted yet are still not returned.
  await isRejected(bus, draft({ kind: "edited", of: { ...top, seq: 5 }, text: "!" }), "gone");
  await sayAll(bus, ["6", "7"]);
  await mustPublish(bus, draft({ kind: "edited", of: { ...top, seq: 6 }, text: "!" }));
  assert.equal(await redis.command("XLEN", "test:{lobby}:log"), 3);
  assert.equal(await redis.command("ZCARD", "test:{lobby}:messages"), 2);
  assert.equal((await mustPublish(bus, say("9"))).position.seq, 9);
});

Deno.test("RedisBus.sweep() deletes expired entries of an idle room, and finally the room", async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  await using records = await LogRecorder.start();
  const { position } = await mustPublish(bus, say("1"));
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
  assert.deepEqual(await ttls(redis), [-2, -2, -2, -2, -2, -2]);
  assert.equal(await redis.command("HGET", "test:state", "rooms"), "0");
  assert.deepEqual(records.fields("redis.entries_deleted").map(({ rooms }) => rooms), [0, 1]);
});

Deno.test("RedisBus.sweep() finds rooms in every script, and old ones with capitals", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const old = parseLegacyRoom("Lobby") ?? assert.fail();
  for (const where of [room("大厅"), old]) await mustPublish(bus, say("x", { room: where }));
  await bus.sweep();
  assert.equal(await redis.command("HGET", "test:state", "rooms"), "2");
});

Deno.test("RedisBus.sweep() leaves the work to one of two instances, and keeps rooms without an age limit", async () => {
  await using opened = await open({ ...RETENTION, ageMs: Infinity });
  const { redis, clock, bus } = opened;
  await using other = openBus(redis.url, { prefix: "other:" });
  await whenReady(other);
  await mustPublish(other, say("of another service"));
  await sayAll(bus, ["1", "2"]);
  await clock.advance(1_000 * HOUR_MS);
  await bus.sweep();
  await redis.command("HSET", "test:state", "rooms", "7");
  await bus.sweep();
  assert.equal(await redis.command("HGET", "test:state", "rooms"), "7");
  assert.equal((await bus.page(lobby, undefined, 10)).messages.length, 2);
});

Deno.test("RedisBus.sweep() works despite foreign values under its own keys", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await mustPublish(bus, say("1"));
  await redis.command("SET", "test:sweeper", "strange");
  await redis.command("DEL", "test:state");
  await redis.command("SET", "test:state", "strange");
  await bus.sweep();
  await using other = openBus(redis.url, { retention: RETENTION });
  await whenReady(other);
  assert.equal((await other.page(lobby, undefined, 10)).messages.length, 1);
  await bus.sweep();
  assert.equal(await redis.command("HGET", "test:state", "rooms"), "1");
});

Deno.test("RedisBus sets no expiry on the keys of a room with entries, whatever the clock of Redis", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.page(lobby, undefined, 10);
  const [empty = 0] = await ttls(redis);
  assert.ok(empty > 0 && empty <= 120_000, String(empty));
  const { position } = await mustPublish(bus, act({ kind: "room", topic: "Tea" }));
  await bus.markRead(lobby, ann.user, position);
  assert.deepEqual(await ttls(redis), [-1, -1, -1, -1, -1, -1]);
});

Deno.test("RedisBus keeps the head of a room without entries as long as it is followed", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.subscribe(lobby);
  await bus.topPositions();
  await redis.command("PEXPIRE", "test:{lobby}:head", "1000");
  await bus.topPositions();
  const [left = 0] = await ttls(redis);
  assert.ok(left > 60_000, String(left));
});

for (const byMs of [97 * HOUR_MS, 24 * HOUR_MS, -97 * HOUR_MS]) {
  Deno.test(`RedisBus loses nothing and stamps correctly after the clock was wrong by ${byMs / HOUR_MS} h`, async () => {
    await using opened = await open();
    const { redis, bus } = opened;
    const before = await mustPublish(bus, say("before"));
    // The state after an entry that was made while the clock was wrong.
    await mustPublish(bus, say("meanwhile"));
    await redis.command("HSET", "test:{lobby}:head", "at", String(before.at + byMs));
    const after = await mustPublish(bus, say("after"));
    assert.ok(Math.abs(after.at - before.at) < 60_000, String(after.at - before.at));
    const { messages } = await bus.page(lobby, undefined, 10);
    assert.deepEqual(messages.map(({ text }) => text), ["before", "meanwhile", "after"]);
    const { lossReason, entries } = await bus.replay(lobby, { ...before.position, seq: 0 }, 10);
    assert.deepEqual([lossReason, entries.length], [undefined, 3]);
  });
}

Deno.test("RedisBus stores nothing twice, even if a clock that jumped ahead has expired its receipt", async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  const first = say("once", { id: 'an "id", {odd}' });
  const receipt = await mustPublish(bus, first);
  await sayAll(bus, ["2", "3"]);
  // The state after the clock jumped ahead by a day: receipts have expired, and the newest entry is a day old.
  await redis.command("HINCRBY", "test:{lobby}:head", "at", String(-24 * HOUR_MS));
  await redis.command("DEL", `test:{lobby}:once:${first.user}:${first.id}`);
  await mustPublish(bus, say("4"));
  await redis.command("DEL", `test:{lobby}:once:${first.user}:${first.id}`);
  assert.deepEqual((await mustPublish(bus, first)).position, receipt.position);
  assert.equal((await mustPublish(bus, { ...first, ...bob })).position.seq, 5);
  assert.equal((await mustPublish(bus, say("once"))).position.seq, 6);
  // By then it would be forgotten anyway.
  await clock.advance(RECEIPTS_MS);
  assert.equal((await mustPublish(bus, first)).position.seq, 7);
});

Deno.test("RedisBus never decreases a timestamp when the clock goes back a little", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const { at } = await mustPublish(bus, say("before"));
  const ahead = at + MAX_SMOOTHED_MS - 1_000;
  await redis.command("HSET", "test:{lobby}:head", "at", String(ahead));
  assert.equal((await mustPublish(bus, say("after"))).at, ahead);
});

Deno.test("Instances agree on how long the service has been in use, and a new one continues from there", async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  await mustPublish(bus, say("old"));
  await clock.advance(HOUR_MS);
  await until("it to be known in Redis", async () => {
    await clock.advance(10_000);
    return Number(await redis.command("HGET", "test:state", "ran")) >= HOUR_MS;
  });
  await using other = openBus(redis.url, { retention: RETENTION, clock: new FakeClock() });
  await whenReady(other);
  assert.deepEqual((await other.page(lobby, undefined, 10)).messages, []);
  // Running instances still know what was lost with a Redis that came back empty.
  await redis.command("DEL", "test:state");
  await until("it to be known again", async () => {
    await clock.advance(10_000);
    return Number(await redis.command("HGET", "test:state", "ran")) >= HOUR_MS;
  });
});

Deno.test("RedisBus.sweep() keeps a room that somebody follows, and its positions", async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  const { position } = await mustPublish(bus, say("old"));
  await mustPublish(bus, say("old", { room: attic }));
  await bus.subscribe(lobby);
  await clock.advance(2 * HOUR_MS);
  await bus.sweep();
  assert.deepEqual((await bus.page(lobby, undefined, 10)).top, position);
  assert.equal(await redis.command("EXISTS", "test:{attic}:head"), 0);
});

Deno.test("RedisBus keeps the read marker of a user who comes back", async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  const { position } = await mustPublish(bus, say("1"));
  await bus.markRead(lobby, ann.user, position);
  const renewedAt = () => redis.command("ZSCORE", "test:{lobby}:marks", ann.user).then(Number);
  const before = await renewedAt();
  await bus.readState(lobby, ann.user, 0);
  assert.equal(await renewedAt(), before);
  await clock.advance(MARKER_REFRESH_MS + 1);
  await bus.readState(lobby, ann.user, 0);
  assert.ok(await renewedAt() > before);
});

Deno.test("RedisBus.sweep() sweeps the other rooms although one is damaged, and then reports that", async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  const rooms = numbers(1, 50).map((n) => room(`room${n}`));
  for (const each of rooms) await mustPublish(bus, say("old", { room: each }));
  await clock.advance(2 * HOUR_MS);
  await redis.command("SET", "test:{room7}:messages", "foreign");
  await assert.rejects(bus.sweep());
  const keys = rooms.map((it) => `test:{${it}}:messages`);
  assert.equal(await redis.command("EXISTS", ...keys), 1);
  assert.equal(Number(await redis.command("HGET", "test:state", "rooms")), 1);
});

Deno.test(`RedisBus keeps ${MAX_READ_MARKERS} read markers of a room: the newest`, async () => {
  await using opened = await open();
  const { redis, clock, bus } = opened;
  const { position } = await mustPublish(bus, say("1"));
  await bus.markRead(lobby, ann.user, position);
  const users = numbers(1, MAX_READ_MARKERS - 1).map((n) => `user_${String(n).padStart(6, "0")}`);
  const rows = users.flatMap((user) => ["1", user]);
  await redis.command("ZADD", "test:{lobby}:marks", ...rows);
  await clock.advance(1_000);
  await bus.markRead(lobby, bob.user, position);
  assert.equal(await redis.command("ZCARD", "test:{lobby}:marks"), MAX_READ_MARKERS);
  assert.deepEqual((await bus.readState(lobby, ann.user, 0)).read, undefined);
  assert.deepEqual((await bus.readState(lobby, bob.user, 0)).read, position);
});

Deno.test("RedisBus adopts a room from before ages were counted, and removes its expiry", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const [first] = await sayAll(bus, ["1", "2"]);
  assert.ok(first);
  // The state that an older version leaves: texts in the log, no ages, no tag, and keys that expire.
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
  assert.deepEqual(replay.entries.map(({ action }) => action), [
    { kind: "said", text: "1" },
    { kind: "said", text: "2" },
  ]);
  await mustPublish(bus, draft({ kind: "edited", of: first, text: "one" }));
  const page = await bus.page(lobby, undefined, 10);
  assert.deepEqual(page.messages.map(({ text }) => text), ["one", "2"]);
  assert.deepEqual((await ttls(redis)).slice(0, 3), [-1, -1, -1]);
});

async function openStore(retention: Retention, clock: FakeClock): Promise<OpenStore> {
  const { bus, redis, [Symbol.asyncDispose]: dispose } = await open(retention, clock);
  const sweep = async () => {
    // One instance sweeps every few minutes of its clock.
    await redis.command("DEL", "test:sweeper");
    await bus.sweep();
  };
  return { bus, sweep, [Symbol.asyncDispose]: dispose };
}

roomExistenceContract("RedisBus", openStore);
stateRetentionContract("RedisBus", openStore);
