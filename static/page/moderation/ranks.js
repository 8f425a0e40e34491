// @ts-check
/**
 * Who may moderate whom, as far as the page knows: the server decides. It lets a request about a user who ranks as high
 * succeed without any effect, so the page does not offer one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [bea, olga] = [{ user: "m_bea", role: "moderator" }, { user: "m_olga", role: "owner" }];
 * assert.equal(isBelow(bea, olga), true);
 * assert.equal(isBelow(olga, bea), false);
 * assert.equal(isBelow({ user: "u_guy" }, bea), true);
 * assert.equal(isBelow(bea, bea), false);
 * ```
 * @module
 */

/** @typedef {{ readonly user: string, readonly role?: string }} Ranked */

/** @param {Ranked} person */
function rankOf({ role }) {
  return role === "owner" ? 2 : role === "moderator" ? 1 : 0;
}

/**
 * Whether a person ranks lower than a moderator.
 * @param {Ranked} person
 * @param {Ranked} moderator A user who may moderate in the room, perhaps only by a token, which makes a moderator.
 */
export function isBelow(person, moderator) {
  return person.user !== moderator.user && rankOf(person) < Math.max(1, rankOf(moderator));
}

/**
 * The role of a user, as far as any list of people names it.
 * @param {readonly import("../../client.js").Room[]} rooms
 * @param {string} user
 */
export function roleIn(rooms, user) {
  for (const room of rooms) {
    const role = room.members.value.members.find((it) => it.user === user)?.role;
    if (role) return role;
  }
  return undefined;
}

/**
 * Whether any list of people has a user.
 * @param {readonly import("../../client.js").Room[]} rooms
 * @param {string} user
 */
export function isIn(rooms, user) {
  return rooms.some(({ members: { value } }) => value.members.some((it) => it.user === user));
}

/** Whether a role allows to moderate the whole service. @param {string | undefined} role */
export function moderatesService(role) {
  return role === "owner" || role === "moderator";
}
