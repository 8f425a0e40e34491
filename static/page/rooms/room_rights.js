// @ts-check
/**
 * What the user may do in a room, and why the user cannot send there at the moment. No DOM, so that tests can run it. The server
 * decides; this only spares the user an attempt.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const value = (value: unknown) => ({ value });
 * const room = {
 *   state: value({ kind: "joined" }),
 *   settings: value({ readOnly: true, archived: false }),
 *   may: value(["send"]),
 *   muted: value(null),
 *   isLockedDown: value(false),
 * };
 * assert.deepEqual(silenceOf(room as Parameters<typeof silenceOf>[0]), { kind: "readOnly" });
 * ```
 * @module
 */

/** @typedef {import("../../client.js").Room} Room */
/** The part of a room that decides. @typedef {Pick<Room, "state" | "settings" | "may" | "muted" | "isLockedDown">} RuledRoom */
/**
 * Why the user cannot send.
 * @typedef {{ readonly kind: "out" | "archived" | "noRight" | "lockedDown" | "readOnly" }
 *   | { readonly kind: "muted", readonly mute: import("../../client/frames.js").Mute }} Silence
 */

/** Whether the user may do something in a room. @param {Pick<Room, "may"> | null} room @param {import("../../client/frames.js").RoomRight} right */
export function mayIn(room, right) {
  return room?.may.value?.includes(right) ?? false;
}

/** Whether a moderator has removed the user from the room. @param {Pick<Room, "state">} room */
export function isOut({ state: { value: state } }) {
  return state.kind === "refused" &&
    (state.error.code === "kicked" || state.error.code === "banned");
}

/** Why the user cannot send in a room; null if nothing is known that prevents it. @param {RuledRoom} room @returns {Silence | null} */
export function silenceOf(room) {
  const { may, muted, settings: { value: { archived, readOnly } } } = room;
  const isModerator = mayIn(room, "moderate");
  if (isOut(room)) return { kind: "out" };
  if (may.value !== null && !mayIn(room, "send")) return { kind: "noRight" };
  if (room.isLockedDown.value) return { kind: "lockedDown" };
  if (muted.value !== null) return { kind: "muted", mute: muted.value };
  if (isModerator) return null;
  if (archived) return { kind: "archived" };
  // Besides moderators, only the creator may configure a room, and send while it is read-only.
  return readOnly && !mayIn(room, "configure") ? { kind: "readOnly" } : null;
}
