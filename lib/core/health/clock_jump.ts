/**
 * Detects that the wall clock was set, forward or back, by comparing it with a monotonic clock. It is only for log records:
 * operators should know that timestamps given in between are wrong.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const watch = new ClockJumpDetector({ now: 0, date: 1_000_000 });
 * assert.equal(watch.check({ now: 10_000, date: 1_010_000 }), undefined);
 * assert.equal(watch.check({ now: 20_000, date: 4_620_000 }), 3_600_000);
 * assert.equal(watch.check({ now: 30_000, date: 4_630_000 }), undefined);
 * ```
 * @module
 */

/** Both clocks read at the same moment, in milliseconds. */
export interface ClockReading {
  /** On a monotonic scale. */
  readonly now: number;
  /** The wall clock. */
  readonly date: number;
}

/** Smaller steps are normal time synchronization. */
export const MAX_CLOCK_STEP_MS = 60_000;

/** Compares both clocks at each check. */
export class ClockJumpDetector {
  #offset: number;

  /** Starts from the current readings. */
  constructor({ now, date }: ClockReading) {
    this.#offset = date - now;
  }

  /** Milliseconds by which the wall clock was set since the last check; undefined if it was not. */
  check({ now, date }: ClockReading): number | undefined {
    const byMs = date - now - this.#offset;
    // Stored at each check, so that many small steps do not add up to a large one.
    this.#offset = date - now;
    return Math.abs(byMs) > MAX_CLOCK_STEP_MS ? byMs : undefined;
  }
}
