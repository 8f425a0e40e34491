// @ts-check
/**
 * What members ask for and get: types only.
 * @module
 */

/** What a member may do, most first. @typedef {"owner" | "moderator" | "member"} Role */

/**
 * A link that makes members, or adds a device to one.
 * @typedef {object} Invite
 * @property {string} invite Its id, which cannot be used as the invite.
 * @property {Role} role The role of those who use it.
 * @property {readonly string[]} rooms The rooms to open for them.
 * @property {number} usesLeft How many people can still use it.
 * @property {number} createdAt Milliseconds since 1970.
 * @property {number} expiresAt Milliseconds since 1970.
 * @property {string} [by] The id of the member who made it; undefined for an operator.
 * @property {string} [member] The id of the member to whom it adds a device.
 */

/**
 * A new invite. Only this answer has its secret.
 * @typedef {object} NewInvite
 * @property {Invite} invite
 * @property {string} secret For `connect()` on another device.
 * @property {string} [link] The URL of the page with the secret; if you have passed `page`.
 * @property {string} [qr] The link as a QR code: an SVG image; if you have passed `page`.
 */

/**
 * Something with which a member signs in.
 * @typedef {object} Device
 * @property {string} device Its id.
 * @property {string} label How it has described itself; may be empty.
 * @property {number} addedAt Milliseconds since 1970.
 * @property {number} usedAt When it last signed in, in milliseconds since 1970.
 * @property {true} [here] Whether it is this one.
 */

/**
 * The terms of an invite.
 * @typedef {object} InviteTerms
 * @property {Role} [role] The role of those who use it, not above the user's own. Default: `member`.
 * @property {readonly string[]} [rooms] The rooms to open for them, at most 20.
 * @property {number} [uses] How many people can use it, 1 to 1000. Default: 1.
 * @property {number} [seconds] For how long it is valid, from a minute to a year. Default: a week.
 * @property {true} [device] Adds a device to this member instead. It works once, for five minutes.
 * @property {string} [page] The URL of the page that opens the link, without a fragment: the answer has the link and its QR code.
 */

export {};
