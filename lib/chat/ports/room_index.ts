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
/** Maximum number of listed rooms. */
export const MAX_LISTED_ROOMS = 1_000;

/** The index. All methods reject with `BusUnavailable`. */
export interface RoomIndex {
  /** Reads the private and direct rooms of a user, the newest last. */
  roomsOf(user: UserId): Promise<readonly RoomId[]>;
  /** Reads the listed rooms, in no particular order. */
  listedRooms(): Promise<readonly RoomId[]>;
  /**
   * Adds a room to the rooms of users, or removes it. Resolves to the users who have {@linkcode MAX_OWN_ROOMS} others already;
   * nothing is added to those.
   */
  indexMembers(room: RoomId, users: readonly UserId[], on: boolean): Promise<readonly UserId[]>;
  /** Adds a room to the listed ones, or removes it. Resolves to false if there are {@linkcode MAX_LISTED_ROOMS} others. */
  indexListed(room: RoomId, on: boolean): Promise<boolean>;
}
