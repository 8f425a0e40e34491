// @ts-check
/**
 * The rules of the message field that need no DOM: which key sends, how many rows a text needs, and which texts can be sent.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(tooManyBytes("世界", 5), 1);
 * assert.equal(isInCode("see:\n" + "`".repeat(3) + "js\nlet x;"), true);
 * assert.equal(trimmed("\n  code\n\n"), "  code");
 * assert.equal(hasVisible("\u200b"), false);
 * ```
 * @module
 */

// The server's rule without some blanks of ancient scripts: see lib/core/names/invisible.ts.
const VISIBLE = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffc]/u;
const MAX_ROWS = 8;
// A UTF-16 unit becomes at most three bytes of UTF-8: a surrogate pair becomes four bytes, two per unit.
const BYTES_PER_UNIT = 3;

/**
 * Whether a key sends: Enter outside of code, and Ctrl+Enter or ⌘+Enter everywhere. While an input method is composing, Enter
 * selects a word. Safari ends the composition before the key event; only key code 229 identifies that event.
 * @param {{ key: string, shiftKey: boolean, ctrlKey: boolean, metaKey: boolean, isComposing: boolean, keyCode: number }} event
 * @param {boolean} inCode
 */
export function isSendKey(event, inCode) {
  const { key, shiftKey, ctrlKey, metaKey, isComposing, keyCode } = event;
  if (key !== "Enter" || isComposing || keyCode === 229) return false;
  return ctrlKey || metaKey || (!shiftKey && !inCode);
}

const FENCE = "```";

/**
 * Whether a text ends inside an unclosed code block, by the same rule that renders messages.
 * @param {string} before The text before the caret.
 */
export function isInCode(before) {
  for (let start = before.indexOf(FENCE); start >= 0;) {
    // An empty block is not a code block.
    const end = before.indexOf(FENCE, start + FENCE.length + 1);
    if (end < 0) return true;
    start = before.indexOf(FENCE, end + FENCE.length);
  }
  return false;
}

/**
 * The number of rows that a one-row field needs for its text. In rows, since setting a height would be an inline style.
 * @param {number} hiddenPx The height of the text that does not fit.
 * @param {number} lineHeightPx
 */
export function rowsFor(hiddenPx, lineHeightPx) {
  const more = Number.isFinite(lineHeightPx) ? Math.ceil(hiddenPx / lineHeightPx) : 0;
  return Math.min(MAX_ROWS, 1 + Math.max(0, more));
}

/** The text to send: without surrounding blank lines and trailing spaces, but with the indentation of the first line. @param {string} text */
export function trimmed(text) {
  // Do not use /\s+$/: it takes quadratic time on a long run of spaces.
  return text.trimEnd().replace(/^(?:[^\S\n]*\n)+/, "");
}

/** Whether a text has a visible character. The server accepts no other. @param {string} text */
export function hasVisible(text) {
  return VISIBLE.test(text);
}

/**
 * The number of UTF-8 bytes by which a text exceeds the limit; 0 if it does not.
 * @param {string} text
 * @param {number} maxBytes
 */
export function tooManyBytes(text, maxBytes) {
  if (text.length * BYTES_PER_UNIT <= maxBytes) return 0;
  return Math.max(0, new TextEncoder().encode(text).length - maxBytes);
}
