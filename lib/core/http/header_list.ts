/**
 * Lists in the values of headers (RFC 9110 §5.6.1).
 * @module
 */

/** Maximum length of a list, in characters. A longer one counts as empty. */
const MAX_LIST_LENGTH = 8_192;

/**
 * The trimmed items of a comma-separated header, without empty ones; none if it is too long. Quoted commas separate items too.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(listItems("gzip, br;q=0.5,"), ["gzip", "br;q=0.5"]);
 * assert.deepEqual(listItems(null), []);
 * ```
 */
export function listItems(value: string | null): readonly string[] {
  if (value === null || value.length > MAX_LIST_LENGTH) return [];
  return value.split(",").map((part) => part.trim()).filter((part) => part !== "");
}
