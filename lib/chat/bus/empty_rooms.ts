/**
 * Rooms without entries. They have an epoch, so that clients that join have a position to resume from, but they are not
 * stored: anyone can visit any number of rooms. Subscribed rooms are looked up every few seconds (`Bus.topPositions`),
 * so a room that was not looked up for a while has no subscriptions and is forgotten.
 * @module
 */
import type { RoomId } from "../../core/names/names.ts";
import { RecentMap } from "../../core/limits/recent_map.ts";
import type { Head } from "../../core/log/epochs.ts";

/** A room that was not looked up for this long may be forgotten, and is after twice as long. */
const GRACE_MS = 120_000;
/** If more rooms than this are looked up in that time, those looked up longest ago may be forgotten at once. */
const KEPT_EMPTY_ROOMS = 100_000;

/** The heads of rooms without entries. Callers pass the current time on one monotonic scale. */
export class EmptyRooms {
  readonly #heads = new RecentMap<RoomId, Head>(KEPT_EMPTY_ROOMS);
  #agedAt = -Infinity;

  /** Number of remembered rooms. */
  get size(): number {
    return this.#heads.size;
  }

  /** The head that clients were given; undefined if none was, or too long ago. */
  get(room: RoomId): Head | undefined {
    return this.#heads.get(room);
  }

  /** Remembers the head of an empty room after a lookup, or forgets a room that has entries now. */
  keep(room: RoomId, head: Head | undefined, now: number): void {
    if (now - this.#agedAt >= GRACE_MS) {
      this.#heads.age();
      this.#agedAt = now;
    }
    if (head?.top !== 0) this.#heads.delete(room);
    else if (this.#heads.set(room, head)) this.#agedAt = now;
  }
}
