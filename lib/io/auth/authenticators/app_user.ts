/**
 * Ids of users who are known elsewhere: at an app that signs tokens, or at a proxy that signs users in.
 * @module
 */
import { createHash } from "node:crypto";
import { displayName } from "../../../core/auth/display_name.ts";
import { parseProxyUser } from "../../../core/auth/proxy_user.ts";
import { APP_USER_PREFIX } from "../../../core/auth/user_kind.ts";
import { isUserId, type UserId } from "../../../core/log/entry.ts";
import type { TokenUser } from "../../../chat/ports/authenticator.ts";

/** The issuer of users whom a proxy states. Tokens cannot name it: theirs is a string. */
export const PROXY_ISSUER = null;
/** For 128 bits. */
const USER_DIGITS = 26;

/**
 * The id of a user, always the same. Issuers do not share users, and a guest's id never looks like this.
 *
 * @param issuer The issuer of the user's tokens; null for a user whom a proxy states.
 * @param subject The user, unique at the issuer.
 */
export function appUserId(issuer: string | null, subject: string): UserId {
  const digest = createHash("sha256").update(JSON.stringify([issuer, subject])).digest("hex");
  const digits = BigInt(`0x${digest.slice(0, 32)}`).toString(32).padStart(USER_DIGITS, "0");
  const id = `${APP_USER_PREFIX}${digits}`;
  if (!isUserId(id)) throw new TypeError(`Cannot derive a user: received ${id}`);
  return id;
}

/**
 * The user in the header of a trusted proxy; undefined if it states none, `bad` if it does not state exactly one.
 *
 * @param date The time of the request, in milliseconds since 1970.
 */
export function proxyUser(value: string | null, date: number): TokenUser | "bad" | undefined {
  const stated = parseProxyUser(value);
  if (stated.kind !== "stated") return stated.kind === "bad" ? "bad" : undefined;
  const { subject } = stated;
  return {
    user: appUserId(PROXY_ISSUER, subject),
    name: displayName(subject),
    rights: null,
    expiresAt: Infinity,
    issuedAt: date,
    tokenId: undefined,
  };
}
