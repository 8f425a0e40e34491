// @ts-check
/**
 * Addresses of rooms and messages, as the part of the page's address behind the `#`. Of the rest of the address nothing is
 * put into a link: it may hold the name of whoever copies it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseHash("#attic/k3j9f2:127"), { room: "attic", position: "k3j9f2:127" });
 * assert.equal(linkTo("https://chat.example/?name=Ann", "attic"), "https://chat.example/#attic");
 * ```
 * @module
 */

const ROOM = /^[\w.-]{1,64}$/;
// A room and a position with every character percent-encoded.
const MAX_HASH_LENGTH = 400;
const POSITION = /^[0-9a-z]{1,32}:\d{1,15}$/;

/**
 * What an address names; null where it names no room. What stands in the place of a message and is none is passed over.
 * @param {string} hash With its `#`.
 * @returns {{room: string, position: string | null} | null}
 */
export function parseHash(hash) {
  if (hash.length > MAX_HASH_LENGTH) return null;
  const [room = "", position = ""] = decoded(hash.replace(/^#/, "")).split("/");
  if (!ROOM.test(room)) return null;
  return { room, position: POSITION.test(position) ? position : null };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The part behind the address of the page, with its `#`.
 * @param {string} room
 * @param {string | null} [position]
 */
export function makeHash(room, position) {
  return position ? `#${room}/${position}` : `#${room}`;
}

/**
 * The whole address.
 * @param {string} page The address of the page, with whatever it has behind it.
 * @param {string} room
 * @param {string | null} [position]
 */
export function linkTo(page, room, position) {
  const url = new URL(page);
  url.search = "";
  url.hash = makeHash(room, position);
  return url.href;
}
