/**
 * The words after `users`, as the body of a request to `/api/v1/users`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { body } = readRoleWords(["role", "m_ann00000", "moderator"]);
 * assert.deepEqual(body, { user: "m_ann00000", role: "moderator" });
 * assert.equal(readRoleWords(["remove", "m_ann00000"]).problems.length, 1);
 * ```
 * @module
 */
import { ROLES } from "../auth/member.ts";
import { isUserId } from "../log/user_id.ts";

/** What is asked for. */
export interface RoleWords {
  /** The body of the request. */
  readonly body: { readonly user: string; readonly role: string };
  /** Errors, one line each. If there are any, do not send the request. */
  readonly problems: readonly string[];
}

/** Checks the words that were given: `role`, the id of a member and a role. */
export function readRoleWords([command, user = "", role = ""]: readonly string[]): RoleWords {
  const isRole = command === "role" && isUserId(user) && ROLES.some((it) => it === role);
  const usage = `users goes alone, or with: role ID ROLE, where ROLE is one of ${ROLES.join(", ")}`;
  return { body: { user, role }, problems: isRole ? [] : [usage] };
}
