// @ts-check
/**
 * The rooms that only their members see. The server makes their ids, which no person should have to read: each is shown by its
 * title, or by the name of the other person. No DOM.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(kindOfRoom("_private.k5xw3jq2"), "private");
 * assert.equal(kindOfRoom("_direct.q3vz6u2t"), "direct");
 * assert.equal(kindOfRoom("private"), "open");
 * ```
 * @module
 */

/** What a room is by its id: `open` for every room that has a name. @param {string} room @returns {"private" | "direct" | "open"} */
export function kindOfRoom(room) {
  const [, kind] = /^_(private|direct)\./i.exec(room) ?? [];
  return kind === undefined ? "open" : kind.toLowerCase() === "direct" ? "direct" : "private";
}

/** Whether only its members see a room. @param {string} room */
export function isPrivateRoom(room) {
  return kindOfRoom(room) !== "open";
}
