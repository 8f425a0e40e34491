/**
 * Rooms without entries. They have an epoch, so that clients that join have a position to resume from, but they are not
 * stored: anyone can visit any number of rooms. Subscribed rooms are looked up every few seconds (`Bus.topPositions`),
 * so a room that was not looked up for a while has no subscriptions and is forgotten.
 * @module
 */
import type { RoomId } from "../../core/names/names.ts";
import type { Head } from "../../core/log/room_log.ts";

/** A room that was not looked up for this long is forgotten. */
const GRACE_MS = 120_000;
/** Maximum number of rooms. Above it, the one looked up longest ago is forgotten at once. */
const MAX_EMPTY_ROOMS = 100_000;

/** The heads of rooms without entries. Callers pass the current time on one monotonic scale. */
export class EmptyRooms {
  /** In the order of their last lookup. */
  readonly #heads = new Map<RoomId, { readonly head: Head; readonly lookedUpAt: number }>();

  /** Number of remembered rooms. */
  get size(): number {
    return this.#heads.size;
  }

  /** The head that clients were given; undefined if none was, or too long ago. */
  get(room: RoomId): Head | undefined {
    return this.#heads.get(room)?.head;
  }

  /** Remembers the head of an empty room after a lookup, or forgets a room that has entries now. */
  keep(room: RoomId, head: Head | undefined, now: number): void {
    this.#heads.delete(room);
    if (head?.top === 0) this.#heads.set(room, { head, lookedUpAt: now });
    for (const [oldest, { lookedUpAt }] of this.#heads) {
      if (lookedUpAt >= now - GRACE_MS && this.#heads.size <= MAX_EMPTY_ROOMS) return;
      this.#heads.delete(oldest);
    }
  }
}
