/**
 * Tags that distinguish this service's announcements from foreign messages. Each room's head in Redis has a tag, which the
 * scripts return and every announcement contains. A program that can publish on a channel but cannot read the keys does not
 * know the tag, so its messages are not accepted.
 * @module
 */
import { RecentMap } from "../../core/limits/recent_map.ts";
import type { RoomId } from "../../core/names/names.ts";

/** Minimum number of tags kept; a dropped one is read again when needed. */
const KEPT_TAGS = 50_000;

/** The tags of the rooms that this instance has used. */
export class RoomTags {
  readonly #tags = new RecentMap<RoomId, string>(KEPT_TAGS);

  /** Sets the current tag of the room. A tag changes only if the room's head is lost. */
  set(room: RoomId, tag: string): void {
    this.#tags.set(room, tag);
  }

  /** The room's tag; undefined if it is not known. */
  get(room: RoomId): string | undefined {
    return this.#tags.get(room);
  }

  /** Whether this is the room's tag; false if the room's tag is not known. */
  matches(room: RoomId, tag: string): boolean {
    return this.#tags.get(room) === tag;
  }
}
