/**
 * Ids of private and direct rooms that are the same for the same seed. The world knows all of them that a node has ever made.
 * @module
 */
import type { RoomIds } from "../../../lib/chat/ports/room_ids.ts";
import { RECEIPTS_MS } from "../../../lib/core/log/room_log.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { CLOSED_ROOM_BYTES, closedRoom } from "../../../lib/core/rooms/closed_room.ts";
import { roomIds } from "../../support/rooms.ts";
import type { World } from "./world.ts";

/** The id of a private room that no node has made. */
export function newPrivateId(world: World): RoomId {
  const bytes = new Uint8Array(CLOSED_ROOM_BYTES);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, world.nextNumber());
  return closedRoom("private", bytes);
}

/** The ids of one world. */
export function simRoomIds(world: World): RoomIds {
  const known = (room: RoomId): RoomId => {
    if (!world.rooms.includes(room)) world.rooms.push(room);
    return room;
  };
  return {
    newPrivate: () => known(newPrivateId(world)),
    privateFor: (user, id, period) => {
      const room = roomIds.privateFor(user, id, period);
      // That of an earlier period is only looked for: it was made then, or never.
      return period === Math.floor(world.clock.date() / RECEIPTS_MS) ? known(room) : room;
    },
    direct: (one, other) => known(roomIds.direct(one, other)),
  };
}
