// @ts-check
/**
 * Kinds of users. The kind is part of the user's id, so it is known wherever a user is mentioned.
 * @module
 */

/** @typedef {import("./frames.js").Member} Member */
/** @typedef {import("./frames.js").UserKind} UserKind */

/**
 * The kind of a user.
 * @param {string} user The user's id.
 * @returns {UserKind}
 */
export function kindOf(user) {
  return user.startsWith("m_") ? "member" : user.startsWith("a_") ? "app" : "guest";
}

/**
 * A person of a frame as the library reports it.
 * @param {import("./frames.js").Person} person
 * @returns {Member}
 */
export function memberOf({ user, name, role }) {
  return { user, name, kind: kindOf(user), ...(role && { role }) };
}
