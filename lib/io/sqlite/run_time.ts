/**
 * The run time of the store, by which ages are measured. It advances with the monotonic clock and continues from its stored
 * value after a restart. Do not measure ages by the wall clock: a wrong clock would expire messages.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import { MAX_CLOCK_STEP_MS } from "../../core/health/clock_jump.ts";
import { logger } from "../logger.ts";
import type { Statements } from "./file/statements.ts";

/** Minimum time between two writes of the run time; after a crash, the newest receipt has a more recent value. */
const SAVED_EVERY_MS = 1_000;

/** The run time of one file. */
export class RunTime {
  readonly #clock: Clock;
  readonly #base: number;
  #savedAt = -Infinity;

  /** Continues from the value in the file. */
  constructor(file: Statements, clock: Clock) {
    this.#clock = clock;
    const stored = file.row("SELECT ran, date FROM store");
    const newest = file.row("SELECT ran FROM receipts ORDER BY ran DESC LIMIT 1");
    const date = clock.date();
    const last = Math.max(
      stored?.numberOrUndefined("ran") ?? date,
      newest?.numberOrUndefined("ran") ?? -Infinity,
    );
    this.#base = last - clock.now();
    const byMs = date - (stored?.numberOrUndefined("date") ?? date);
    // A forward step is not reported: the service may have been stopped for that long.
    if (byMs < -MAX_CLOCK_STEP_MS) logger.warn("clock.jumped", { byMs: Math.round(byMs) });
  }

  /** The run time in whole milliseconds; never decreases. */
  ranMs(): number {
    return Math.floor(this.#base + this.#clock.now());
  }

  /** Stores the run time, unless it was stored within the last second. Call within a transaction. */
  saveIfDue(file: Statements): void {
    if (this.#clock.now() - this.#savedAt >= SAVED_EVERY_MS) this.save(file);
  }

  /** Stores the run time and the date. Call within a transaction. */
  save(file: Statements): void {
    file.run(
      "INSERT OR REPLACE INTO store (only, ran, date) VALUES (1, ?, ?)",
      this.ranMs(),
      Math.floor(this.#clock.date()),
    );
    this.#savedAt = this.#clock.now();
  }
}
