/**
 * A token bucket for each address, in bounded memory. A full bucket is dropped, since a new one is the same; above the
 * maximum, the least recently used buckets are dropped. A client with more addresses than that has a fresh bucket for
 * each of them anyway.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const buckets = new AddressBuckets({ perSecond: 1, burst: 2 });
 * assert.deepEqual([0, 0, 0].map((now) => buckets.take("192.0.2.1", now)), [0, 0, 1000]);
 * assert.equal(buckets.take("192.0.2.2", 0), 0);
 * buckets.take("192.0.2.3", 60_000);
 * assert.equal(buckets.size, 1);
 * ```
 * @module
 */
import { type Rate, TokenBucket } from "./limits.ts";

const MAX_ADDRESSES = 50_000;

/** Token buckets by address. */
export class AddressBuckets {
  readonly #rate: Rate;
  readonly #maxAddresses: number;
  // In the order of their last use.
  readonly #buckets = new Map<string, TokenBucket>();

  /** Starts without buckets. @param maxAddresses Maximum number of buckets kept. */
  constructor(rate: Rate, maxAddresses: number = MAX_ADDRESSES) {
    this.#rate = rate;
    this.#maxAddresses = maxAddresses;
  }

  /** Number of buckets kept. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one token and returns 0; if there is none, returns the milliseconds until there is. */
  take(key: string, now: number): number {
    const bucket = this.#use(key, now);
    const waitMs = bucket.msUntil(now);
    if (waitMs === 0) bucket.charge(now, 1);
    return waitMs;
  }

  /** Takes tokens even if there are too few. A bucket's debt never exceeds one burst. */
  charge(key: string, now: number, cost: number): void {
    this.#use(key, now).charge(now, cost);
  }

  /** Number of tokens that were taken and are not refilled yet. */
  used(key: string, now: number): number {
    const { perSecond, burst } = this.#rate;
    const bucket = this.#buckets.get(key);
    return bucket === undefined ? 0 : bucket.msUntil(now, burst) * perSecond / 1000;
  }

  #use(key: string, now: number): TokenBucket {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, now);
    this.#buckets.delete(key);
    this.#forget(now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** Drops up to two buckets per call, so that the number of idle buckets shrinks. */
  #forget(now: number): void {
    let left = 2;
    for (const [key, bucket] of this.#buckets) {
      const isTooMany = this.#buckets.size >= this.#maxAddresses;
      if (left-- === 0 || (!isTooMany && !bucket.isFull(now))) return;
      this.#buckets.delete(key);
    }
  }
}
