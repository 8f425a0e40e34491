/**
 * Metrics as Prometheus reads them: its text exposition format, version 0.0.4. Buckets are written cumulatively, each with
 * all that is in the smaller ones, though they are not kept so.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Metrics } from "./metrics.ts";
 * const metrics = new Metrics();
 * metrics.counter("chat_said_total", "What was said.", { by: "Ann" }).add(2);
 * const [, , sample] = expose(metrics.snapshot()).split("\n");
 * assert.equal(sample, 'chat_said_total{by="Ann"} 2');
 * ```
 * @module
 */
import type { Labels, Metric, Snapshot } from "./metrics.ts";

/** The media type of {@linkcode expose}. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The text, with a line feed at its end. */
export function expose(snapshot: Snapshot): string {
  return snapshot.flatMap(linesOf).map((line) => `${line}\n`).join("");
}

function linesOf(metric: Metric): readonly string[] {
  const { name, help, kind } = metric;
  // In a help text, unlike in a label's value, a quotation mark is written as it is.
  const written = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  const samples = kind === "histogram"
    ? linesOfHistogram(metric)
    : metric.samples.map(({ labels, value }) => line(name, labels, value));
  return [`# HELP ${name} ${written}`, `# TYPE ${name} ${kind}`, ...samples];
}

function linesOfHistogram(
  { name, bounds, counts, sum }: Extract<Metric, { kind: "histogram" }>,
): readonly string[] {
  let total = 0;
  const buckets = counts.map((count, bucket) => {
    total += count;
    return line(`${name}_bucket`, { le: format(bounds[bucket] ?? Infinity) }, total);
  });
  return [...buckets, line(`${name}_sum`, {}, sum), line(`${name}_count`, {}, total)];
}

function line(name: string, labels: Labels, value: number): string {
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
