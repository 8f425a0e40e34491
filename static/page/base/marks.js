// @ts-check
/**
 * The marks beside names: owners and moderators and, where guests meet others, guests and members.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const mixed = new Set(["guest", "member"]);
 * assert.equal(markOf("member", "owner", new Set()), "markOwner");
 * assert.equal(markOf("member", undefined, mixed), "markMember");
 * assert.equal(markOf("guest", undefined, mixed), "guest");
 * assert.equal(markOf("app", undefined, mixed), undefined);
 * assert.equal(markOf("guest", undefined, new Set(["guest"])), undefined);
 * assert.equal(markOf("member", undefined, new Set(["member", "app"])), undefined);
 * ```
 * @module
 */

/**
 * The key of the mark beside a name.
 * @param {string} kind
 * @param {string | undefined} role
 * @param {ReadonlySet<string>} kinds The kinds of users who are or were in the room.
 */
export function markOf(kind, role, kinds) {
  if (role === "owner") return "markOwner";
  if (role === "moderator") return "markModerator";
  if (kind === "guest") return [...kinds].some((it) => it !== "guest") ? "guest" : undefined;
  return kind === "member" && kinds.has("guest") ? "markMember" : undefined;
}
