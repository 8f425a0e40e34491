/**
 * Ids of users who are known elsewhere: at an app that signs tokens, or at a proxy that signs users in.
 * @module
 */
import { createHash } from "node:crypto";
import { displayName } from "../../core/auth/display_name.ts";
import { parseProxyUser } from "../../core/auth/proxy_user.ts";
import { APP_USER_PREFIX } from "../../core/auth/user_kind.ts";
import { isUserId, type UserId } from "../../core/log/entry.ts";
import type { TokenUser } from "../../chat/ports/authenticator.ts";

/** The issuer of users whom a proxy states. Tokens cannot name it: theirs is a string. */
const PROXY = null;
/** 125 bits. */
const USER_DIGITS = 25;

/**
 * The id of a user, always the same. Issuers do not share users, and a guest's id never looks like this.
 *
 * @param issuer The issuer of the user's tokens; null for a user whom a proxy states.
 * @param subject The user, unique at the issuer.
 */
export function appUserId(issuer: string | null, subject: string): UserId {
  const digest = createHash("sha256").update(JSON.stringify([issuer, subject])).digest();
  const bits = [...digest].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const digits = Array.from(
    { length: USER_DIGITS },
    (_, at) => parseInt(bits.slice(5 * at, 5 * at + 5), 2).toString(32),
  );
  const id = `${APP_USER_PREFIX}${digits.join("")}`;
  if (!isUserId(id)) throw new TypeError(`Cannot derive a user: received ${id}`);
  return id;
}

/** The user in the header of a trusted proxy; undefined if it states none, `bad` if it does not state exactly one. */
export function proxyUser(value: string | null): TokenUser | "bad" | undefined {
  const stated = parseProxyUser(value);
  if (stated.kind !== "stated") return stated.kind === "bad" ? "bad" : undefined;
  const { subject } = stated;
  return {
    user: appUserId(PROXY, subject),
    name: displayName(subject),
    rights: null,
    expiresAt: Infinity,
  };
}
