/**
 * A lost last message shows no hole, since nothing comes after it. So it is told how far the log of each room has come:
 * within a second where something was announced, and for all followed rooms each 15 seconds, as the log itself says.
 * @module
 */
import { type Announcement, type Bus, BusUnavailable, type Top } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { RoomId } from "../core/names.ts";

const BEAT_MS = 1_000;
const BEATS_OF_CHECK = 15;
/** Number of rooms handled in one turn; the others follow after a pause. */
const PORTION = 250;
const PAUSE_MS = 1;

/** Watches how far the logs have come. */
export class TopWatch {
  readonly #bus: Pick<Bus, "tops">;
  readonly #clock: Clock;
  readonly #tell: (tops: readonly Top[]) => void;
  readonly #changed = new Map<RoomId, Top>();

  /** Watches nothing before {@linkcode watch}. @param tell Takes what is to be told. */
  constructor(bus: Pick<Bus, "tops">, clock: Clock, tell: (tops: readonly Top[]) => void) {
    this.#bus = bus;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Hands announcements on and remembers how far they came. */
  async *watch(
    announced: AsyncIterable<readonly Announcement[]>,
  ): AsyncGenerator<readonly Announcement[]> {
    for await (const announcements of announced) {
      for (const announcement of announcements) {
        if (announcement.kind !== "entry") continue;
        const { room, position } = announcement.entry;
        this.#changed.set(room, { kind: "top", room, top: position, isRead: false });
      }
      yield announcements;
    }
  }

  /** Tells the tops until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (let beat = 1; !signal.aborted; beat++) {
      await this.#clock.sleep(BEAT_MS, signal);
      const changed = [...this.#changed.values()];
      this.#changed.clear();
      if (changed.length > 0) this.#tell(changed);
      if (beat % BEATS_OF_CHECK === 0) await this.#check(signal);
    }
  }

  async #check(signal: AbortSignal): Promise<void> {
    try {
      const tops = await this.#bus.tops();
      for await (const some of inPortions(tops, this.#clock, signal)) this.#tell(some);
    } catch (error) {
      // The next check will tell.
      if (!(error instanceof BusUnavailable)) throw error;
    }
  }
}

/** Yields the items in portions with pauses: anybody can join thousands of rooms, and handling them in one turn delays messages. */
export async function* inPortions<T>(
  items: readonly T[],
  clock: Pick<Clock, "sleep">,
  signal: AbortSignal,
): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < items.length; from += PORTION) {
    if (from > 0) await clock.sleep(PAUSE_MS, signal);
    yield items.slice(from, from + PORTION);
  }
}
