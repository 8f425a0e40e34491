/**
 * How the bus on Redis behaves after Redis has lost entries, or may have: no number is used twice in one epoch, and no
 * replay is reported as complete when it is not.
 * @module
 */
import assert from "node:assert/strict";
import { MAX_EPOCHS } from "../../../lib/core/log/epochs.ts";
import { readAfter } from "../../../lib/core/log/reading/log_reading.ts";
import { ann, lobby, mustPublish, numbers, say, sayAll } from "../../contract/fixtures.ts";
import { openRestartable } from "../../support/redis/bus.ts";

const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"];

Deno.test("RedisBus begins a new epoch when Redis comes back empty", async () => {
  await using opened = await openRestartable();
  const { bus, restart } = opened;
  const before = await mustPublish(bus, say("before"));
  await restart();
  const after = await mustPublish(bus, say("after"));
  assert.equal(after.position.seq, 1);
  assert.notEqual(after.position.epoch, before.position.epoch);
  const { lossReason, entries } = await bus.replay(lobby, before.position, 10);
  assert.deepEqual([lossReason, entries.length], ["unknown_epoch", 1]);
});

Deno.test("RedisBus begins a new epoch when all keys are deleted, even for a client that only reads", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  await bus.subscribe(lobby);
  const { position } = await mustPublish(bus, say("before"));
  await redis.command("FLUSHALL");
  const [top] = await bus.topPositions();
  assert.equal(top?.top.seq, 0);
  assert.equal((await bus.replay(lobby, position, 10)).lossReason, "unknown_epoch");
  assert.equal((await mustPublish(bus, say("after"))).position.epoch, top?.top.epoch);
});

Deno.test("RedisBus continues its epoch across a restart of a durable Redis", async () => {
  await using opened = await openRestartable({ durable: true }, DURABLE);
  const { bus, restart } = opened;
  const first = say("first");
  const { position } = await mustPublish(bus, first);
  await mustPublish(bus, say("second"));
  await restart();
  assert.deepEqual((await mustPublish(bus, first)).position, position);
  const third = await mustPublish(bus, say("third"));
  assert.deepEqual(third.position, { epoch: position.epoch, seq: 3 });
  const { lossReason, entries } = await bus.replay(lobby, position, 10);
  assert.deepEqual([lossReason, entries.length], [undefined, 2]);
});

Deno.test("RedisBus begins a new epoch across a restart of a Redis that may have lost entries, and keeps those it has", async () => {
  await using opened = await openRestartable({}, DURABLE);
  const { bus, restart } = opened;
  const positions = await sayAll(bus, ["1", "2"]);
  await restart();
  positions.push(...await sayAll(bus, ["3", "4"]));
  assert.deepEqual(positions.map(({ seq }) => seq), [1, 2, 3, 4]);
  assert.equal(new Set(positions.map(({ epoch }) => epoch)).size, 2);
  for (const position of positions) {
    const { lossReason, entries } = await bus.replay(lobby, position, 10);
    assert.deepEqual([lossReason, entries.length], [undefined, 4 - position.seq]);
  }
  const lost = { epoch: positions[0]?.epoch ?? "", seq: 3 };
  const rewound = await bus.replay(lobby, lost, 10);
  assert.deepEqual([rewound.lossReason, rewound.entries.map(({ position }) => position.seq)], [
    "rewound",
    [
      3,
      4,
    ],
  ]);
});

Deno.test(`RedisBus remembers ${MAX_EPOCHS} epochs, like the log in memory`, async () => {
  await using opened = await openRestartable({}, DURABLE);
  const { redis, bus } = opened;
  const positions = [];
  for (const index of numbers(1, MAX_EPOCHS + 1)) {
    positions.push((await mustPublish(bus, say(String(index)))).position);
    await redis.command("HSET", "test:{lobby}:head", "server", "another");
  }
  const gaps = await Promise.all(positions.map((it) => bus.replay(lobby, it, 0)));
  assert.deepEqual(gaps.map(({ lossReason }) => lossReason), [
    "unknown_epoch",
    ...numbers(1, MAX_EPOCHS).map(() => undefined),
  ]);
  // All can be read, part by part, from the beginning.
  const read = [];
  for (let since = { epoch: "unknown", seq: 0 }; since.seq < positions.length;) {
    const replay = await bus.replay(lobby, since, 1);
    assert.equal(replay.lossReason, read.length === 0 ? "unknown_epoch" : undefined);
    assert.equal(replay.forgotten, read.length === 0 ? 1 : undefined);
    read.push(...replay.entries.map(({ position }) => position));
    since = readAfter(replay, read.at(-1) ?? since);
  }
  assert.deepEqual(read, positions);
});

Deno.test("RedisBus returns a tombstone in the epoch of its number, and corrects an entry of another epoch", async () => {
  await using opened = await openRestartable({}, DURABLE);
  const { redis, bus, restart } = opened;
  const positions = await sayAll(bus, ["1", "2"]);
  await restart();
  positions.push(...await sayAll(bus, ["3", "4"]));
  await redis.command("XDEL", "test:{lobby}:log", "3-0");
  const [row] = [await redis.command("XRANGE", "test:{lobby}:log", "4-0", "4-0")].flat();
  const [, fields] = row as [string, string[]];
  const [, entry = "", ...rest] = fields;
  await redis.command("XDEL", "test:{lobby}:log", "4-0");
  await redis.command("XSETID", "test:{lobby}:log", "3-0");
  const foreign = entry.replace(/^\w+/, "x");
  await redis.command("XADD", "test:{lobby}:log", "4-0", "entry", foreign, ...rest);
  const { entries } = await bus.replay(lobby, { epoch: "unknown", seq: 0 }, 10);
  assert.deepEqual(entries.map(({ position }) => position), positions);
  assert.deepEqual(entries.map(({ id }) => id.startsWith("damaged")), [false, false, true, false]);
});

Deno.test("RedisBus reuses no number when only a room's head is lost", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  const { position } = await mustPublish(bus, say("before"));
  await bus.markRead(lobby, ann.user, position);
  await redis.command("DEL", "test:{lobby}:head");
  const { top, messages } = await bus.page(lobby, undefined, 10);
  assert.deepEqual([top.seq, messages], [0, []]);
  assert.deepEqual(await bus.readState(lobby, ann.user, 0), { read: undefined, unread: 0 });
  const after = await mustPublish(bus, say("after"));
  assert.notEqual(after.position.epoch, position.epoch);
});

Deno.test("RedisBus reports too_old when only a room's log is lost", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  const [first] = await sayAll(bus, ["1", "2"]);
  await redis.command("DEL", "test:{lobby}:log");
  assert.ok(first);
  assert.equal((await bus.replay(lobby, first, 10)).lossReason, "too_old");
  await mustPublish(bus, say("3"));
  const { lossReason, entries } = await bus.replay(lobby, first, 10);
  assert.deepEqual([lossReason, entries.map(({ position }) => position.seq)], ["too_old", [3]]);
});
