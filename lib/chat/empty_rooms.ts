/**
 * Rooms that nobody has said anything in. They have an epoch, so that whoever joins has a position to come back to, but
 * nothing of them is stored: anybody can visit any number of rooms. A followed room is asked about every few seconds
 * (`Bus.tops`), so one that nobody has asked about for a while is followed by nobody, and is forgotten.
 * @module
 */
import type { RoomId } from "../core/names.ts";
import type { Head } from "../core/room_log.ts";

/** A room that nobody asks about is forgotten after so long. */
const GRACE_MS = 120_000;
/** So many at most; beyond that the one asked about longest ago is forgotten at once. */
const MAX_EMPTY_ROOMS = 100_000;

/** The heads of rooms without entries. Callers pass the current time on one monotonic scale. */
export class EmptyRooms {
  /** In the order in which they were last asked about. */
  readonly #heads = new Map<RoomId, { readonly head: Head; readonly askedAt: number }>();

  /** How many are remembered. */
  get size(): number {
    return this.#heads.size;
  }

  /** The head that was told; undefined where none was, or long ago. */
  get(room: RoomId): Head | undefined {
    return this.#heads.get(room)?.head;
  }

  /** Remembers the head for as long as somebody asks about it, or forgets it where the room has an entry now. */
  keep(room: RoomId, head: Head | undefined, now: number): void {
    this.#heads.delete(room);
    if (head?.top === 0) this.#heads.set(room, { head, askedAt: now });
    for (const [oldest, { askedAt }] of this.#heads) {
      if (askedAt >= now - GRACE_MS && this.#heads.size <= MAX_EMPTY_ROOMS) return;
      this.#heads.delete(oldest);
    }
  }
}
