/**
 * Kinds of users. The kind is part of the user's id, so it is known wherever the user is: in stored entries, in presence,
 * and on every node.
 * @module
 */
import type { UserId } from "../log/entry.ts";

/**
 * `member`: joined by an invite. `app`: known by a token that an app has signed, or stated by a proxy. `guest`: anyone else.
 */
export const USER_KINDS = ["guest", "member", "app"] as const;

/** One of {@linkcode USER_KINDS}. */
export type UserKind = typeof USER_KINDS[number];

/** What the ids of app users begin with. The ids of guests begin with `u` and have no underscore. */
export const APP_USER_PREFIX = "a_";
/** What the ids of API keys begin with. They are app users; the derived ids of others have no second underscore. */
export const KEY_USER_PREFIX = `${APP_USER_PREFIX}key_`;
/** What the ids of members begin with. */
export const MEMBER_PREFIX = "m_";

/** Returns the kind of a user, by the prefix of the id. */
export function userKind(user: UserId): UserKind {
  if (user.startsWith(MEMBER_PREFIX)) return "member";
  return user.startsWith(APP_USER_PREFIX) ? "app" : "guest";
}
