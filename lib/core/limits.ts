/**
 * Rate limits without a clock: a token bucket and a quota of places. Callers pass the current time. `core/budgets.ts` has
 * the rates.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const bucket = new TokenBucket({ perSecond: 1, burst: 2 }, 0);
 * assert.deepEqual([bucket.take(0), bucket.take(0), bucket.take(0)], [true, true, false]);
 * assert.equal(bucket.msUntil(0, 2), 2000);
 * bucket.charge(2000, 3);
 * assert.equal(bucket.msUntil(2000), 2000);
 * ```
 * @module
 */

/** How fast a bucket fills, and how much it holds. */
export interface Rate {
  /** Tokens that come in a second. */
  readonly perSecond: number;
  /** Tokens that it holds at most, and at the start. */
  readonly burst: number;
}

/** Sums of fractions are off by less than this. */
const ROUNDING = 1e-6;

/**
 * A token bucket, full at the start. A cost above the burst is granted when the bucket is full and leaves a debt, so that
 * every request is granted eventually. The debt never exceeds one burst, which bounds every wait.
 */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  /** A full bucket. @param now Milliseconds on any scale that does not go back. */
  constructor(rate: Rate, now: number) {
    if (!(rate.burst >= 1)) {
      throw new RangeError(`Cannot create TokenBucket: burst must be >= 1: received ${rate.burst}`);
    }
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes tokens if there are enough. @param now Milliseconds on the constructor's scale. */
  take(now: number, cost: number = 1): boolean {
    if (this.msUntil(now, cost) > 0) return false;
    this.charge(now, cost);
    return true;
  }

  /** Takes tokens even if there are too few: for a cost that is known only afterwards. */
  charge(now: number, cost: number): void {
    this.#fill(now);
    this.#tokens = Math.max(-this.#rate.burst, this.#tokens - cost);
  }

  /** Milliseconds until {@linkcode take} grants this cost: 0 if it does now, Infinity if it never will. */
  msUntil(now: number, cost: number = 1): number {
    this.#fill(now);
    const { perSecond, burst } = this.#rate;
    const missing = Math.min(cost, burst) - this.#tokens;
    return missing <= ROUNDING ? 0 : Math.ceil((missing - ROUNDING) * 1000 / perSecond);
  }

  /** Whether the bucket is as good as a new one. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#tokens >= this.#rate.burst;
  }

  #fill(now: number): void {
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#at) * perSecond / 1000);
    this.#at = now;
  }
}

/** So many places in all, and so many for each key. A place is given back by disposing it, as often as one likes. */
export class Quota {
  readonly #max: number;
  readonly #maxPerKey: number;
  readonly #taken = new Map<string, number>();
  #total = 0;

  /** All places are free. @param maxPerKey 0 for no limit of its own. */
  constructor(max: number, maxPerKey: number = 0) {
    this.#max = max;
    this.#maxPerKey = maxPerKey === 0 ? Infinity : maxPerKey;
  }

  /** How many places are taken. */
  get taken(): number {
    return this.#total;
  }

  /** Takes a place, or returns the limit that refuses it. @param maxPerKey Limit of this key for this call. */
  take(
    key: string,
    maxPerKey: number = this.#maxPerKey,
  ): Disposable | "all taken" | "all of this key taken" {
    const mine = this.#taken.get(key) ?? 0;
    if (this.#total >= this.#max) return "all taken";
    if (mine >= maxPerKey) return "all of this key taken";
    this.#taken.set(key, mine + 1);
    this.#total += 1;
    return new Taken(this.#giveBack, key);
  }

  // One for all places.
  readonly #giveBack = (key: string): void => {
    this.#total -= 1;
    const left = (this.#taken.get(key) ?? 1) - 1;
    if (left === 0) this.#taken.delete(key);
    else this.#taken.set(key, left);
  };
}

/** A place that is taken. */
class Taken implements Disposable {
  readonly #key: string;
  #giveBack: ((key: string) => void) | undefined;

  constructor(giveBack: (key: string) => void, key: string) {
    this.#giveBack = giveBack;
    this.#key = key;
  }

  [Symbol.dispose](): void {
    this.#giveBack?.(this.#key);
    this.#giveBack = undefined;
  }
}
