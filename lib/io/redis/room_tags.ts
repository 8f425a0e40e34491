/**
 * By what announcements of this service are told from those of strangers: each room has a tag that stands in its head in
 * Redis, where only scripts and their replies bring it, and in each announcement. Whoever can publish on a channel but not
 * read the keys does not know it; what bears another one is not believed.
 * @module
 */
import type { RoomId } from "../../core/names.ts";

/** So many are remembered; a room whose tag is forgotten is asked for it again. */
const MAX_TAGS = 50_000;

/** The tags of the rooms that this instance has asked about. */
export class RoomTags {
  readonly #tags = new Map<RoomId, string>();

  /** Takes in what the room's head says now: another one after it was lost. */
  learn(room: RoomId, tag: string): void {
    this.#tags.delete(room);
    this.#tags.set(room, tag);
    if (this.#tags.size <= MAX_TAGS) return;
    const [oldest] = this.#tags.keys();
    if (oldest !== undefined) this.#tags.delete(oldest);
  }

  /** The room's tag; undefined where it is not known. */
  of(room: RoomId): string | undefined {
    return this.#tags.get(room);
  }

  /** Whether this is the room's tag, as far as is known. */
  matches(room: RoomId, tag: string): boolean {
    return this.#tags.get(room) === tag;
  }
}
