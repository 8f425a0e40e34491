// @ts-check
/**
 * The marks beside names: owners, moderators and guests.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(markOf("member", "owner", true), "markOwner");
 * assert.equal(markOf("member", "member", true), undefined);
 * assert.equal(markOf("guest", undefined, true), "guest");
 * assert.equal(markOf("guest", undefined, false), undefined);
 * ```
 * @module
 */

/** Whether guests are marked: not if all are guests. @param {readonly { readonly kind: string }[]} members */
export function marksGuests(members) {
  return members.some(({ kind }) => kind !== "guest");
}

/**
 * The key of the mark beside a name. Members without a role have none: they are what others are compared with.
 * @param {string} kind
 * @param {string | undefined} role
 * @param {boolean} isMixed Whether not all are guests.
 */
export function markOf(kind, role, isMixed) {
  if (role === "owner") return "markOwner";
  if (role === "moderator") return "markModerator";
  return isMixed && kind === "guest" ? "guest" : undefined;
}
