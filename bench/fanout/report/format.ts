/**
 * Formats numbers with three significant digits: a fourth would be noise.
 * @module
 */
import type { Spread } from "./statistics.ts";

/** A number with three significant digits; large ones with commas between the thousands. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  const rounded = Number(value.toPrecision(3));
  if (size >= 2) return Math.round(rounded).toLocaleString("en-US");
  return rounded.toFixed(Math.min(2 - size, 6)).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

/** A median with its range in parentheses, or alone if they are equal. */
export function formatSpread({ median, min, max }: Spread): string {
  const [least, most] = [formatNumber(min), formatNumber(max)];
  return least === most ? formatNumber(median) : `${formatNumber(median)} (${least}–${most})`;
}

/** A Markdown table. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const ruler = head.map((_, at) => at === 0 ? "---" : "--:");
  return [line(head), line(ruler), ...rows.map(line)].join("\n");
}
