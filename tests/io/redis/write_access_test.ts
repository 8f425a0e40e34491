/**
 * What an operator sees of a Redis that refuses every write, but answers reads and passes on what is published.
 * @module
 */
import assert from "node:assert/strict";
import { type Metric, Metrics } from "../../../lib/core/metrics/metrics.ts";
import type { RedisBus } from "../../../lib/io/redis/bus.ts";
import { mustPublish, say } from "../../contract/fixtures.ts";
import { room } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";
import { until } from "../../support/provision.ts";
import { openBus, whenReady } from "../../support/redis/bus.ts";
import { startCluster } from "../../support/redis/cluster.ts";
import { startRedis } from "../../support/redis/server.ts";

/** The refused entries, by reason; those without any are left out. */
function refusedOf(metrics: Metrics): Readonly<Record<string, number>> {
  const metric: Metric | undefined = metrics.snapshot()
    .find(({ name }) => name === "parley_entries_refused_total");
  assert.ok(metric?.kind === "counter");
  const found = metric.samples.filter(({ value }) => value > 0);
  return Object.fromEntries(found.map(({ labels, value }) => [labels.reason ?? "", value]));
}

async function refuse(bus: RedisBus, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await assert.rejects(bus.publish(say(`${index}`)));
}

for (
  const [setting, broken, whole, reason, why] of [
    ["maxmemory", "1", "0", "no_space", /is full/],
    ["min-replicas-to-write", "1", "0", "too_few_replicas", /too few replicas/],
  ] as const
) {
  Deno.test(`RedisBus.probe() rejects while ${setting} makes Redis refuse messages, which are counted and logged once`, async () => {
    await using redis = await startRedis();
    const metrics = new Metrics();
    await using bus = openBus(redis.url, { metrics });
    await whenReady(bus);
    await mustPublish(bus, say("before"));
    await using recorder = await LogRecorder.start();
    await redis.command("CONFIG", "SET", setting, broken);
    await refuse(bus, 3);
    await assert.rejects(bus.probe(), why);
    await assert.rejects(bus.probe(), why);
    assert.deepEqual(refusedOf(metrics), { [reason]: 3 });
    assert.equal(recorder.fields("store.write_failed").length, 1);
    assert.equal(recorder.fields("store.writable").length, 0);
    await redis.command("CONFIG", "SET", setting, whole);
    // Without a message.
    await bus.probe();
    assert.equal(recorder.fields("store.writable").length, 1);
    await mustPublish(bus, say("after"));
    assert.deepEqual(
      ["store.write_failed", "store.writable"].map((event) => recorder.fields(event).length),
      [1, 1],
    );
  });
}

Deno.test("RedisBus.probe() notices a full Redis before the first message, and leaves no key behind", async () => {
  await using redis = await startRedis();
  await using whole = openBus(redis.url);
  await whenReady(whole);
  const keys = await redis.command("KEYS", "*probe*");
  assert.deepEqual(keys, []);
  await redis.command("CONFIG", "SET", "maxmemory", "1");
  await using bus = openBus(redis.url);
  await until(
    "the bus to say why",
    () => bus.probe().then(() => false, (error) => /is full/.test(error.message)),
  );
});

Deno.test("A message that Redis stores again is enough to report that it can be written", async () => {
  await using redis = await startRedis();
  await using bus = openBus(redis.url);
  await whenReady(bus);
  await mustPublish(bus, say("before"));
  await using recorder = await LogRecorder.start();
  await redis.command("CONFIG", "SET", "maxmemory", "1");
  await refuse(bus, 1);
  await redis.command("CONFIG", "SET", "maxmemory", "0");
  await mustPublish(bus, say("after"));
  assert.equal(recorder.fields("store.writable").length, 1);
});

Deno.test("RedisBus reports one full server of a cluster until that server accepts writes, whatever the others do", async () => {
  await using cluster = await startCluster();
  await using bus = openBus(cluster.url);
  await whenReady(bus);
  await using recorder = await LogRecorder.start();
  const [full] = cluster.masters;
  assert.ok(full);
  await full.command("CONFIG", "SET", "maxmemory", "1");
  const rooms = Array.from({ length: 12 }, (_, index) => room(`room${index}`));
  for (let round = 0; round < 3; round++) {
    for (const it of rooms) await bus.publish(say("hi", { room: it })).catch(() => {});
  }
  await assert.rejects(bus.probe(), /is full/);
  assert.equal(recorder.fields("store.write_failed").length, 1);
  assert.equal(recorder.fields("store.writable").length, 0);
  await full.command("CONFIG", "SET", "maxmemory", "0");
  await bus.probe();
  assert.equal(recorder.fields("store.writable").length, 1);
});
