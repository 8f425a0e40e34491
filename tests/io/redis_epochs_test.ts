/**
 * What the bus over Redis knows after Redis has lost something, or may have: a number is never used twice in one epoch, and
 * nobody is told that all is there where it is not.
 * @module
 */
import assert from "node:assert/strict";
import { MAX_ERAS } from "../../lib/core/room_log.ts";
import { ann, enter, lobby, numbers, say, sayAll } from "../contract/given.ts";
import { openRestartable } from "../redis_bus.ts";

const SAVING = ["--appendonly", "yes", "--appendfsync", "always"];

Deno.test("RedisBus begins a new epoch where Redis comes back empty", async () => {
  await using opened = await openRestartable();
  const { bus, restart } = opened;
  const before = await enter(bus, say("before"));
  await restart();
  const after = await enter(bus, say("after"));
  assert.equal(after.position.seq, 1);
  assert.notEqual(after.position.epoch, before.position.epoch);
  const { gap, entries } = await bus.replay(lobby, before.position, 10);
  assert.deepEqual([gap, entries.length], ["unknown_epoch", 1]);
});

Deno.test("RedisBus begins a new epoch where all keys are deleted, also for one who only asks", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  await bus.follow(lobby);
  const { position } = await enter(bus, say("before"));
  await redis.command("FLUSHALL");
  const [top] = await bus.tops();
  assert.equal(top?.top.seq, 0);
  assert.equal((await bus.replay(lobby, position, 10)).gap, "unknown_epoch");
  assert.equal((await enter(bus, say("after"))).position.epoch, top?.top.epoch);
});

Deno.test("RedisBus goes on in one epoch over a restart of a Redis that is durable", async () => {
  await using opened = await openRestartable({ durable: true }, SAVING);
  const { bus, restart } = opened;
  const first = say("first");
  const { position } = await enter(bus, first);
  await enter(bus, say("second"));
  await restart();
  assert.deepEqual((await enter(bus, first)).position, position);
  const third = await enter(bus, say("third"));
  assert.deepEqual(third.position, { epoch: position.epoch, seq: 3 });
  const { gap, entries } = await bus.replay(lobby, position, 10);
  assert.deepEqual([gap, entries.length], [undefined, 2]);
});

Deno.test("RedisBus begins a new era over a restart of a Redis that may have lost something, and what it has is good", async () => {
  await using opened = await openRestartable({}, SAVING);
  const { bus, restart } = opened;
  const positions = await sayAll(bus, ["1", "2"]);
  await restart();
  positions.push(...await sayAll(bus, ["3", "4"]));
  assert.deepEqual(positions.map(({ seq }) => seq), [1, 2, 3, 4]);
  assert.equal(new Set(positions.map(({ epoch }) => epoch)).size, 2);
  for (const position of positions) {
    const { gap, entries } = await bus.replay(lobby, position, 10);
    assert.deepEqual([gap, entries.length], [undefined, 4 - position.seq]);
  }
  const lost = { epoch: positions[0]?.epoch ?? "", seq: 3 };
  const rewound = await bus.replay(lobby, lost, 10);
  assert.deepEqual([rewound.gap, rewound.entries.map(({ position }) => position.seq)], ["rewound", [
    3,
    4,
  ]]);
});

Deno.test(`RedisBus remembers ${MAX_ERAS} eras, as the log in memory does`, async () => {
  await using opened = await openRestartable({}, SAVING);
  const { redis, bus } = opened;
  const positions = [];
  for (const index of numbers(1, MAX_ERAS + 1)) {
    positions.push((await enter(bus, say(String(index)))).position);
    await redis.command("HSET", "test:{lobby}:head", "server", "another");
  }
  const gaps = await Promise.all(positions.map((it) => bus.replay(lobby, it, 0)));
  assert.deepEqual(gaps.map(({ gap }) => gap), [
    "unknown_epoch",
    ...numbers(1, MAX_ERAS).map(() => undefined),
  ]);
});

Deno.test("RedisBus uses no number again where a room's head alone is lost", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  const { position } = await enter(bus, say("before"));
  await bus.markRead(lobby, ann.user, position);
  await redis.command("DEL", "test:{lobby}:head");
  const { top, messages } = await bus.page(lobby, undefined, 10);
  assert.deepEqual([top.seq, messages], [0, []]);
  assert.deepEqual(await bus.standing(lobby, ann.user), { read: undefined, unread: 0 });
  const after = await enter(bus, say("after"));
  assert.notEqual(after.position.epoch, position.epoch);
});

Deno.test("RedisBus says that what is asked for is too old where a room's log alone is lost", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  const [first] = await sayAll(bus, ["1", "2"]);
  await redis.command("DEL", "test:{lobby}:log");
  assert.ok(first);
  assert.equal((await bus.replay(lobby, first, 10)).gap, "too_old");
  await enter(bus, say("3"));
  const { gap, entries } = await bus.replay(lobby, first, 10);
  assert.deepEqual([gap, entries.map(({ position }) => position.seq)], ["too_old", [3]]);
});
