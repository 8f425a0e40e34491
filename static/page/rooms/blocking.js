// @ts-check
/**
 * Blocks and unblocks users. A block is this user's own filter, kept in this browser: other users are not told.
 * @module
 */

import { MAX_BLOCKED_USERS } from "../preferences.js";

/**
 * Blocks a user, or unblocks them.
 * @param {Pick<import("../preferences.js").Preferences, "blocked" | "readBlocked" | "saveBlocked">} preferences
 * @param {string} user
 * @param {string | null} name The name by which the list shows them; null unblocks them.
 * @returns {boolean} False if too many users are blocked already.
 */
export function setBlocked(preferences, user, name) {
  // Another tab may have changed the list.
  preferences.readBlocked();
  const users = new Map(preferences.blocked.value);
  if (name === null) users.delete(user);
  else users.set(user, name);
  if (users.size > MAX_BLOCKED_USERS) return false;
  preferences.saveBlocked(users);
  return true;
}
