/**
 * Finds that the calendar was set, forward or back, by comparing it with a clock that only goes on. Nothing is decided by
 * that: it is told to whoever runs the service, since stamps given meanwhile are wrong.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const watch = new ClockWatch({ now: 0, date: 1_000_000 });
 * assert.equal(watch.check({ now: 10_000, date: 1_010_000 }), undefined);
 * assert.equal(watch.check({ now: 20_000, date: 4_620_000 }), 3_600_000);
 * assert.equal(watch.check({ now: 30_000, date: 4_630_000 }), undefined);
 * ```
 * @module
 */

/** What both clocks say at one time, in milliseconds. */
export interface Reading {
  /** On a monotonic scale. */
  readonly now: number;
  /** By the calendar. */
  readonly date: number;
}

/** Smaller steps are the daily work of time synchronization. */
export const MAX_CLOCK_STEP_MS = 60_000;

/** Compares both clocks each time it is asked. */
export class ClockWatch {
  #ahead: number;

  /** Begins with both as they are. */
  constructor({ now, date }: Reading) {
    this.#ahead = date - now;
  }

  /** By how much the calendar was set since the last time; undefined where it was not. */
  check({ now, date }: Reading): number | undefined {
    const byMs = date - now - this.#ahead;
    // Kept, so that many small steps do not look like a large one.
    this.#ahead = date - now;
    return Math.abs(byMs) > MAX_CLOCK_STEP_MS ? byMs : undefined;
  }
}
