// @ts-check
/**
 * Shortens texts where only the beginning is shown.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(excerpt("abc", 2), "ab");
 * assert.equal(excerpt("a👋b", 2), "a");
 * ```
 * @module
 */

/** The beginning of a text, without half of a character at its end. @param {string} text @param {number} length In UTF-16 units. */
export function excerpt(text, length) {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}
