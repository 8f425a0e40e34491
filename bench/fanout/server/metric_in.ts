/**
 * Reads one number from the text of `/metrics`.
 * @module
 */

/** The value of a metric with this label, such as `state="parked"`. NaN if the text does not have it. */
export function metricIn(text: string, name: string, label: string): number {
  const line = text.split("\n").find((it) => it.startsWith(`${name}{`) && it.includes(label));
  return line === undefined ? NaN : Number(line.slice(line.lastIndexOf(" ") + 1));
}
