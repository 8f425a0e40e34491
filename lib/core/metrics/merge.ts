/**
 * Adds up the metrics of several workers. Keep the counters of a worker that has ended: Prometheus takes a sum that
 * falls for a restart and counts all of it again.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Metrics } from "./metrics.ts";
 * const metrics = new Metrics();
 * metrics.counter("parley_messages_total", "What was said.").add();
 * const [metric] = mergeSnapshots([metrics.snapshot(), withoutGauges(metrics.snapshot())]);
 * assert.deepEqual(metric?.kind !== "histogram" && metric?.samples, [{ labels: {}, value: 2 }]);
 * ```
 * @module
 */
import type { Labels, Metric, Sample, Snapshot } from "./metrics.ts";

/** The sum of several snapshots; gauges are added up too. */
export function mergeSnapshots(snapshots: readonly Snapshot[]): Snapshot {
  const sums = new Map<string, Metric>();
  for (const metric of snapshots.flat()) {
    const before = sums.get(metric.name);
    sums.set(metric.name, before ? mergeMetrics(before, metric) : metric);
  }
  return [...sums.values()];
}

/** What remains of a worker that has ended: its counters and histograms, without its gauges. */
export function withoutGauges(snapshot: Snapshot): Snapshot {
  return snapshot.filter(({ kind }) => kind !== "gauge");
}

function mergeMetrics(one: Metric, other: Metric): Metric {
  if (one.kind === "histogram" && other.kind === "histogram" && haveSameBounds(one, other)) {
    const counts = one.counts.map((count, bucket) => count + (other.counts[bucket] ?? 0));
    return { ...one, counts, sum: one.sum + other.sum };
  }
  if (one.kind !== "histogram" && other.kind !== "histogram" && one.kind === other.kind) {
    return { ...one, samples: mergeSamples(one.samples, other.samples) };
  }
  throw new RangeError(`Cannot add metrics: they differ in kind or bounds: received ${one.name}`);
}

function haveSameBounds(
  one: { readonly bounds: readonly number[] },
  other: { readonly bounds: readonly number[] },
): boolean {
  const { bounds } = other;
  return one.bounds.length === bounds.length && one.bounds.every((it, i) => it === bounds[i]);
}

function mergeSamples(one: readonly Sample[], other: readonly Sample[]): readonly Sample[] {
  const sums = new Map<string, Sample>();
  for (const { labels, value } of [...one, ...other]) {
    const key = keyOf(labels);
    sums.set(key, { labels, value: value + (sums.get(key)?.value ?? 0) });
  }
  return [...sums.values()];
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort());
}
