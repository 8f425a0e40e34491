// @ts-check
/**
 * What a room tells, as types.
 * @module
 */

/** @typedef {import("./errors.js").ChatError} ChatError */
/** @typedef {import("./frames.js").Entry} Entry */
/** @typedef {import("./frames.js").Message} Message */

/**
 * How one stands to the room. After a lost connection it is `joining` again.
 * @typedef {{ readonly kind: "joining" } | { readonly kind: "joined" }
 *   | { readonly kind: "refused", readonly error: ChatError } | { readonly kind: "left" }} RoomState
 */

/**
 * What stands in the place of all that one had: on the first joining (`reason` null), or because not all that was missed can be
 * given (a reason of docs/protocol.md).
 * @typedef {object} Opened
 * @property {"opened"} type
 * @property {readonly Message[]} messages The newest, the oldest first.
 * @property {boolean} more Whether there are older ones.
 * @property {string} position
 * @property {string | null} reason
 * @property {string | null} read How far one has read.
 * @property {number} unread
 */

/**
 * What happens in a room, in order. `resumed`: one is back and has missed nothing; what happened meanwhile follows, `replayed`.
 * @typedef {Opened | { type: "resumed" } | Entry & { replayed: boolean } | import("./frames.js").Lost} RoomEvent
 */

export {};
