/**
 * Tags that tell the announcements of this service from foreign messages. Each room has a tag in its head in Redis, which
 * the scripts return, and every announcement has it. A program that can publish on a channel but not read the keys does
 * not know the tag, and its messages are not accepted.
 * @module
 */
import type { RoomId } from "../../core/names.ts";

/** Number of tags kept; a dropped one is read again. */
const MAX_TAGS = 50_000;

/** The tags of the rooms that this instance has asked about. */
export class RoomTags {
  readonly #tags = new Map<RoomId, string>();

  /** Sets the tag that the room's head has now. It changes if the head was lost. */
  learn(room: RoomId, tag: string): void {
    this.#tags.delete(room);
    this.#tags.set(room, tag);
    if (this.#tags.size <= MAX_TAGS) return;
    const [oldest] = this.#tags.keys();
    if (oldest !== undefined) this.#tags.delete(oldest);
  }

  /** The room's tag; undefined if it is not known. */
  of(room: RoomId): string | undefined {
    return this.#tags.get(room);
  }

  /** Whether this is the room's tag, as far as is known. */
  matches(room: RoomId, tag: string): boolean {
    return this.#tags.get(room) === tag;
  }
}
