// @ts-check
/**
 * The marks beside names: programs, owners and moderators and, where guests meet others, guests and members.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const mixed = new Set(["guest", "member"]);
 * const [ann, olga, guest] = [{ user: "a_ann", kind: "app" }, { user: "m_olga", kind: "member" }, { user: "u1", kind: "guest" }];
 * assert.equal(markOf({ user: "a_key_ci", kind: "app" }, new Set()), "markApp");
 * assert.equal(markOf({ ...olga, role: "owner" }, new Set()), "markOwner");
 * assert.equal(markOf(olga, mixed), "markMember");
 * assert.equal(markOf(guest, mixed), "guest");
 * assert.equal(markOf(ann, mixed), undefined);
 * assert.equal(markOf(guest, new Set(["guest"])), undefined);
 * assert.equal(markOf(olga, new Set(["member", "app"])), undefined);
 * ```
 * @module
 */

/**
 * The key of the mark beside a name. A program, which acts with an API key, always has one: it can have any name.
 * @param {{ user: string, kind: string, role?: string | undefined }} person
 * @param {ReadonlySet<string>} kinds The kinds of users who are or were in the room.
 */
export function markOf({ user, kind, role }, kinds) {
  if (user.startsWith("a_key_")) return "markApp";
  if (role === "owner") return "markOwner";
  if (role === "moderator") return "markModerator";
  if (kind === "guest") return [...kinds].some((it) => it !== "guest") ? "guest" : undefined;
  return kind === "member" && kinds.has("guest") ? "markMember" : undefined;
}
