// @ts-check
/**
 * The types of what moderators can do. No code.
 * @module
 */

/**
 * What moderators can do in a room. `mute`: the user cannot send. `ban`: the user is removed and cannot come back. `kick`: the user
 * is removed. `clear`: removes all messages.
 * @typedef {"mute" | "unmute" | "ban" | "unban" | "kick" | "clear" | "delete"} RoomModeration
 */

/**
 * What moderators can do in the whole service. A banned user cannot use it at all. While it is locked (`lockdown`), guests can
 * neither join nor send.
 * @typedef {"mute" | "unmute" | "ban" | "unban" | "lockdown" | "unlock"} ServiceModeration
 */

/**
 * Whom it concerns, and how.
 * @typedef {object} ModerationTerms
 * @property {string} [user] The user's id; not for `clear`, `lockdown` and `unlock`.
 * @property {string} [name] The user's name, for the record. Default: the name in the room, if the user is in it.
 * @property {number} [seconds] How long a mute or a ban lasts, up to ten years. Default: until it is ended.
 * @property {string} [reason] Why, for people; the user sees it. One line of at most 200 UTF-16 code units.
 */

export {};
