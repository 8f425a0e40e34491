/**
 * Adding what several isolates have counted. A newcomer might let the counters of an isolate go with it: a sum that falls
 * looks like a restart to whoever reads it, and all of it is counted a second time.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Metrics } from "./metrics.ts";
 * const metrics = new Metrics();
 * metrics.counter("chat_said_total", "What was said.").add();
 * const [metric] = sum([metrics.snapshot(), lasting(metrics.snapshot())]);
 * assert.deepEqual(metric?.kind !== "histogram" && metric?.samples, [{ labels: {}, value: 2 }]);
 * ```
 * @module
 */
import type { Labels, Metric, Sample, Snapshot } from "./metrics.ts";

/** What several isolates have together: everything adds up, gauges too. */
export function sum(snapshots: readonly Snapshot[]): Snapshot {
  const sums = new Map<string, Metric>();
  for (const metric of snapshots.flat()) {
    const before = sums.get(metric.name);
    sums.set(metric.name, before ? add(before, metric) : metric);
  }
  return [...sums.values()];
}

/** What stays of an isolate that has ended: what it has counted, and not what it had. */
export function lasting(snapshot: Snapshot): Snapshot {
  return snapshot.filter(({ kind }) => kind !== "gauge");
}

function add(one: Metric, other: Metric): Metric {
  if (one.kind === "histogram" && other.kind === "histogram" && haveSameBounds(one, other)) {
    const counts = one.counts.map((count, bucket) => count + (other.counts[bucket] ?? 0));
    return { ...one, counts, sum: one.sum + other.sum };
  }
  if (one.kind !== "histogram" && other.kind !== "histogram" && one.kind === other.kind) {
    return { ...one, samples: addSamples(one.samples, other.samples) };
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

function addSamples(one: readonly Sample[], other: readonly Sample[]): readonly Sample[] {
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
