/**
 * Ids of private and direct rooms, drawn or computed outside the domain.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";

/** Makes the ids of private and direct rooms, as `core/rooms/closed_room.ts` describes them. */
export interface RoomIds {
  /** An id that was never used and cannot be guessed. */
  newPrivate(): RoomId;
  /**
   * The id of the private room that a user's request with an id creates in a period: the same one if the request is repeated,
   * which cannot be guessed.
   */
  privateFor(user: UserId, id: string, period: number): RoomId;
  /** The id of the direct room of two users, in whichever order they are given. */
  direct(one: UserId, other: UserId): RoomId;
}
