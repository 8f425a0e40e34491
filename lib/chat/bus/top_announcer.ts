/**
 * Announces the newest position of each room's log. Without it, a lost last message leaves no visible gap, because
 * nothing follows it. Rooms with new entries are announced within a second, and each subscribed room every 14 seconds,
 * as read from the log: one group of rooms every second, because reading thousands at once would delay messages. What
 * was read is announced a second later: entries can be stored and not announced yet, and a position ahead of them would
 * look like a gap.
 * @module
 */
import {
  type Announcement,
  type Bus,
  BusUnavailable,
  ROOM_GROUPS,
  type Top,
} from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";

const INTERVAL_MS = 1_000;
/** Number of rooms handled in one turn. The others follow after a pause. */
const SLICE_SIZE = 250;
const PAUSE_MS = 1;

/** Announces the newest positions of the logs. */
export class TopAnnouncer {
  readonly #bus: Pick<Bus, "topPositions">;
  readonly #clock: Clock;
  readonly #announce: (tops: readonly Top[]) => void;
  readonly #changed = new Map<RoomId, Top>();
  // By group. A check can take as long as the bus is slow, and must delay neither the others nor the changed rooms.
  readonly #checks = new Map<number, Check>();

  /** Observes nothing before {@linkcode observe}. @param announce Sends the positions to the rooms. */
  constructor(
    bus: Pick<Bus, "topPositions">,
    clock: Clock,
    announce: (tops: readonly Top[]) => void,
  ) {
    this.#bus = bus;
    this.#clock = clock;
    this.#announce = announce;
  }

  /** Passes announcements through and records their positions. */
  async *observe(
    announced: AsyncIterable<readonly Announcement[]>,
  ): AsyncGenerator<readonly Announcement[]> {
    for await (const announcements of announced) {
      for (const announcement of announcements) {
        if (announcement.kind !== "entry") continue;
        const { room, position } = announcement.entry;
        this.#changed.set(room, { kind: "top", room, top: position, isRead: false });
        for (const { announced } of this.#checks.values()) announced.set(room, position);
      }
      yield announcements;
    }
  }

  /** Announces positions until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const errors: unknown[] = [];
    for (let interval = 1; !signal.aborted; interval++) {
      await this.#clock.sleep(INTERVAL_MS, signal);
      const changed = [...this.#changed.values()];
      this.#changed.clear();
      if (changed.length > 0) this.#announce(changed);
      if (errors.length > 0) throw errors[0];
      const group = interval % ROOM_GROUPS;
      if (this.#checks.has(group)) continue;
      const announced = new Map<RoomId, Position>();
      const ended = this.#check(group, announced, signal)
        .catch((error: unknown) => errors.push(error))
        .then(() => void this.#checks.delete(group));
      this.#checks.set(group, { announced, ended });
    }
    await Promise.all(this.#checks.values().map(({ ended }) => ended));
  }

  async #check(
    group: number,
    announced: ReadonlyMap<RoomId, Position>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const tops = await this.#bus.topPositions(group);
      if (tops.length === 0) return;
      await this.#clock.sleep(INTERVAL_MS, signal);
      for await (const some of inPacedSlices(tops, this.#clock, signal)) {
        this.#announce(some.map((top) => newerOf(top, announced.get(top.room))));
      }
    } catch (error) {
      // The next check retries.
      if (!(error instanceof BusUnavailable)) throw error;
    }
  }
}

/** A read of a group's positions under way. */
interface Check {
  /** The newest entry of each room that was announced since it began. */
  readonly announced: Map<RoomId, Position>;
  readonly ended: Promise<void>;
}

/** The position that was read, or that of a newer entry which was announced since. */
function newerOf(read: Top, announced: Position | undefined): Top {
  const isNewer = announced?.epoch === read.top.epoch && announced.seq > read.top.seq;
  // Whether the log still has that entry was not read.
  return isNewer ? { ...read, top: announced, isRead: false } : read;
}

/**
 * Yields items in slices, with pauses. Clients can join thousands of rooms, and handling all in one turn would delay
 * messages.
 */
export async function* inPacedSlices<T>(
  items: readonly T[],
  clock: Pick<Clock, "sleep">,
  signal: AbortSignal,
): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < items.length; from += SLICE_SIZE) {
    if (from > 0) await clock.sleep(PAUSE_MS, signal);
    yield items.slice(from, from + SLICE_SIZE);
  }
}
