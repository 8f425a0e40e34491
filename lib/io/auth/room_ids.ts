/**
 * Draws the ids of private rooms, or derives them from the service's secret, and computes those of direct rooms.
 * @module
 */
import { createHash, createHmac } from "node:crypto";
import type { RoomIds } from "../../chat/ports/room_ids.ts";
import { CLOSED_ROOM_BYTES, closedRoom, directRoomText } from "../../core/rooms/closed_room.ts";

// The same secret signs session tokens and ids of guests: no text that it signs there begins with this.
const LABEL = "parley.private ";

/** Makes ids with HMAC-SHA256 and SHA-256. @param secret Until it resolves, derived ids are drawn. */
export function keyedRoomIds(secret: Promise<string>): RoomIds {
  let key: string | undefined;
  // The reader of the secret reports that it cannot be read.
  secret.then((known) => key = known, () => {});
  const newPrivate = () =>
    closedRoom("private", crypto.getRandomValues(new Uint8Array(CLOSED_ROOM_BYTES)));
  return {
    newPrivate,
    privateFor: (user, id, period) => {
      if (key === undefined) return newPrivate();
      const text = `${LABEL}${JSON.stringify([user, id, period])}`;
      return closedRoom("private", createHmac("sha256", key).update(text).digest());
    },
    direct: (one, other) =>
      closedRoom("direct", createHash("sha256").update(directRoomText(one, other)).digest()),
  };
}
