// @ts-check
/**
 * Decides which rooms have the places on the page: the server limits how many are joined. Private and direct rooms come first, since
 * nobody should miss a message there. No DOM, so that tests can run it.
 * @module
 */

import { isPrivateRoom } from "../base/room_kinds.js";

/** @typedef {import("../../client.js").Room} Room */

/** Number of places that open rooms leave to private and direct ones. Guests rarely get into those. */
const OWN_PLACES = 5;

/**
 * Makes place for a room. If all places are taken, this takes the private or direct room with the oldest message from the page,
 * unless that would hide something; unjoined_rooms.js shows it then.
 * @param {import("../../client.js").Chat} chat
 * @param {import("./rooms.js").Rooms} rooms
 * @param {string} name
 * @returns {boolean} Whether the room can be joined.
 */
export function makePlace(chat, rooms, name) {
  const { value: joined } = chat.rooms;
  if (joined.some((it) => it.name === name)) return true;
  if (!isPrivateRoom(name) && countOpen(joined) >= openLimit(chat, rooms)) return false;
  if (!rooms.isFull) return true;
  const [quiet] = joined.filter((it) => it !== rooms.active.value && isQuiet(it, rooms))
    .sort((one, other) => (one.last.value?.at ?? 0) - (other.last.value?.at ?? 0));
  if (quiet) rooms.remove(quiet);
  return quiet !== undefined;
}

/** @param {readonly Room[]} joined */
function countOpen(joined) {
  return joined.filter(({ name }) => !isPrivateRoom(name)).length;
}

/** @param {import("../../client.js").Chat} chat @param {import("./rooms.js").Rooms} rooms */
function openLimit(chat, { limit }) {
  if (chat.me.value?.kind === "guest") return limit;
  return limit - Math.min(OWN_PLACES, Math.floor(limit / 4));
}

/** Whether a room is private or direct, and has neither unread messages nor any to be sent. @param {Room} room @param {import("./rooms.js").Rooms} rooms */
function isQuiet(room, rooms) {
  const { name, state, unread } = room;
  return isPrivateRoom(name) && state.value.kind === "joined" && unread.value === 0 &&
    !rooms.hasUnsent(room);
}
