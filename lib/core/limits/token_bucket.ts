/**
 * A token bucket without a clock, and a quota of slots. Callers pass the current time. The rates are in
 * `core/limits/budgets.ts`.
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
  /** Tokens added per second. */
  readonly perSecond: number;
  /** Maximum and initial number of tokens. */
  readonly burst: number;
}

/** Sums of fractions are off by less than this. */
const ROUNDING = 1e-6;

/**
 * A token bucket, full at the start. A cost above the burst is granted when the bucket is full and leaves a debt, so
 * that every request is granted eventually. The debt never exceeds one burst, which bounds every wait.
 */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #updatedAt: number;

  /** Starts full. @param now Milliseconds on any scale that does not decrease. */
  constructor(rate: Rate, now: number) {
    if (!(rate.burst >= 1)) {
      throw new RangeError(`Cannot create TokenBucket: burst must be >= 1: received ${rate.burst}`);
    }
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#updatedAt = now;
  }

  /** Takes tokens if there are enough. @param now Milliseconds on the constructor's scale. */
  take(now: number, cost: number = 1): boolean {
    if (this.msUntil(now, cost) > 0) return false;
    this.charge(now, cost);
    return true;
  }

  /** Takes tokens even if there are too few: for a cost that is known only afterwards. */
  charge(now: number, cost: number): void {
    this.#refill(now);
    this.#tokens = Math.max(-this.#rate.burst, this.#tokens - cost);
  }

  /** Milliseconds until {@linkcode take} grants this cost: 0 if it does now, Infinity if it never will. */
  msUntil(now: number, cost: number = 1): number {
    this.#refill(now);
    const { perSecond, burst } = this.#rate;
    const missing = Math.min(cost, burst) - this.#tokens;
    return missing <= ROUNDING ? 0 : Math.ceil((missing - ROUNDING) * 1000 / perSecond);
  }

  /** Whether the bucket is as good as a new one. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.#rate.burst;
  }

  #refill(now: number): void {
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#updatedAt) * perSecond / 1000);
    this.#updatedAt = now;
  }
}

/** Limits the number of slots, in total and per key. Disposing a slot releases it; disposing it again has no effect. */
export class Quota {
  readonly #max: number;
  readonly #maxPerKey: number;
  readonly #usedByKey = new Map<string, number>();
  #total = 0;

  /** Starts with all slots free. @param maxPerKey 0 for no limit per key. */
  constructor(max: number, maxPerKey: number = 0) {
    this.#max = max;
    this.#maxPerKey = maxPerKey === 0 ? Infinity : maxPerKey;
  }

  /** Number of slots in use. */
  get used(): number {
    return this.#total;
  }

  /** Acquires a slot, or returns the limit that is reached. @param maxPerKey Limit of this key for this call. */
  acquire(
    key: string,
    maxPerKey: number = this.#maxPerKey,
  ): Disposable | "all taken" | "all of this key taken" {
    const usedByThis = this.#usedByKey.get(key) ?? 0;
    if (this.#total >= this.#max) return "all taken";
    if (usedByThis >= maxPerKey) return "all of this key taken";
    this.#usedByKey.set(key, usedByThis + 1);
    this.#total += 1;
    return new QuotaSlot(this.#release, key);
  }

  // One closure for all slots.
  readonly #release = (key: string): void => {
    this.#total -= 1;
    const remaining = (this.#usedByKey.get(key) ?? 1) - 1;
    if (remaining === 0) this.#usedByKey.delete(key);
    else this.#usedByKey.set(key, remaining);
  };
}

class QuotaSlot implements Disposable {
  readonly #key: string;
  #release: ((key: string) => void) | undefined;

  constructor(release: (key: string) => void, key: string) {
    this.#release = release;
    this.#key = key;
  }

  [Symbol.dispose](): void {
    this.#release?.(this.#key);
    this.#release = undefined;
  }
}
