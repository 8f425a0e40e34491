/**
 * Which rooms a user can find: the own private and direct ones, and those that are listed. The index only helps to find them: it
 * can be behind the states of the rooms and grants nothing, so its readers check the state of each room. Implemented over
 * any directory store in `chat/rooms/stored_room_index.ts`; workers reach it in the main thread.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";

/** Maximum number of private and direct rooms of one user. */
export const MAX_OWN_ROOMS = 200;
/**
 * A user with this many private and direct rooms, their own included, can no longer be added to others. The remaining rooms up to
 * {@linkcode MAX_OWN_ROOMS} are reserved for those that the user creates.
 */
export const MAX_ROOMS_BY_OTHERS = 150;
/** Maximum number of listed rooms. */
export const MAX_LISTED_ROOMS = 1_000;

/** The index. All methods reject with `BusUnavailable`. */
export interface RoomIndex {
  /** Reads the private and direct rooms of a user, the newest last. */
  roomsOf(user: UserId): Promise<readonly RoomId[]>;
  /** Reads the listed rooms, in no particular order. */
  listedRooms(): Promise<readonly RoomId[]>;
  /**
   * Adds a room to the rooms of users, or removes it. Resolves to the users who have {@linkcode MAX_OWN_ROOMS} others already,
   * or {@linkcode MAX_ROOMS_BY_OTHERS} if somebody else adds them; nothing is added to those.
   *
   * @param by Who adds users to a room for the first time; undefined in all other cases.
   */
  indexMembers(
    room: RoomId,
    users: readonly UserId[],
    on: boolean,
    by?: UserId,
  ): Promise<readonly UserId[]>;
  /** Adds a room to the listed ones, or removes it. Resolves to false if there are {@linkcode MAX_LISTED_ROOMS} others. */
  indexListed(room: RoomId, on: boolean): Promise<boolean>;
}
