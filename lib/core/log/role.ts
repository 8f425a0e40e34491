/**
 * The roles in the service, which members and users of an app can have. Events name them.
 * @module
 */

/** The roles, highest first. */
export const ROLES = ["owner", "moderator", "member"] as const;

/** A role in the service. Every member has one, and users of an app may have one. */
export type Role = typeof ROLES[number];

/** The roles that lists of people name. */
export const SHOWN_ROLES = ["owner", "moderator"] as const satisfies readonly Role[];

/** One of {@linkcode SHOWN_ROLES}. */
export type ShownRole = typeof SHOWN_ROLES[number];
