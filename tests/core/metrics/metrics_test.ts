import assert from "node:assert/strict";
import { mergeSnapshots, withoutGauges } from "../../../lib/core/metrics/merge.ts";
import {
  Histogram,
  type Metric,
  Metrics,
  type Snapshot,
} from "../../../lib/core/metrics/metrics.ts";

/** A worker that has this many connections and has sent this much. */
function workerSnapshot(open: number, sent: number, took: readonly number[]): Snapshot {
  const metrics = new Metrics();
  metrics.gauges("parley_connections", "Connections.", "state", () => ({ open, parked: 1 }));
  metrics.counter("parley_sent_total", "Sent.").add(sent);
  const histogram = metrics.histogram("parley_send_seconds", "Sending.", [0.1, 1]);
  for (const seconds of took) histogram.observe(seconds);
  return metrics.snapshot();
}

function numbers(snapshot: Snapshot): Record<string, readonly number[]> {
  const values = (metric: Metric) =>
    metric.kind === "histogram"
      ? [...metric.counts, metric.sum]
      : metric.samples.map(({ value }) => value);
  return Object.fromEntries(snapshot.map((metric) => [metric.name, values(metric)]));
}

Deno.test("Histogram counts a value in the smallest bucket that contains it", () => {
  const histogram = new Histogram([1, 2, 5]);
  for (const value of [0, 1, 1.1, 5, 5.1, 1_000, -1]) histogram.observe(value);
  assert.deepEqual(histogram.counts, [3, 1, 1, 2]);
  assert.ok(Math.abs(histogram.sum - 1_011.2) < 1e-9);
});

Deno.test("Metrics.snapshot() is a plain value of the counts so far", () => {
  const metrics = new Metrics();
  const counter = metrics.counter("parley_sent_total", "Sent.");
  let open = 3;
  metrics.gauge("parley_open", "Open.", () => open);
  const histogram = metrics.histogram("parley_send_seconds", "Sending.", [1]);
  counter.add();
  const before = metrics.snapshot();
  assert.deepEqual(structuredClone(before), before);
  counter.add(4);
  histogram.observe(0.5);
  open = 7;
  assert.deepEqual(numbers(before), {
    parley_sent_total: [1],
    parley_open: [3],
    parley_send_seconds: [0, 0, 0],
  });
  assert.deepEqual(numbers(metrics.snapshot()), {
    parley_sent_total: [5],
    parley_open: [7],
    parley_send_seconds: [1, 0, 0.5],
  });
});

Deno.test("Metrics reads gauges with the same name once", () => {
  const metrics = new Metrics();
  let readings = 0;
  metrics.gauges(
    "parley_connections",
    "Connections.",
    "state",
    () => ({ open: ++readings, dead: 0 }),
  );
  metrics.snapshot();
  assert.equal(readings, 1);
});

Deno.test("Metrics keeps counters with the same name and different labels in one metric", () => {
  const metrics = new Metrics();
  const [grown, silent] = ["grown", "silent"].map((reason) =>
    metrics.counter("parley_recycles_total", "Recycled.", { reason })
  );
  grown?.add(2);
  silent?.add();
  assert.deepEqual(metrics.snapshot(), [{
    kind: "counter",
    name: "parley_recycles_total",
    help: "Recycled.",
    samples: [
      { labels: { reason: "grown" }, value: 2 },
      { labels: { reason: "silent" }, value: 1 },
    ],
  }]);
});

for (
  const [why, make] of [
    ["is not in snake_case", (it: Metrics) => it.gauge("Chat-open", "Open.", () => 0)],
    ["exists already", (it: Metrics) => it.gauge("parley_open", "Open.", () => 0)],
    ["has no _total at its end", (it: Metrics) => it.counter("parley_sent", "Sent.")],
    ["belongs to a gauge", (it: Metrics) => it.counter("parley_odd_total", "Odd.")],
  ] as const
) {
  Deno.test(`Metrics rejects a name that ${why}`, () => {
    const metrics = new Metrics();
    metrics.gauge("parley_open", "Open.", () => 0);
    metrics.gauge("parley_odd_total", "Odd.", () => 0);
    assert.throws(() => make(metrics), RangeError);
  });
}

Deno.test("sum() adds counters, gauges and buckets", () => {
  const all = mergeSnapshots([workerSnapshot(3, 10, [0.05, 2]), workerSnapshot(4, 20, [0.5]), []]);
  const { parley_connections, parley_sent_total, parley_send_seconds } = numbers(all);
  assert.deepEqual(parley_connections, [7, 2]);
  assert.deepEqual(parley_sent_total, [30]);
  assert.deepEqual(parley_send_seconds, [1, 1, 1, 2.55]);
});

Deno.test("sum() keeps what only some snapshots have, and does not change its arguments", () => {
  const [one, other] = [workerSnapshot(3, 10, [0.05]), new Metrics()];
  other.counter("parley_entries_published_total", "Published.").add(5);
  const before = structuredClone(one);
  const all = numbers(mergeSnapshots([one, other.snapshot(), one]));
  assert.deepEqual(all.parley_entries_published_total, [5]);
  assert.deepEqual(all.parley_sent_total, [20]);
  assert.deepEqual(one, before);
});

Deno.test("sum() does not add values that cannot be added", () => {
  const other = new Metrics();
  other.histogram("parley_send_seconds", "Sending.", [0.2, 1]);
  assert.throws(() => mergeSnapshots([workerSnapshot(1, 1, []), other.snapshot()]), RangeError);
});

Deno.test("lasting() keeps the sum of counters from falling when a worker ends", () => {
  const [first, second] = [workerSnapshot(3, 10, [0.05]), workerSnapshot(4, 20, [0.5])];
  const all = numbers(mergeSnapshots([withoutGauges(first), second]));
  assert.deepEqual(all.parley_sent_total, [30]);
  assert.deepEqual(all.parley_send_seconds?.slice(0, 3), [1, 1, 0]);
  assert.deepEqual(all.parley_connections, [4, 1]);
});
