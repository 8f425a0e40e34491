/**
 * The flags of `revoke`, as the body of a request to `/api/v1/revocations`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(readRevokeFlags(new Map([["--user", "a_ann00000"]])), {
 *   body: { user: "a_ann00000" },
 *   problems: [],
 * });
 * assert.equal(readRevokeFlags(new Map()).problems.length, 1);
 * ```
 * @module
 */
import { isRevocationTime } from "../auth/revocations.ts";
import { isUserId } from "../log/user_id.ts";

/** The flags that take a value. */
export const REVOKE_FLAGS = [
  "--user",
  "--subject",
  "--issuer",
  "--token",
  "--device",
  "--before",
] as const;
/** Stands for all users; takes no value. */
export const REVOKE_ALL = "--all";

/** The lines of `--help`. */
export const REVOKE_HELP = [
  "  --user ID         everything of the user with this id, as you.user in the protocol",
  "  --subject S       the same, of the user whose tokens have this sub",
  "  --issuer I        with --subject: the iss of the tokens or of the provider; default: JWT_ISSUER",
  "  --token JTI       one token, by its jti",
  "  --device ID       one device of a member",
  "  --all             everything, of all users; then each member needs a new link: invite --device ID",
  "  --before TIME     what was issued before it, such as 2026-03-01T12:00:00Z; default: now",
];

const TARGETS = ["--user", "--subject", "--token", "--device", REVOKE_ALL];

/** What is to be revoked. */
export interface RevokeFlags {
  /** The body of the request. */
  readonly body: Readonly<Record<string, string | true>>;
  /** Errors, one line each. If there are any, do not send the request. */
  readonly problems: readonly string[];
}

/** Checks the flags that were given. @param given Values by flag; that of `--all` does not matter. */
export function readRevokeFlags(given: ReadonlyMap<string, string>): RevokeFlags {
  const problems: string[] = [];
  if (TARGETS.filter((it) => given.has(it)).length !== 1) {
    problems.push("revoke needs one of --user, --subject, --token, --device and --all");
  }
  if (given.has("--issuer") && !given.has("--subject")) {
    problems.push("--issuer is only for --subject");
  }
  const user = given.get("--user");
  if (user !== undefined && !isUserId(user)) {
    problems.push("--user needs the id of a user, which users and audit list");
  }
  const before = given.get("--before");
  if (before !== undefined && !isRevocationTime(before)) {
    problems.push("--before needs a time with its zone, such as 2026-03-01T12:00:00Z");
  }
  const body = Object.fromEntries(
    [...given].map(([flag, value]) => [flag.slice(2), flag === REVOKE_ALL ? true : value] as const),
  );
  return { body, problems };
}
