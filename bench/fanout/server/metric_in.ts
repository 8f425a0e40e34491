/**
 * Reads one number of Prometheus' text, as `/metrics` has it.
 * @module
 */

/** The value of a metric with this label, written as it is there: `state="parked"`. NaN where it is not in the text. */
export function metricIn(text: string, name: string, label: string): number {
  const line = text.split("\n").find((it) => it.startsWith(`${name}{`) && it.includes(label));
  return line === undefined ? NaN : Number(line.slice(line.lastIndexOf(" ") + 1));
}
