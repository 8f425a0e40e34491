/**
 * Draws a histogram of durations with block characters, for terminals and logs. Each row is an interval; intervals grow
 * with the duration, so that a long tail fits on the screen.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(drawChart([{ upTo: 900, count: 3 }, { upTo: 1400, count: 1 }], 4), [
 *   "      1 ms ████ 3, 75 %",
 *   "    1.5 ms █▍   1, 25 %",
 * ]);
 * ```
 * @module
 */
import type { HistogramStep } from "./histogram.ts";

/** Upper ends of the rows, in each power of ten. */
const ENDS = [1, 1.5, 2, 3, 5, 7];
/** Fits a duration of fifty days. */
const LABEL_WIDTH = 10;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** The rows of a chart, shortest durations first. @param steps In microseconds. @param width Width of the longest bar. */
export function drawChart(steps: readonly HistogramStep[], width: number): string[] {
  const rows = grouped(steps);
  const most = Math.max(...rows.map(({ count }) => count));
  const all = rows.reduce((sum, { count }) => sum + count, 0);
  return rows.map(({ upTo, count }) => {
    const label = formatDuration(upTo).padStart(LABEL_WIDTH);
    return `${label} ${bar(count / most, width).padEnd(width)} ${count}, ${percent(count / all)}`;
  });
}

/** Combines steps to rows, with empty rows between filled ones. */
function grouped(steps: readonly HistogramStep[]): HistogramStep[] {
  const rows: { upTo: number; count: number }[] = [];
  for (const { upTo, count } of steps) {
    const end = endAbove(upTo);
    for (let row = rows.at(-1); row && row.upTo < end; row = rows.at(-1)) {
      rows.push({ upTo: endAbove(row.upTo + 1), count: 0 });
    }
    const last = rows.at(-1);
    if (last) last.count += count;
    else rows.push({ upTo: end, count });
  }
  return rows;
}

/** The first end of a row that is not below `micros`. */
function endAbove(micros: number): number {
  for (let power = 1;; power *= 10) {
    const end = ENDS.find((it) => it * power >= micros && Number.isInteger(it * power));
    if (end !== undefined) return end * power;
  }
}

/** A bar; any share above 0 has at least an eighth of a block. */
function bar(share: number, width: number): string {
  const eighths = share > 0 ? Math.max(1, Math.round(share * width * 8)) : 0;
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** Formats a duration in µs, ms or s, to three digits. */
export function formatDuration(micros: number): string {
  if (micros < 1000) return `${Number(micros.toPrecision(3))} µs`;
  if (micros < 1e6) return `${Number((micros / 1e3).toPrecision(3))} ms`;
  return `${Number((micros / 1e6).toPrecision(3))} s`;
}
