/**
 * Formats metrics for Prometheus, in its text exposition format, version 0.0.4. Buckets are cumulative in this format,
 * unlike in a snapshot.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Metrics } from "./metrics.ts";
 * const metrics = new Metrics();
 * metrics.counter("parley_messages_total", "What was said.", { by: "Ann" }).add(2);
 * const [, , sample] = formatPrometheus(metrics.snapshot()).split("\n");
 * assert.equal(sample, 'parley_messages_total{by="Ann"} 2');
 * ```
 * @module
 */
import type { Labels, Metric, Snapshot } from "./metrics.ts";

/** The media type of {@linkcode formatPrometheus}. */
export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Formats a snapshot. The text ends with a line feed. */
export function formatPrometheus(snapshot: Snapshot): string {
  return snapshot.flatMap(metricLines).map((line) => `${line}\n`).join("");
}

function metricLines(metric: Metric): readonly string[] {
  const { name, help, kind } = metric;
  // Unlike in a label's value, quotation marks are not escaped in a help text.
  const written = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  const samples = kind === "histogram"
    ? histogramLines(metric)
    : metric.samples.map(({ labels, value }) => sampleLine(name, labels, value));
  return [`# HELP ${name} ${written}`, `# TYPE ${name} ${kind}`, ...samples];
}

function histogramLines(
  { name, bounds, counts, sum }: Extract<Metric, { kind: "histogram" }>,
): readonly string[] {
  let total = 0;
  const buckets = counts.map((count, bucket) => {
    total += count;
    return sampleLine(`${name}_bucket`, { le: format(bounds[bucket] ?? Infinity) }, total);
  });
  return [...buckets, sampleLine(`${name}_sum`, {}, sum), sampleLine(`${name}_count`, {}, total)];
}

function sampleLine(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
  const braced = pairs.length > 0 ? `{${pairs.join(",")}}` : "";
  return `${name}${braced} ${format(value)}`;
}

function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function format(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
