/**
 * The scale on which ages are counted: how long the store has been in use. It advances with the monotonic clock and
 * continues from its stored value after a restart, so no reading of the wall clock can expire anything.
 * @module
 */
import type { Clock } from "../../chat/clock.ts";
import { MAX_CLOCK_STEP_MS } from "../../core/clock_watch.ts";
import { log } from "../log.ts";
import type { Statements } from "./statements.ts";

/** Minimum time between two writes of the scale; the newest receipt tells the rest after a crash. */
const SAVED_EVERY_MS = 1_000;

/** The scale of one file. */
export class RunTime {
  readonly #clock: Clock;
  readonly #base: number;
  #savedAt = -Infinity;

  /** Continues from the file's value. */
  constructor(file: Statements, clock: Clock) {
    this.#clock = clock;
    const stored = file.row("SELECT ran, date FROM store");
    const newest = file.row("SELECT ran FROM receipts ORDER BY ran DESC LIMIT 1");
    const date = clock.date();
    const last = Math.max(
      stored?.numberOrNone("ran") ?? date,
      newest?.numberOrNone("ran") ?? -Infinity,
    );
    this.#base = last - clock.now();
    const byMs = date - (stored?.numberOrNone("date") ?? date);
    // A forward step is not reported: the service may have been stopped for that long.
    if (byMs < -MAX_CLOCK_STEP_MS) log.warn("clock.jumped", { byMs: Math.round(byMs) });
  }

  /** Milliseconds on the scale; whole, and never less than before. */
  ranMs(): number {
    return Math.floor(this.#base + this.#clock.now());
  }

  /** Stores it unless it was stored within the last second. Call within a transaction. */
  saveNowAndThen(file: Statements): void {
    if (this.#clock.now() - this.#savedAt >= SAVED_EVERY_MS) this.save(file);
  }

  /** Stores it. Call within a transaction. */
  save(file: Statements): void {
    file.run(
      "INSERT OR REPLACE INTO store (only, ran, date) VALUES (1, ?, ?)",
      this.ranMs(),
      Math.floor(this.#clock.date()),
    );
    this.#savedAt = this.#clock.now();
  }
}
