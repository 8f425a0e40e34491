/**
 * Names of users and rooms: which are allowed, and how guest names are chosen. A plain-text line begins with a name, so
 * every rule below makes sure that it cannot be mistaken for a line of the server or of another user.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseName("  Ann "), "Ann");
 * assert.equal(parseName("* Ann"), undefined);
 * assert.equal(parseRoom("Lobby"), "lobby");
 * ```
 * @module
 */

import { hasInvisible } from "./invisible.ts";

/** A valid name, from {@linkcode parseName} or {@linkcode isStoredName}. */
export type Name = string & { readonly __brand: "Name" };
/** A room's name, from {@linkcode parseRoom}, {@linkcode parseLegacyRoom} or {@linkcode parseStoredRoom}. */
export type RoomId = string & { readonly __brand: "RoomId" };

/** What {@linkcode parseName} requires, as shown to people. */
export const NAME_RULE =
  "a name has 1 to 32 characters. It cannot contain invisible characters, special spaces, more than three marks on a letter, or a colon before a space, and cannot begin with *, ! or /";
/** What {@linkcode parseRoom} requires, as shown to people. */
export const ROOM_RULE = "a room has 1 to 64 characters: letters and digits of any script, _ . -";

/** The room of clients that request none. It always exists. */
export const DEFAULT_ROOM = "lobby";

const MAX_ROOM_CHARACTERS = 64;
/**
 * Maximum length of a text parsed as a room, in UTF-16 code units: 64 letters with three marks each, not composed. See
 * {@linkcode MAX_NAME_UNITS}.
 */
export const MAX_ROOM_UNITS = 256;
// Marks belong to the letter before them: without one they would combine with the text before the room.
const ROOM = /^(?:[\p{L}\p{Nd}\p{Nl}][\p{Mn}\p{Mc}]*|[_.-])+$/u;
// The rule before other scripts were allowed and names became lower case.
const LEGACY_ROOM = /^[A-Za-z0-9_.-]{1,64}$/;
const MAX_NAME_CHARACTERS = 32;
/**
 * Maximum length of a text parsed as a name, in UTF-16 code units: 32 letters with three marks each, not composed.
 * Checked first, since composition takes quadratic time in the number of marks, in native code that cannot be
 * interrupted.
 */
export const MAX_NAME_UNITS = 128;
// Invisible characters that names may contain: the space, and those that Persian and emoji need.
const ALLOWED_INVISIBLE = /[ \u200c\u200d\ufe0e\ufe0f]/g;
const JOINERS = /[\u200c\u200d\ufe0e\ufe0f]/g;
// Misleading names: the server's signs or a space at the beginning, as in a continuation line; a colon and a space, which
// end the name; a mark without a letter, which would combine with the text before the name.
const MISLEADING = /^[*!/ \p{M}]|: |\p{Cs}/u;
// Four marks in a row reach into the lines above and below. Living scripts use at most three.
const STACKED_MARKS = /[\p{Mn}\p{Me}]{4}/u;

/** The name in its normal form (trimmed, NFC); undefined if it breaks {@linkcode NAME_RULE}. */
export function parseName(text: string): Name | undefined {
  if (text.length > MAX_NAME_UNITS) return undefined;
  const name = text.trim().normalize("NFC");
  return isName(name) ? name : undefined;
}

function isName(text: string): text is Name {
  if (text === "") return false;
  if (text.length > MAX_NAME_CHARACTERS && [...text].length > MAX_NAME_CHARACTERS) return false;
  if (hasInvisible(text.replace(ALLOWED_INVISIBLE, ""))) return false;
  const visible = text.replace(JOINERS, "");
  return visible !== "" && !MISLEADING.test(visible) && !STACKED_MARKS.test(visible);
}

// Characters that would make a name look like another line, or like no text at all.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]|^[*!/\s\u2800]|:[\s\u2800]/u;

/**
 * Whether a stored text (in a room log, a lease or a token) is valid as a name. These rules hold in every version, so that a
 * stricter {@linkcode NAME_RULE} does not hide earlier messages.
 */
export function isStoredName(text: string): text is Name {
  return text !== "" && text.length <= 2 * MAX_NAME_CHARACTERS && !UNSAFE.test(text);
}

/**
 * The room in its normal form (NFC, lower case); undefined if it breaks {@linkcode ROOM_RULE}. The length is counted in
 * code points of that form. `static/client/room/room_name.js` implements the same rule.
 */
export function parseRoom(text: string): RoomId | undefined {
  if (text.length > MAX_ROOM_UNITS) return undefined;
  const room = foldRoom(text);
  const isShort = room.length <= MAX_ROOM_CHARACTERS || [...room].length <= MAX_ROOM_CHARACTERS;
  return isShort && isRoom(room) ? room : undefined;
}

/** A room's name, or the beginning of one, in the normal form of {@linkcode parseRoom}. Does not check it. */
export function foldRoom(text: string): string {
  // Lower-casing can yield letters that compose again, so normalize a second time.
  return text.normalize("NFC").toLowerCase().normalize("NFC");
}

