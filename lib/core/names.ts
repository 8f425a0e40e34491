/**
 * Names of people and of rooms: what is allowed, and how a guest's name is drawn. A name that gets past here can stand
 * at the beginning of a plain-text line without being taken for the server's or for another person's, which is what
 * every rule below is for.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseName("  Ann "), "Ann");
 * assert.equal(parseName("* Ann"), undefined);
 * assert.equal(parseRoom("lobby"), "lobby");
 * ```
 * @module
 */

import { hasInvisible } from "./visible.ts";

/** A name that {@linkcode parseName} has let through. */
export type Name = string & { readonly __brand: "Name" };
/** A room's name that {@linkcode parseRoom} has let through. */
export type RoomId = string & { readonly __brand: "RoomId" };

/** What {@linkcode parseName} requires, as shown to people. */
export const NAME_RULE =
  "a name has 1 to 32 characters. It cannot contain invisible characters, special spaces, more than three marks on a letter, or a colon before a space, and cannot begin with *, ! or /";
/** What {@linkcode parseRoom} asks for, in words for people. */
export const ROOM_RULE = "a room has 1 to 64 of the characters A-Z a-z 0-9 _ . -";

const MAX_ROOM_LENGTH = 64;
const MAX_NAME_CHARACTERS = 32;
/**
 * Longest text that is considered as a name, in UTF-16 units: 32 letters with three marks each, before composition.
 * Checked first, since composition takes quadratic time in the number of marks, in native code that cannot be interrupted.
 */
export const MAX_NAME_UNITS = 128;
// Invisible characters that names may contain: the space, and those that Persian and emoji need.
const UNSEEN_ALLOWED = /[ \u200c\u200d\ufe0e\ufe0f]/g;
const JOINERS = /[\u200c\u200d\ufe0e\ufe0f]/g;
// What would mislead a reader: the server's signs; a space at the beginning, as in a continuation line; a colon and a
// space, which end the name; a mark without a letter, which would combine with the text before the name.
const MISLEADING = /^[*!/ \p{M}]|: |\p{Cs}/u;
// Four in a row reach into the lines above and below. Living scripts use three at most besides the letter's own.
const STACKED_MARKS = /[\p{Mn}\p{Me}]{4}/u;

/** The name in its one form (trimmed, NFC), or undefined where {@linkcode NAME_RULE} is broken. */
export function parseName(text: string): Name | undefined {
  if (text.length > MAX_NAME_UNITS) return undefined;
  const name = text.trim().normalize("NFC");
  return isName(name) ? name : undefined;
}

function isName(text: string): text is Name {
  if (text === "") return false;
  if (text.length > MAX_NAME_CHARACTERS && [...text].length > MAX_NAME_CHARACTERS) return false;
  if (hasInvisible(text.replace(UNSEEN_ALLOWED, ""))) return false;
  const seen = text.replace(JOINERS, "");
  return seen !== "" && !MISLEADING.test(seen) && !STACKED_MARKS.test(seen);
}

// Characters that would make a name look like another line, or like no text at all.
const DISHONEST = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]|^[*!/\s\u2800]|:[\s\u2800]/u;

/**
 * Whether a stored text (in a log, a lease or a token) is valid as a name. These rules hold in every version, so that a
 * stricter {@linkcode NAME_RULE} hides no message that was sent before it.
 */
export function isKeptName(text: string): text is Name {
  return text !== "" && text.length <= 2 * MAX_NAME_CHARACTERS && !DISHONEST.test(text);
}

/** The room, or undefined where {@linkcode ROOM_RULE} is broken. */
export function parseRoom(text: string): RoomId | undefined {
  return isRoom(text) ? text : undefined;
}

function isRoom(text: string): text is RoomId {
  return text.length <= MAX_ROOM_LENGTH && /^[A-Za-z0-9_.-]+$/.test(text);
}

/**
 * Draws `word` and a number that nobody has: two digits (10–99) as long as there are any, then three, and so on. Each
 * length is searched for 90 numbers from a random start on, which is all of the two-digit ones.
 *
 * @param random A number in [0, 1), as of `Math.random`.
 */
export function drawGuestName(
  word: string,
  isTaken: (name: Name) => boolean,
  random: () => number,
): Name {
  for (let first = 10;; first *= 10) {
    const size = first * 9;
    const start = Math.floor(random() * size);
    for (let step = 0; step < 90; step++) {
      const name = parseName(`${word}${first + (start + step) % size}`);
      if (name === undefined) {
        throw new RangeError(`Cannot draw a guest name: the word makes no name: received ${word}`);
      }
      if (!isTaken(name)) return name;
    }
  }
}
