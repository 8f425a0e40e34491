/**
 * Reports foreign messages on the rooms' channels and damaged rows in Redis. Both are skipped, counted and logged. Do not
 * log each one: another program can publish thousands of messages a second.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import { type Counter, Metrics } from "../../core/metrics/metrics.ts";
import type { RoomId } from "../../core/names/names.ts";
import { ignoredInputCounters } from "../../chat/metrics.ts";
import { logger } from "../logger.ts";

/** Minimum interval between two log lines of one kind. */
const LOG_MS = 10_000;
/** Time after its last occurrence for which a problem is reported. */
const PROBLEM_MS = 10 * 60_000;

/** The part of a room's data that is damaged, or `revocations`, `directory` or `used_tokens`, which belong to no room. */
export type DamageLocation =
  | "log"
  | "messages"
  | "state"
  | "people"
  | "revocations"
  | "directory"
  | "used_tokens";

interface Finding {
  readonly counter: Counter;
  readonly description: string;
  readonly event: "redis.unknown_message" | "redis.damaged_row";
  count: number;
  unlogged: number;
  loggedAt: number;
  seenAt: number;
}

/** The findings of one instance. */
export class IntegrityReporter {
  readonly #clock: Clock;
  readonly #announcements: Finding;
  readonly #rows: Finding;

  /** Starts without findings. @param metrics Where the findings are counted. */
  constructor(clock: Clock, metrics: Metrics = new Metrics()) {
    this.#clock = clock;
    const counters = ignoredInputCounters(metrics);
    const none = { count: 0, unlogged: 0, loggedAt: -Infinity, seenAt: -Infinity };
    this.#announcements = {
      ...none,
      counter: counters.announcements,
      event: "redis.unknown_message",
      description: "messages of other programs on the rooms' channels",
    };
    this.#rows = {
      ...none,
      counter: counters.rows,
      event: "redis.damaged_row",
      description: "damaged rows in Redis",
    };
  }

  /** Reports a foreign message. @param bytes Its approximate length. */
  reportForeignMessage(channel: string, bytes: number): void {
    this.#record(this.#announcements, 1, { channel, bytes });
  }

  /** Reports damaged rows that were skipped; 0 is ignored. */
  reportDamagedRows(room: RoomId | undefined, place: DamageLocation, rows: number): void {
    if (rows > 0) this.#record(this.#rows, rows, { ...(room !== undefined && { room }), place });
  }

  /** The problems of the last 10 minutes, as texts for operators. */
  problems(): readonly string[] {
    const since = this.#clock.now() - PROBLEM_MS;
    return [this.#announcements, this.#rows].filter(({ seenAt }) => seenAt > since)
      .map(({ count, description, event }) =>
        `${description}: ${count} so far; see the log records ${event}`
      );
  }

  #record(
    finding: Finding,
    count: number,
    fields: Readonly<Record<string, string | number>>,
  ): void {
    const now = this.#clock.now();
    finding.counter.add(count);
    finding.count += count;
    finding.unlogged += count;
    finding.seenAt = now;
    if (now - finding.loggedAt < LOG_MS) return;
    logger.warn(finding.event, { ...fields, count: finding.unlogged });
    finding.loggedAt = now;
    finding.unlogged = 0;
  }
}
