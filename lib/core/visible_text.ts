/**
 * Texts of users on a terminal. Line breaks and tabs could add lines and columns to a table, escape sequences could overwrite
 * what is there, and marks that reverse the direction could hide how a line goes on. Each is shown as a picture instead.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(visibleText("noise\n\x1b[2J"), "noise␊␛[2J");
 * assert.deepEqual(withVisibleTexts({ name: "Ann\tBob", at: [7, "\x7f"] }), { name: "Ann␉Bob", at: [7, "␡"] });
 * assert.equal(jsonText(["\u202eadmin"]), '["\\u202eadmin"]');
 * ```
 * @module
 */

// All control characters, line breaks, and the characters that reorder what follows them, also beyond the text.
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/** A text on one line, in which control characters can be seen and have no effect. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, characterPicture);
}

/** A JSON value in which all texts are as {@linkcode visibleText} returns them. */
export function withVisibleTexts(value: unknown): unknown {
  if (typeof value === "string") return visibleText(value);
  if (Array.isArray(value)) return value.map(withVisibleTexts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, withVisibleTexts(it)]));
}

/** A value as JSON on one line. Programs read it as it is, and on a terminal it is harmless. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    HIDDEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The picture of a control character (U+2400 block); those that have none become the replacement character. */
export function characterPicture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}
