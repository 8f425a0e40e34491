// @ts-check
/**
 * The rule for room names, the same as the server's (`parseRoom` in `lib/core/names/names.ts`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(roomName("大厅"), "大厅");
 * assert.equal(roomName("Über"), "über");
 * assert.equal(roomName("Lobby"), "Lobby");
 * assert.equal(roomName("no spaces"), null);
 * ```
 * @module
 */

/** The longest name in characters, after normalization. */
const MAX_CHARACTERS = 64;
// The server's limit. Normalization takes quadratic time in the number of marks.
const MAX_UNITS = 256;
const PLAIN = /^[A-Za-z0-9_.-]{1,64}$/;
const ROOM = /^(?:[\p{L}\p{Nd}\p{Nl}][\p{Mn}\p{Mc}]*|[_.-])+$/u;
// Invisible letters and marks, for which Unicode has no single class (`lib/core/names/invisible.ts`), and marks that extend into other lines.
const BAD =
  /[\p{Default_Ignorable_Code_Point}\u{13441}\u{13442}\u{13447}-\u{13455}\u{16fe4}]|\p{Mn}{4}/u;

/**
 * The name to request: normalized and in lower case. ASCII names keep their capitals: only the server knows whether a
 * room of that spelling was created before names were in lower case.
 * @param {string} text
 * @returns {string | null} Null if it is not a valid room name.
 */
export function roomName(text) {
  if (PLAIN.test(text)) return text;
  if (text.length > MAX_UNITS) return null;
  const name = text.normalize("NFC").toLowerCase().normalize("NFC");
  return [...name].length <= MAX_CHARACTERS && ROOM.test(name) && !BAD.test(name) ? name : null;
}
