/**
 * Roles that users have because they are in a group elsewhere, at an OpenID provider.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const roles = [{ group: "admins", role: "owner" }, { group: "staff", role: "moderator" }] as const;
 * assert.equal(roleOf(["staff", "admins"], roles), "owner");
 * assert.equal(roleOf(["guests"], roles), undefined);
 * ```
 * @module
 */
import { type Role, ROLES } from "./member.ts";

/** The role of those who are in a group. */
export interface GroupRole {
  /** The group's name, as the provider states it. */
  readonly group: string;
  /** The role of users in the group, unless another group gives them a higher one. */
  readonly role: Role;
}

/** Parses `group=role`; undefined if it is something else. The group may contain `=`. */
export function parseGroupRole(text: string): GroupRole | undefined {
  const at = text.lastIndexOf("=");
  const group = text.slice(0, Math.max(0, at)).trim();
  const role = ROLES.find((it) => it === text.slice(at + 1).trim());
  return group === "" || role === undefined ? undefined : { group, role };
}

/** The highest role that any of the groups gives; undefined for none. */
export function roleOf(groups: readonly string[], roles: readonly GroupRole[]): Role | undefined {
  return ROLES.find((role) => roles.some((it) => it.role === role && groups.includes(it.group)));
}
