/**
 * A token bucket per address, in bounded memory. Full buckets are dropped, since a new one is the same. Above the
 * maximum, the least recently used buckets are dropped: a client with that many addresses has a fresh bucket for each
 * of them anyway.
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
import { type Rate, TokenBucket } from "./token_bucket.ts";

const MAX_ADDRESSES = 50_000;

/** Token buckets by address. */
export class AddressBuckets {
  readonly #rate: Rate;
  readonly #maxAddresses: number;
  // Least recently used first.
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
    const bucket = this.#bucketFor(key, now);
    const waitMs = bucket.msUntil(now);
    if (waitMs === 0) bucket.charge(now, 1);
    return waitMs;
  }

  /** Takes tokens even if there are too few. A bucket's debt never exceeds one burst. */
  charge(key: string, now: number, cost: number): void {
    this.#bucketFor(key, now).charge(now, cost);
  }

  /** Number of tokens taken and not yet refilled. */
  used(key: string, now: number): number {
    const { perSecond, burst } = this.#rate;
    const bucket = this.#buckets.get(key);
    return bucket === undefined ? 0 : bucket.msUntil(now, burst) * perSecond / 1000;
  }

  #bucketFor(key: string, now: number): TokenBucket {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, now);
    this.#buckets.delete(key);
    this.#evict(now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** Drops up to two buckets per call, so that the number of idle buckets shrinks. */
  #evict(now: number): void {
    let remaining = 2;
    for (const [key, bucket] of this.#buckets) {
      const isTooMany = this.#buckets.size >= this.#maxAddresses;
      if (remaining-- === 0 || (!isTooMany && !bucket.isFull(now))) return;
      this.#buckets.delete(key);
    }
  }
}
