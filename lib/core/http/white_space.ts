/**
 * White space in the values of headers.
 * @module
 */

/**
 * The text without HTTP white space around it (RFC 9110 §5.6.3), as the runtime removes it. `trim()` would also remove
 * characters that belong to the value, such as a no-break space, which is the byte A0 of a header.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(trimmed(" \ta b "), "a b");
 * assert.equal(trimmed("\u{a0}a"), "\u{a0}a");
 * ```
 */
export function trimmed(text: string): string {
  // Not by a pattern: one for trailing blanks takes quadratic time on a run of blanks in the middle.
  let start = 0, end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (start < end && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
