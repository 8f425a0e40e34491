/** What a bus on a real Redis counts. */
import assert from "node:assert/strict";
import { type Metric, Metrics } from "../../../lib/core/metrics/metrics.ts";
import { mustPublish, say } from "../../contract/fixtures.ts";
import { until } from "../../support/provision.ts";
import { openBus, whenReady } from "../../support/redis/bus.ts";
import { startRedis } from "../../support/redis/server.ts";

function metricOf(metrics: Metrics, name: string): Metric {
  const metric = metrics.snapshot().find((it) => it.name === name);
  assert.ok(metric);
  return metric;
}

function published(metrics: Metrics): number | undefined {
  const metric = metricOf(metrics, "parley_entries_published_total");
  return metric.kind === "counter" ? metric.samples[0]?.value : undefined;
}

function roundTrips(metrics: Metrics): number {
  const metric = metricOf(metrics, "parley_redis_round_trip_seconds");
  return metric.kind === "histogram" ? metric.counts.reduce((sum, count) => sum + count) : -1;
}

Deno.test("RedisBus counts the drafts that Redis acknowledged, and one round trip for many of them", async () => {
  await using redis = await startRedis();
  const metrics = new Metrics();
  await using bus = openBus(redis.url, { metrics });
  await whenReady(bus);
  await mustPublish(bus, say("so that the script is known"));
  await until("the new room to be counted", async () => {
    return await redis.command("HGET", "test:state", "rooms") === "1";
  });
  const before = roundTrips(metrics);
  const drafts = Array.from({ length: 100 }, (_, index) => say(`${index}`));
  await Promise.all(drafts.map((draft) => bus.publish(draft)));
  assert.equal(published(metrics), 101);
  // The bus also reads its quotas from time to time.
  const trips = roundTrips(metrics) - before;
  assert.ok(trips >= 1 && trips < 10, `${trips} round trips`);
});

Deno.test("RedisBus counts no round trip when nothing was sent", async () => {
  const metrics = new Metrics();
  // Nothing listens on the first port.
  await using bus = openBus("redis://127.0.0.1:1", { metrics });
  await assert.rejects(bus.publish(say("nobody hears it")));
  assert.deepEqual([roundTrips(metrics), published(metrics)], [0, 0]);
});
