// @ts-check
/**
 * What the page's address asks for: a room and perhaps a message behind the `#`, or, as older addresses have it, a room and
 * a name as parameters. The name is only a proposal: a link never renames a user.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { room, name } = readAddress("https://chat.example/?room=den&name=Ann");
 * assert.deepEqual([room, name], ["den", "Ann"]);
 * ```
 * @module
 */

import { makeHash, parseHash } from "./permalink.js";
import { MAX_NAME_LENGTH, ROOM } from "./settings.js";

/** @typedef {{ room: string | null, position: string | null, name: string | null, isBad: boolean }} Asked `isBad`: what was asked for is no room. */

/** Reads a whole address. @param {string} href @returns {Asked} */
export function readAddress(href) {
  const { hash, searchParams } = new URL(href);
  const proposed = searchParams.get("name") ?? "";
  const name = proposed.length > MAX_NAME_LENGTH ? null : proposed.trim() || null;
  const behind = parseHash(hash);
  if (behind) return { ...behind, name, isBad: false };
  const room = searchParams.get("room") ?? "";
  const isRoom = ROOM.test(room);
  const isBad = !isRoom && (room !== "" || hash.length > 1);
  return { room: isRoom ? room : null, position: null, name, isBad };
}

/** The address of a room without the parameters, which were taken already. @param {string} href @param {string | null} room @param {string | null} [position] */
export function addressOf(href, room, position) {
  const url = new URL(href);
  url.search = "";
  url.hash = room === null ? "" : makeHash(room, position);
  return url.href;
}
