/**
 * What is found in Redis and is not as this service has put it there: announcements of strangers on the rooms' channels, and
 * rows that are damaged. They are passed over, counted, and reported to whoever runs the service, but not one by one: a
 * stranger may publish thousands a second.
 * @module
 */
import type { Clock } from "../../chat/clock.ts";
import { type Counter, Metrics } from "../../core/metrics.ts";
import type { RoomId } from "../../core/names.ts";
import { strayCounters } from "../../chat/meters.ts";
import { log } from "../log.ts";

/** The same event is logged no more often. */
const LOG_MS = 10_000;
/** What was not seen for so long is no problem any more. */
const PROBLEM_MS = 10 * 60_000;

/** Where damaged rows are. */
export type Place = "log" | "messages" | "people";

interface Kind {
  readonly counter: Counter;
  readonly words: string;
  readonly event: "redis.stranger" | "redis.damaged";
  count: number;
  untold: number;
  toldAt: number;
  seenAt: number;
}

/** What one instance has found. */
export class Strays {
  readonly #clock: Clock;
  readonly #announcements: Kind;
  readonly #rows: Kind;

  /** Nothing yet. */
  constructor(clock: Clock, metrics: Metrics = new Metrics()) {
    this.#clock = clock;
    const counters = strayCounters(metrics);
    const none = { count: 0, untold: 0, toldAt: -Infinity, seenAt: -Infinity };
    this.#announcements = {
      ...none,
      counter: counters.announcements,
      event: "redis.stranger",
      words: "announcements of strangers on the channels of rooms",
    };
    this.#rows = {
      ...none,
      counter: counters.rows,
      event: "redis.damaged",
      words: "damaged rows in Redis",
    };
  }

  /** Somebody else has published something. @param bytes About how long it was. */
  stranger(channel: string, bytes: number): void {
    this.#note(this.#announcements, 1, { channel, bytes });
  }

  /** So many rows were passed over; none is nothing. */
  damaged(room: RoomId, place: Place, rows: number): void {
    if (rows > 0) this.#note(this.#rows, rows, { room, place });
  }

  /** What was found in the last minutes, in words. */
  problems(): readonly string[] {
    const since = this.#clock.now() - PROBLEM_MS;
    return [this.#announcements, this.#rows].filter(({ seenAt }) => seenAt > since)
      .map(({ count, words, event }) => `${words}: ${count} so far; see ${event} in the log`);
  }

  #note(kind: Kind, count: number, fields: Readonly<Record<string, string | number>>): void {
    const now = this.#clock.now();
    kind.counter.add(count);
    kind.count += count;
    kind.untold += count;
    kind.seenAt = now;
    if (now - kind.toldAt < LOG_MS) return;
    log.warn(kind.event, { ...fields, count: kind.untold });
    kind.toldAt = now;
    kind.untold = 0;
  }
}
