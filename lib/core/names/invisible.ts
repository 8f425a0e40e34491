/**
 * Which characters are invisible. Unicode has no single property for this: spaces, controls and ignorable characters
 * have one each, and the other characters in the classes below are blanks that count as letters, symbols or marks.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(hasVisible("\u200b."));
 * assert.ok(!hasVisible(" \u200b\u2800\u3164\ufe0f\n"));
 * assert.ok(hasInvisible("\u200b."));
 * ```
 * @module
 */

// U+2800 is the empty Braille cell, U+FFF9 to U+FFFC are interlinear annotations and the object replacement, U+16FE4 is the
// Khitan filler, U+13430 to U+13455 are Egyptian blanks and format controls (but U+13443 to U+13446, which can be seen), and
// U+1D159 is the null note head. One class, so that a search is one pass that ends at the first hit.
const INVISIBLE =
  /[\s\p{Cc}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffc\u{16fe4}\u{13430}-\u{13442}\u{13447}-\u{13455}\u{1d159}]/u;
const VISIBLE =
  /[^\s\p{Cc}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffc\u{16fe4}\u{13430}-\u{13442}\u{13447}-\u{13455}\u{1d159}]/u;

/** Whether the text has a visible character. */
export function hasVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/** Whether the text has an invisible character. A space is one. */
export function hasInvisible(text: string): boolean {
  return INVISIBLE.test(text);
}
