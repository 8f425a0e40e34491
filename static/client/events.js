// @ts-check
/**
 * The types of a room's states and events.
 * @module
 */

/** @typedef {import("./errors.js").ChatError} ChatError */
/** @typedef {import("./frames.js").Entry} Entry */
/** @typedef {import("./frames.js").Message} Message */

/**
 * The state of the subscription to the room. After a lost connection it is `joining` again.
 * @typedef {{ readonly kind: "joining" } | { readonly kind: "joined" }
 *   | { readonly kind: "refused", readonly error: ChatError } | { readonly kind: "left" }} RoomState
 */

/**
 * Replaces everything received so far: on the first join (`reason` null), or because not all missed entries can be
 * replayed (`reason` is one of docs/reference/protocol.md).
 * @typedef {object} Opened
 * @property {"opened"} type
 * @property {readonly Message[]} messages The newest ones, oldest first.
 * @property {boolean} more Whether there are older messages.
 * @property {string} position
 * @property {string | null} reason
 * @property {string | null} read The position up to which the user has read.
 * @property {number} unread
 */

/**
 * An event of a room, in order. `resumed`: the client has reconnected without loss; missed entries follow, with `replayed` true.
 * @typedef {Opened | { type: "resumed" } | Entry & { replayed: boolean } | import("./frames.js").Lost} RoomEvent
 */

export {};
