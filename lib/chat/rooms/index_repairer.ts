/**
 * Repairs the index of rooms: whenever a room opens on a worker, entries of the room that the index lacks are added. Entries can be
 * missing if the store was unavailable, or a process ended, between an event and the change of the index.
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

/** What a repair needs. */
export interface IndexRepairerContext {
  /** Where missing entries are added. */
  readonly roomIndex: RoomIndex;
  /** Measures the interval between two repairs of a room. */
  readonly clock: Pick<Clock, "now">;
}

/** Repairs the index for one worker. */
export class IndexRepairer {
  readonly #context: IndexRepairerContext;
  /** When each room was last repaired, in milliseconds of the clock. */
  readonly #repairedAt = new RecentMap<RoomId, number>(KEPT_ROOMS);

  /** Repairs nothing yet. */
  constructor(context: IndexRepairerContext) {
    this.#context = context;
  }

  /** Adds an open room to the index where it belongs. What is too much in the index is removed by those who read it. */
  async repair({ id, state }: { readonly id: RoomId; readonly state: RoomState }): Promise<void> {
    if (!this.#isDue(id)) return;
    const { roomIndex } = this.#context;
    const { access, archived } = state.settings;
    try {
      if (isClosed(id)) await roomIndex.indexMembers(id, [...state.members.keys()], true);
      else if (access === "listed" && !archived) await roomIndex.indexListed(id, true);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      // The next time that it opens.
      this.#repairedAt.delete(id);
    }
  }

  #isDue(room: RoomId): boolean {
    const now = this.#context.clock.now();
    const before = this.#repairedAt.get(room) ?? -Infinity;
    if (now - before < INTERVAL_MS) return false;
    this.#repairedAt.set(room, now);
    return true;
  }
}
