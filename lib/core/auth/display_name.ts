/**
 * Names of users who are known elsewhere, made fit for the chat.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(displayName("Ann\tBell"), "Ann Bell");
 * assert.equal(displayName("***"), undefined);
 * ```
 * @module
 */
import { MAX_NAME_UNITS, type Name, parseName } from "../names/names.ts";

const MAX_NAME_CHARACTERS = 32;

/**
 * The name under which such a user appears, changed where it breaks the rule for names: the app has other rules, and its
 * user could not help it. Undefined if nothing is left that can be shown.
 */
export function displayName(stated: string): Name | undefined {
  const text = stated.slice(0, MAX_NAME_UNITS);
  return parseName(text) ?? parseName(shortened(text));
}

function shortened(text: string): string {
  const plain = text.normalize("NFC")
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .replaceAll(": ", " ")
    .replace(/^[*!/ \p{M}]+/u, "");
  return [...plain].slice(0, MAX_NAME_CHARACTERS).join("");
}
