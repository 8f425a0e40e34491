/**
 * What sessions need for lists of rooms and for private rooms, on a store in memory.
 * @module
 */
import { MemoryDirectoryStore } from "../../lib/chat/members/memory_directory_store.ts";
import type { PresenceRegistry, RoomHistory } from "../../lib/chat/ports/bus.ts";
import type { Clock } from "../../lib/chat/ports/clock.ts";
import type { RoomIds } from "../../lib/chat/ports/room_ids.ts";
import type { RoomIndex } from "../../lib/chat/ports/room_index.ts";
import type { Hub } from "../../lib/chat/room/hub.ts";
import { RoomList } from "../../lib/chat/rooms/room_list.ts";
import { StoredRoomIndex } from "../../lib/chat/rooms/stored_room_index.ts";
import type { SessionContext } from "../../lib/chat/session/session.ts";
import { UserSessions } from "../../lib/chat/session/user_sessions.ts";
import { keyedRoomIds } from "../../lib/io/auth/room_ids.ts";

/** The ids of private and direct rooms. */
export const roomIds: RoomIds = keyedRoomIds(Promise.resolve("the secret of tests"));

/** An empty index. */
export function emptyIndex(): RoomIndex {
  return new StoredRoomIndex(new MemoryDirectoryStore());
}

/** The services of one worker. */
export function roomServices(
  context: {
    readonly bus: RoomHistory & PresenceRegistry;
    readonly hub: Pick<Hub, "find">;
    readonly clock: Clock;
  },
  roomIndex: RoomIndex = emptyIndex(),
  userSessions: UserSessions = new UserSessions(),
): Pick<SessionContext, "roomIndex" | "roomIds" | "roomList" | "userSessions"> {
  const roomList = new RoomList({ ...context, roomIndex });
  return { roomIndex, roomIds, roomList, userSessions };
}
