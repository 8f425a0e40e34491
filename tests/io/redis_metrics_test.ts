/** What a bus over a real Redis counts. */
import assert from "node:assert/strict";
import { type Metric, Metrics } from "../../lib/core/metrics.ts";
import { enter, say } from "../contract/given.ts";
import { until } from "../provision.ts";
import { openBus, ready } from "../redis_bus.ts";
import { startRedis } from "../redis_server.ts";

function metricOf(metrics: Metrics, name: string): Metric {
  const metric = metrics.snapshot().find((it) => it.name === name);
  assert.ok(metric);
  return metric;
}

function published(metrics: Metrics): number | undefined {
  const metric = metricOf(metrics, "chat_published_total");
  return metric.kind === "counter" ? metric.samples[0]?.value : undefined;
}

function roundTrips(metrics: Metrics): number {
  const metric = metricOf(metrics, "chat_redis_round_trip_seconds");
  return metric.kind === "histogram" ? metric.counts.reduce((sum, count) => sum + count) : -1;
}

Deno.test("RedisBus counts what Redis acknowledged, and each round trip once however many drafts share it", async () => {
  await using redis = await startRedis();
  const metrics = new Metrics();
  await using bus = openBus(redis.url, { metrics });
  await ready(bus);
  await enter(bus, say("so that the script is known"));
  await until("the new room to be counted", async () => {
    return await redis.command("HGET", "test:state", "rooms") === "1";
  });
  const before = roundTrips(metrics);
  const drafts = Array.from({ length: 100 }, (_, index) => say(`${index}`));
  await Promise.all(drafts.map((draft) => bus.publish(draft)));
  assert.equal(published(metrics), 101);
  assert.equal(roundTrips(metrics) - before, 1);
});

Deno.test("RedisBus counts no round trip where nothing was sent", async () => {
  const metrics = new Metrics();
  // Nobody listens on the first port.
  await using bus = openBus("redis://127.0.0.1:1", { metrics });
  await assert.rejects(bus.publish(say("nobody hears it")));
  assert.deepEqual([roundTrips(metrics), published(metrics)], [0, 0]);
});
