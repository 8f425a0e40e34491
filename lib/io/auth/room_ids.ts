/**
 * Draws the ids of private rooms, and computes those of direct rooms.
 * @module
 */
import { createHash } from "node:crypto";
import type { RoomIds } from "../../chat/ports/room_ids.ts";
import { CLOSED_ROOM_BYTES, closedRoom, directRoomText } from "../../core/rooms/closed_room.ts";

/** From the runtime's source of random numbers, and from SHA-256. */
export const roomIds: RoomIds = {
  newPrivate: () =>
    closedRoom("private", crypto.getRandomValues(new Uint8Array(CLOSED_ROOM_BYTES))),
  direct: (one, other) =>
    closedRoom("direct", createHash("sha256").update(directRoomText(one, other)).digest()),
};
