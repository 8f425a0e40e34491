/**
 * Mends the index of rooms: whenever a room opens on a worker, the index gets what it lacks of the room. It can lack something if
 * the store was away, or a process ended, between an event and the change of the index.
 * @module
 */
import type { RoomId } from "../../core/names/names.ts";
import { RecentMap } from "../../core/limits/recent_map.ts";
import type { RoomState } from "../../core/log/room_state.ts";
import { isClosed } from "../../core/rooms/closed_room.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { RoomIndex } from "../ports/room_index.ts";

/** A room is looked at once in this time, however often it opens. */
const INTERVAL_MS = 600_000;
/** Minimum number of rooms that are remembered for that. */
const KEPT_ROOMS = 1_000;

/** What mending needs. */
export interface IndexMenderContext {
  /** The index. */
  readonly roomIndex: RoomIndex;
  /** For the interval. */
  readonly clock: Pick<Clock, "now">;
}

/** Mends the index for one worker. */
export class IndexMender {
  readonly #context: IndexMenderContext;
  /** When rooms were looked at. */
  readonly #mendedAt = new RecentMap<RoomId, number>(KEPT_ROOMS);

  /** Mends nothing yet. */
  constructor(context: IndexMenderContext) {
    this.#context = context;
  }

  /** Adds an open room to the index where it belongs. What is too much in the index is removed by those who read it. */
  async mend({ id, state }: { readonly id: RoomId; readonly state: RoomState }): Promise<void> {
    if (!this.#isDue(id)) return;
    const { roomIndex } = this.#context;
    const { access, archived } = state.settings;
    try {
      if (isClosed(id)) await roomIndex.indexMembers(id, [...state.members.keys()], true);
      else if (access === "listed" && !archived) await roomIndex.indexListed(id, true);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      // The next time that it opens.
      this.#mendedAt.delete(id);
    }
  }

  #isDue(room: RoomId): boolean {
    const now = this.#context.clock.now();
    const before = this.#mendedAt.get(room) ?? -Infinity;
    if (now - before < INTERVAL_MS) return false;
    this.#mendedAt.set(room, now);
    return true;
  }
}
