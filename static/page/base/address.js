// @ts-check
/**
 * Parses and builds the page's URL: a room and perhaps a message after the `#`, or, in older URLs, a room and a name as
 * parameters. The name is only a suggestion: a link never renames a user. Do not copy the rest of the URL into a link: it
 * may contain the user's name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { room, name } = parseAddress("https://chat.example/?room=den&name=Ann");
 * assert.deepEqual([room, name], ["den", "Ann"]);
 * assert.equal(linkTo("https://chat.example/?name=Ann", "attic"), "https://chat.example/#attic");
 * ```
 * @module
 */

import { MAX_NAME_LENGTH } from "../../client/identity.js";
import { roomName } from "../../client/room/room_name.js";

/** @typedef {{ secret: string, isDevice: boolean }} InviteLink */
/** @typedef {{ room: string | null, position: string | null, name: string | null, isBad: boolean }} PageAddress `isBad`: the requested room has no valid name. */

const INVITE = /^#(invite|device)=(.{0,99})/;
// A room of 64 characters of 4 bytes and a position, with every byte percent-encoded.
const MAX_HASH_LENGTH = 1_000;
const POSITION = /^[0-9a-z]{1,32}:\d{1,15}$/;

/**
 * The target of a URL's hash; null if it names no room. An invalid message position is ignored.
 * @param {string} hash With its `#`.
 * @returns {{room: string, position: string | null} | null}
 */
export function parseHash(hash) {
  if (hash.length > MAX_HASH_LENGTH) return null;
  const [spelled = "", position = ""] = decoded(hash.replace(/^#/, "")).split("/");
  const room = roomName(spelled);
  if (room === null) return null;
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
 * The hash of a room or message, with its `#`.
 * @param {string} room
 * @param {string | null} [position]
 */
export function makeHash(room, position) {
  return position ? `#${room}/${position}` : `#${room}`;
}

/**
 * What the link of an invite contains; null for other URLs. `isDevice`: it adds a device to a member.
 * @param {string} href
 * @returns {InviteLink | null}
 */
export function parseInvite(href) {
  const [, kind, secret = ""] = INVITE.exec(new URL(href).hash) ?? [];
  return kind ? { secret, isDevice: kind === "device" } : null;
}

/** Parses a whole URL. @param {string} href @returns {PageAddress} */
export function parseAddress(href) {
  const { hash, searchParams } = new URL(href);
  const proposed = searchParams.get("name") ?? "";
  const name = proposed.length > MAX_NAME_LENGTH ? null : proposed.trim() || null;
  const behind = parseHash(hash);
  if (behind) return { ...behind, name, isBad: false };
  const spelled = searchParams.get("room") ?? "";
  const room = roomName(spelled);
  const isBad = room === null && (spelled !== "" || hash.length > 1);
  return { room, position: null, name, isBad };
}

/**
 * The URL of a room or message; null for that of no room.
 * @param {string} page The page's URL. Its parameters and hash are left out.
 * @param {string | null} room
 * @param {string | null} [position]
 */
export function linkTo(page, room, position) {
  const url = new URL(page);
  url.search = "";
  url.hash = room === null ? "" : makeHash(room, position);
  return url.href;
}