/**
 * Whether the name of a room consists only of dots. No such room can be created, since `.` and `..` in a path do not name what
 * they say; existing ones remain.
 */
export function isOnlyDots(room: string): boolean {
  return /^\.+$/.test(room);
}

function isRoom(text: string): text is RoomId {
  return ROOM.test(text) && !STACKED_MARKS.test(text) && !hasInvisible(text);
}

/**
 * The room with exactly this name if it has capital letters and was valid before names became lower case. Existing
 * rooms of this kind remain; no new ones are created.
 */
export function parseLegacyRoom(text: string): RoomId | undefined {
  return isLegacyRoom(text) ? text : undefined;
}

function isLegacyRoom(text: string): text is RoomId {
  return LEGACY_ROOM.test(text) && /[A-Z]/.test(text);
}

/**
 * A stored room (in a room log, a key or a channel), with its name unchanged. Less strict than {@linkcode parseRoom}, so
 * that another version of the rule or of Unicode does not hide rooms.
 */
export function parseStoredRoom(text: string): RoomId | undefined {
  return isStoredRoom(text) ? text : undefined;
}

function isStoredRoom(text: string): text is RoomId {
  return text.length <= MAX_ROOM_UNITS && ROOM.test(text);
}

/** How many numbers of one length are tried before a longer one. */
const TRIES = 10;
/** Numbers from this one on are tried more often, because a temporary name has at most five digits. */
const LONG = 10_000;
const TRIES_OF_LONG = 90;
/** Prefixes for guest names, by primary language; other languages use the English one. */
const GUEST_PREFIXES: Readonly<Record<GuestLanguage, string>> = { en: "Guest", zh: "网友" };

/** A language with its own prefix for guest names. */
export type GuestLanguage = "en" | "zh";

/**
 * The language of a guest's name: that of the first tag in a list.
 *
 * @param tags A BCP 47 tag, or the value of `Accept-Language`: browsers list the preferred language first.
 */
export function guestLanguage(tags: string | null | undefined): GuestLanguage {
  return /^zh(?![a-z\d])/i.test(tags ?? "") ? "zh" : "en";
}

/** The language of an existing name, for the next name of the same guest. */
export function languageOfName(name: Name): GuestLanguage {
  return /\p{Script=Han}/u.test(name) ? "zh" : "en";
}

/** The prefix of a guest's name. @param setting `GUEST_NAME`, which applies in every language; null if unset. */
export function guestPrefix(setting: string | null, language: GuestLanguage): string {
  return setting ?? GUEST_PREFIXES[language];
}

/**
 * Picks the prefix and a number that no user has: of two digits (10–99) while few of these are taken, then of three, and so
 * on. Of each length, some random numbers are tried, so that the cost hardly grows with the number of guests.
 *
 * @param random Returns a number in [0, 1), like `Math.random`.
 */
export function pickGuestName(
  prefix: string,
  isTaken: (name: Name) => boolean,
  random: () => number,
): Name {
  return pickNumberedName((number) => `${prefix}${number}`, isTaken, random);
}

/**
 * Picks a name for a user whose own name is taken: `Ann (2)` for `Ann`. Numbers from 2 to 9 come first, in order;
 * further ones are picked as in {@linkcode pickGuestName}.
 *
 * @param random Returns a number in [0, 1), like `Math.random`.
 */
export function pickTemporaryName(
  wanted: Name,
  isTaken: (name: Name) => boolean,
  random: () => number,
): Name {
  const stem = stemOf(wanted);
  for (let number = 2; number < 10; number++) {
    const name = parseName(`${stem}(${number})`);
    if (name !== undefined && !isTaken(name)) return name;
  }
  return pickNumberedName((number) => `${stem}(${number})`, isTaken, random);
}

/** Whether {@linkcode pickTemporaryName} could have picked a name for the wanted one. */
export function isTemporaryName(name: Name, wanted: Name): boolean {
  const stem = stemOf(wanted);
  return name.startsWith(`${stem}(`) && /^\(\d{1,5}\)$/.test(name.slice(stem.length));
}

/** The part before the number, short enough for five digits. Without colons at its end, which would end the name. */
function stemOf(wanted: Name): string {
  let stem = [...wanted].slice(0, MAX_NAME_CHARACTERS - " (99999)".length).join("");
  while (stem.endsWith(":") || stem.endsWith(" ")) stem = stem.slice(0, -1);
  stem = stem === "" ? "" : `${stem} `;
  // A name stored by an older version may break the current rule.
  return parseName(`${stem}(2)`) === undefined ? "" : stem;
}

function pickNumberedName(
  form: (number: number) => string,
  isTaken: (name: Name) => boolean,
  random: () => number,
): Name {
  for (let first = 10;; first *= 10) {
    const tries = first < LONG ? TRIES : TRIES_OF_LONG;
    for (let attempt = 0; attempt < tries; attempt++) {
      const text = form(first + Math.floor(random() * first * 9));
      const name = parseName(text);
      if (name === undefined) {
        throw new RangeError(`Cannot pick a name: it breaks the rule for names: received ${text}`);
      }
      if (!isTaken(name)) return name;
    }
  }
}
