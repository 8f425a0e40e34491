// @ts-check
/**
 * Whom a new message mentions: the people that its text names as `@Name`, by the rule that also sets these names off in the log.
 * Pure.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const people = [{ user: "u1", name: "Ann" }, { user: "u2", name: "Ben" }];
 * assert.deepEqual(mentionedUsers("@ben, `@Ann` is code", people, "u3"), ["u2"]);
 * ```
 * @module
 */

import { piecesOf } from "../text/rich_text.js";

/** Maximum number of users in a message's `mentions`: see docs/reference/protocol.md. */
const MAX_MENTIONS = 20;

/**
 * The ids of the users whom a text mentions, in the order of the text. Those beyond the twentieth are left out.
 * @param {string} text
 * @param {readonly import("../text/mentions.js").NamedUser[]} people Everyone whom the page knows in the room, the user included.
 * @param {string | undefined} me The user, who cannot mention themselves.
 * @returns {readonly string[]}
 */
export function mentionedUsers(text, people, me) {
  const users = piecesOf(text, people).flatMap((it) => it.type === "mention" ? [it.user] : []);
  return [...new Set(users)].filter((user) => user !== me).slice(0, MAX_MENTIONS);
}
