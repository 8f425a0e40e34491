import assert from "node:assert/strict";
import { lasting, sum } from "../../lib/core/metric_sums.ts";
import { Histogram, type Metric, Metrics, type Snapshot } from "../../lib/core/metrics.ts";

/** An isolate that has so many connections and has sent so much. */
function isolate(open: number, sent: number, took: readonly number[]): Snapshot {
  const metrics = new Metrics();
  metrics.gauges("chat_connections", "Connections.", "state", () => ({ open, parked: 1 }));
  metrics.counter("chat_sent_total", "Sent.").add(sent);
  const histogram = metrics.histogram("chat_send_seconds", "Sending.", [0.1, 1]);
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

Deno.test("Histogram puts a value into the first bucket that is not too small for it", () => {
  const histogram = new Histogram([1, 2, 5]);
  for (const value of [0, 1, 1.1, 5, 5.1, 1_000, -1]) histogram.observe(value);
  assert.deepEqual(histogram.counts, [3, 1, 1, 2]);
  assert.ok(Math.abs(histogram.sum - 1_011.2) < 1e-9);
});

Deno.test("Metrics.snapshot() is a plain value, of what was counted until then", () => {
  const metrics = new Metrics();
  const counter = metrics.counter("chat_sent_total", "Sent.");
  let open = 3;
  metrics.gauge("chat_open", "Open.", () => open);
  const histogram = metrics.histogram("chat_send_seconds", "Sending.", [1]);
  counter.add();
  const before = metrics.snapshot();
  assert.deepEqual(structuredClone(before), before);
  counter.add(4);
  histogram.observe(0.5);
  open = 7;
  assert.deepEqual(numbers(before), {
    chat_sent_total: [1],
    chat_open: [3],
    chat_send_seconds: [0, 0, 0],
  });
  assert.deepEqual(numbers(metrics.snapshot()), {
    chat_sent_total: [5],
    chat_open: [7],
    chat_send_seconds: [1, 0, 0.5],
  });
});

Deno.test("Metrics reads gauges of one name once", () => {
  const metrics = new Metrics();
  let readings = 0;
  metrics.gauges(
    "chat_connections",
    "Connections.",
    "state",
    () => ({ open: ++readings, dead: 0 }),
  );
  metrics.snapshot();
  assert.equal(readings, 1);
});

Deno.test("Metrics keeps counters of one name and several labels in one metric", () => {
  const metrics = new Metrics();
  const [grown, silent] = ["grown", "silent"].map((reason) =>
    metrics.counter("chat_recycles_total", "Recycled.", { reason })
  );
  grown?.add(2);
  silent?.add();
  assert.deepEqual(metrics.snapshot(), [{
    kind: "counter",
    name: "chat_recycles_total",
    help: "Recycled.",
    samples: [
      { labels: { reason: "grown" }, value: 2 },
      { labels: { reason: "silent" }, value: 1 },
    ],
  }]);
});

for (
  const [why, make] of [
    ["is no word in snake_case", (it: Metrics) => it.gauge("Chat-open", "Open.", () => 0)],
    ["is there already", (it: Metrics) => it.gauge("chat_open", "Open.", () => 0)],
    ["does not say that it grows", (it: Metrics) => it.counter("chat_sent", "Sent.")],
    ["is a gauge's already", (it: Metrics) => it.counter("chat_odd_total", "Odd.")],
  ] as const
) {
  Deno.test(`Metrics takes no name that ${why}`, () => {
    const metrics = new Metrics();
    metrics.gauge("chat_open", "Open.", () => 0);
    metrics.gauge("chat_odd_total", "Odd.", () => 0);
    assert.throws(() => make(metrics), RangeError);
  });
}

Deno.test("sum() adds counters, gauges and buckets", () => {
  const all = sum([isolate(3, 10, [0.05, 2]), isolate(4, 20, [0.5]), []]);
  const { chat_connections, chat_sent_total, chat_send_seconds } = numbers(all);
  assert.deepEqual(chat_connections, [7, 2]);
  assert.deepEqual(chat_sent_total, [30]);
  assert.deepEqual(chat_send_seconds, [1, 1, 1, 2.55]);
});

Deno.test("sum() keeps what only some have, and leaves alone what it is given", () => {
  const [one, other] = [isolate(3, 10, [0.05]), new Metrics()];
  other.counter("chat_published_total", "Published.").add(5);
  const before = structuredClone(one);
  const all = numbers(sum([one, other.snapshot(), one]));
  assert.deepEqual(all.chat_published_total, [5]);
  assert.deepEqual(all.chat_sent_total, [20]);
  assert.deepEqual(one, before);
});

Deno.test("sum() does not add what cannot be added", () => {
  const other = new Metrics();
  other.histogram("chat_send_seconds", "Sending.", [0.2, 1]);
  assert.throws(() => sum([isolate(1, 1, []), other.snapshot()]), RangeError);
});

Deno.test("lasting() lets the sum of counters never fall when an isolate ends", () => {
  const [first, second] = [isolate(3, 10, [0.05]), isolate(4, 20, [0.5])];
  const all = numbers(sum([lasting(first), second]));
  assert.deepEqual(all.chat_sent_total, [30]);
  assert.deepEqual(all.chat_send_seconds?.slice(0, 3), [1, 1, 0]);
  assert.deepEqual(all.chat_connections, [4, 1]);
});
