// @ts-check
/**
 * The rules of the message field that need no page: which key sends, how many rows a text needs, and how long it may be.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(tooManyBytes("世界", 5), 1);
 * assert.equal(trimmed("\n  code\n\n"), "  code");
 * ```
 * @module
 */

const MAX_ROWS = 8;
// A UTF-16 unit becomes at most three bytes of UTF-8; the pairs, which become four, have two.
const BYTES_PER_UNIT = 3;

/**
 * Whether a key sends. While an input method is composing, Enter picks a word. Safari ends the composition before the key
 * arrives, and marks that key with 229 only.
 * @param {{ key: string, shiftKey: boolean, isComposing: boolean, keyCode: number }} event
 */
export function isSendKey({ key, shiftKey, isComposing, keyCode }) {
  return key === "Enter" && !shiftKey && !isComposing && keyCode !== 229;
}

/**
 * The rows that a field needs which has one row. By rows, since a height set from script would be an inline style.
 * @param {number} hiddenPx How much of the text is out of sight.
 * @param {number} lineHeightPx
 */
export function rowsFor(hiddenPx, lineHeightPx) {
  const more = Number.isFinite(lineHeightPx) ? Math.ceil(hiddenPx / lineHeightPx) : 0;
  return Math.min(MAX_ROWS, 1 + Math.max(0, more));
}

/** What is sent of what was written: blanks at the beginning of a line may be meant, blank lines around it are not. @param {string} text */
export function trimmed(text) {
  // Not /\s+$/, which takes quadratic time on a long run of blanks.
  return text.trimEnd().replace(/^(?:[^\S\n]*\n)+/, "");
}

/**
 * By how many bytes of UTF-8 a text is too long; 0 where it is not.
 * @param {string} text
 * @param {number} maxBytes
 */
export function tooManyBytes(text, maxBytes) {
  if (text.length * BYTES_PER_UNIT <= maxBytes) return 0;
  return Math.max(0, new TextEncoder().encode(text).length - maxBytes);
}
