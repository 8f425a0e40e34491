/**
 * Reports foreign announcements on the rooms' channels and damaged rows in Redis. Both are skipped, counted and logged, but
 * not one by one: another program can publish thousands of messages a second.
 * @module
 */
import type { Clock } from "../../chat/clock.ts";
import { type Counter, Metrics } from "../../core/metrics.ts";
import type { RoomId } from "../../core/names.ts";
import { strayCounters } from "../../chat/meters.ts";
import { log } from "../log.ts";

/** Shortest interval between two log lines of one kind. */
const LOG_MS = 10_000;
/** Time after which a problem that was not seen again is no longer reported. */
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

/** The findings of one instance. */
export class Strays {
  readonly #clock: Clock;
  readonly #announcements: Kind;
  readonly #rows: Kind;

  /** Starts without findings. */
  constructor(clock: Clock, metrics: Metrics = new Metrics()) {
    this.#clock = clock;
    const counters = strayCounters(metrics);
    const none = { count: 0, untold: 0, toldAt: -Infinity, seenAt: -Infinity };
    this.#announcements = {
      ...none,
      counter: counters.announcements,
      event: "redis.stranger",
      words: "messages of other programs on the rooms' channels",
    };
    this.#rows = {
      ...none,
      counter: counters.rows,
      event: "redis.damaged",
      words: "damaged rows in Redis",
    };
  }

  /** Reports a foreign message. @param bytes Its approximate length. */
  stranger(channel: string, bytes: number): void {
    this.#note(this.#announcements, 1, { channel, bytes });
  }

  /** Reports damaged rows that were skipped; 0 is ignored. */
  damaged(room: RoomId, place: Place, rows: number): void {
    if (rows > 0) this.#note(this.#rows, rows, { room, place });
  }

  /** The findings of the last minutes, described for operators. */
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
