/**
 * How busy one worker is, as far as its rooms need to know: what they hold back together, and how late the event loop
 * is. Rooms batch more under load, and all of them deliver at once when they hold back too much.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const load = new WorkerLoad();
 * load.addQueued(2_000);
 * load.removeQueued(500);
 * assert.equal(load.queuedSize, 1_500);
 * for (let cycle = 0; cycle < 20; cycle++) load.recordLateness(40);
 * assert.equal(Math.round(load.loopDelayMs), 40);
 * ```
 * @module
 */

/** Share of a new measurement. With one each 250 ms, most of the value is of the last second. */
const SHARE_OF_NEWEST = 0.25;
/** Longer delays are of a machine that slept, and say nothing of its load. */
const MAX_LATENESS_MS = 1_000;

/** The load of one worker, which all of its rooms share. */
export class WorkerLoad {
  #queuedSize = 0;
  #loopDelayMs = 0;

  /** Size of the entries that were queued for subscribers and not delivered, by `estimateQueuedSize`. */
  get queuedSize(): number {
    return this.#queuedSize;
  }

  /** Recent delay of the event loop, in milliseconds. */
  get loopDelayMs(): number {
    return this.#loopDelayMs;
  }

  /** Entries of this size were queued. */
  addQueued(size: number): void {
    this.#queuedSize += size;
  }

  /** Entries of this size were delivered. */
  removeQueued(size: number): void {
    this.#queuedSize -= size;
  }

  /** Records how much later than requested a timer has run. */
  recordLateness(ms: number): void {
    const lateness = Math.min(MAX_LATENESS_MS, Math.max(0, ms));
    this.#loopDelayMs += (lateness - this.#loopDelayMs) * SHARE_OF_NEWEST;
  }
}
