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

/** A name that {@linkcode parseName} has let through. */
export type Name = string & { readonly __brand: "Name" };
/** A room's name that {@linkcode parseRoom} has let through. */
export type RoomId = string & { readonly __brand: "RoomId" };

/** What {@linkcode parseName} asks for, in words for people. */
export const NAME_RULE =
  "a name has 1 to 32 characters, none of them invisible, no colon followed by a space, and does not begin with *, ! or /";
/** What {@linkcode parseRoom} asks for, in words for people. */
export const ROOM_RULE = "a room has 1 to 64 of the characters A-Z a-z 0-9 _ . -";

const MAX_NAME_CHARACTERS = 32;
// Cc: control. Zl, Zp: line and paragraph separators. Cs: halves of a surrogate pair. Bidi_Control turns the direction of
// what follows, by which a name could rewrite the line it stands in.
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u;
// What nobody sees, by which two names could look the same. The joiners and variation selectors among it are allowed:
// Persian is written and emoji are made with them.
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;
const UNSEEN_ALLOWED = /[\u200c\u200d\ufe0e\ufe0f]/g;
// As a reader sees it, a blank at the beginning is a continuation line, and a colon and a blank end the name. U+2800 is a
// blank that Unicode does not count as one.
const MISLEADING = /^[*!/\s\u2800]|:[\s\u2800]/;

/** The name in its one form (trimmed, NFC), or undefined where {@linkcode NAME_RULE} is broken. */
export function parseName(text: string): Name | undefined {
  const name = text.trim().normalize("NFC");
  return isName(name) ? name : undefined;
}

function isName(text: string): text is Name {
  // 32 characters are at most 64 code units: what is longer need not be spread out to be counted.
  if (text === "" || text.length > 2 * MAX_NAME_CHARACTERS) return false;
  if (text.length > MAX_NAME_CHARACTERS && [...text].length > MAX_NAME_CHARACTERS) return false;
  if (FORBIDDEN.test(text) || text.replace(UNSEEN_ALLOWED, "").search(UNSEEN) >= 0) return false;
  const seen = text.replace(UNSEEN, "");
  return seen !== "" && !MISLEADING.test(seen);
}

/** The room, or undefined where {@linkcode ROOM_RULE} is broken. */
export function parseRoom(text: string): RoomId | undefined {
  return isRoom(text) ? text : undefined;
}

function isRoom(text: string): text is RoomId {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(text);
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
