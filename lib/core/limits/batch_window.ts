/**
 * Decides how long a room's frames wait, so that those of a busy large room leave together. A message costs a send for
 * each member, whatever is in it, so a room that sends once per window is cheaper than one that sends at once. The
 * first frame after a silence leaves at once, and those that follow within the window leave at its end. Small and quiet
 * rooms have no window, because they have nothing to save.
 * Do not extend a window that has begun: its length is the longest delay of a frame that the worker can receive. A
 * window begins with a fan-out, which can take milliseconds. If it takes most of the window, the room still leaves the
 * worker as much time for everything else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const window = new BatchWindow({ maxMs: 25, quietRate: 1_000, busyRate: 10_000 });
 * const say = (now: number) => {
 *   window.count(10_000, now);
 *   return window.dueAt(now, 0);
 * };
 * assert.equal(say(1_000), 1_000);
 * window.leave(1_000, 1_002);
 * assert.deepEqual([say(1_003), say(1_020)], [1_025, 1_025]);
 * window.leave(1_025, 1_027);
 * assert.equal(say(1_060), 1_060);
 * ```
 * @module
 */

/** How the window grows. */
export interface BatchPolicy {
  /** Maximum length, in milliseconds; 0 for no windows. */
  readonly maxMs: number;
  /** Deliveries a second up to which there is no window, while the event loop is not late. */
  readonly quietRate: number;
  /** Deliveries a second from which the window has its maximum length. */
  readonly busyRate: number;
}

/** What a room is like when it begins to matter, and when it takes a third of a core: a delivery costs about 6 µs. */
export const BATCH_RATES: Pick<BatchPolicy, "quietRate" | "busyRate"> = {
  quietRate: 5_000,
  busyRate: 50_000,
};

/** Frames leave at once. */
export const NO_BATCHING: BatchPolicy = { ...BATCH_RATES, maxMs: 0 };

/** Time over which deliveries are counted, in milliseconds. */
const RATE_MS = 1_000;
/** A delay of the event loop that counts as twice the deliveries. */
const DOUBLING_DELAY_MS = 10;

/** Length of the window, in whole milliseconds. @param loopDelayMs See `WorkerLoad`. */
export function batchWindowMs(
  { maxMs, quietRate, busyRate }: BatchPolicy,
  deliveriesPerSecond: number,
  loopDelayMs: number,
): number {
  const rate = deliveriesPerSecond * (1 + loopDelayMs / DOUBLING_DELAY_MS);
  const share = (rate - quietRate) / (busyRate - quietRate);
  return Math.floor(maxMs * Math.min(1, Math.max(0, share)));
}

/** The window of one room. All times are milliseconds on one scale, and must not decrease. */
export class BatchWindow {
  readonly #policy: BatchPolicy;
  // Each delivery counts less the older it is, so that the sum is that of a second.
  #rate = 0;
  #countedAt = 0;
  #beganAt = -Infinity;
  #fanoutMs = 0;
  #dueAt: number | undefined;
  #lengthMs = 0;

  /** Starts in silence. */
  constructor(policy: BatchPolicy) {
    this.#policy = policy;
  }

  /** The window's length when {@linkcode dueAt} was last decided, in milliseconds. */
  get lengthMs(): number {
    return this.#lengthMs;
  }

  /** Counts deliveries: new frames times members. */
  count(deliveries: number, now: number): void {
    this.#rate = this.#rateAt(now) + deliveries;
    this.#countedAt = now;
  }

  /** When the waiting frames must leave: `now`, or the end of the window. It stays the same until they have left. */
  dueAt(now: number, loopDelayMs: number): number {
    if (this.#dueAt !== undefined) return this.#dueAt;
    this.#lengthMs = batchWindowMs(this.#policy, this.#rateAt(now), loopDelayMs);
    const pauseMs = Math.min(this.#lengthMs, this.#fanoutMs);
    const endsAt = this.#beganAt + Math.max(this.#lengthMs, this.#fanoutMs + pauseMs);
    return this.#dueAt = Math.max(now, endsAt);
  }

  /** All waiting frames have left, between these times. */
  leave(beganAt: number, endedAt: number): void {
    this.#beganAt = beganAt;
    this.#fanoutMs = endedAt - beganAt;
    this.#dueAt = undefined;
  }

  #rateAt(now: number): number {
    return this.#rate * Math.exp((this.#countedAt - now) / RATE_MS);
  }
}
