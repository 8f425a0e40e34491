// @ts-check
/**
 * Reads reports: messages in the room `_reports` whose lines say where the reported message is, who wrote it and how it begins,
 * and why it is reported. Moderators also talk there, so a message can be something else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const report = parseReport("#den/k3j9f2:12\nEve (u_eve00000): buy watches\nspam");
 * assert.deepEqual(report, {
 *   room: "den",
 *   position: "k3j9f2:12",
 *   user: "u_eve00000",
 *   name: "Eve",
 *   text: "buy watches",
 *   reason: "spam",
 * });
 * assert.equal(parseReport("I have talked to Eve"), null);
 * ```
 * @module
 */

import { roomName } from "../../client/room/room_name.js";

/** @typedef {{ readonly room: string, readonly position: string, readonly user: string, readonly name: string, readonly text: string, readonly reason: string }} Report */

/** @param {string} message @returns {Report | null} */
export function parseReport(message) {
  const [place = "", quote = "", reason = "", ...more] = message.split("\n");
  const [, room = "", position = ""] = /^#([^/]{1,128})\/([0-9a-z]{1,32}:\d{1,15})$/.exec(place) ??
    [];
  // A name cannot contain ": ".
  const end = quote.indexOf(": ");
  const [, name = "", user = ""] = /^(.{1,128}) \((\w{1,64})\)$/.exec(quote.slice(0, end)) ?? [];
  if (more.length > 0 || user === "" || roomName(room) === null) return null;
  return { room, position, user, name, text: quote.slice(end + 2), reason };
}
