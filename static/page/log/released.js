// @ts-check
/**
 * Messages that waited for a moderator and are sent now. The service sends such a message by itself, under a new id, so the
 * author's own copy of it goes.
 * @module
 */

/** @typedef {import("./types.js").Delivery} Delivery */

/** What the id of a message begins with that waited for a moderator. */
const RELEASED = "held:";

/** Whether a delivery waits for a moderator. @param {Delivery["state"]["value"]} state */
export function isHeld(state) {
  return state.kind === "failed" && state.error.code === "held";
}

/**
 * The user's own copy of a message that was sent just now; undefined if there is none.
 * @template {Delivery} D
 * @param {readonly D[]} deliveries
 * @param {string} room
 * @param {import("../../client/events.js").RoomEvent} event
 * @param {string | undefined} user Who the user is.
 * @returns {D | undefined}
 */
export function releasedCopy(deliveries, room, event, user) {
  if (event.type !== "said" || event.user !== user || !event.id?.startsWith(RELEASED)) return;
  return deliveries.find((it) =>
    it.room === room && it.action.type === "say" && it.action.text === event.text &&
    isHeld(it.state.value)
  );
}
