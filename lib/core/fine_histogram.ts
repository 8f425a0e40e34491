/**
 * A histogram of whole numbers, such as microseconds, in bounded memory: the steps are exact up to 128 and then grow with
 * the numbers, so that each is known to better than one part in 64. Means and maxima are exact.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const times = new FineHistogram();
 * for (let micros = 1; micros <= 100; micros++) times.record(micros);
 * assert.deepEqual([times.quantile(0.5), times.quantile(0.99), times.max], [50, 99, 100]);
 * ```
 * @module
 */

/** A step that holds something: numbers up to this one, and longer than the step before. */
export interface Step {
  /** The largest number that falls into it. */
  readonly upTo: number;
  /** How many did. */
  readonly count: number;
}

// Each doubling is cut into so many steps.
const STEPS_BITS = 6;
const STEPS = 1 << STEPS_BITS;
const EXACT = 2 * STEPS;
const MAX_BITS = 42;
const SIZE = (MAX_BITS - STEPS_BITS + 1) * STEPS;
/** More than that counts as that: 2^42 microseconds are fifty days. */
const LARGEST = 2 ** MAX_BITS - 1;

/** Counts numbers by their size. */
export class FineHistogram {
  readonly #counts = new Float64Array(SIZE);
  #count = 0;
  #sum = 0;
  #max = 0;

  /** How many were recorded. */
  get count(): number {
    return this.#count;
  }

  /** The largest one; 0 where there is none. */
  get max(): number {
    return this.#max;
  }

  /** 0 where there is none. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** Counts a number; what is below 0 or no number counts as 0, and a fraction is dropped. */
  record(value: number): void {
    const whole = value > 0 ? Math.min(Math.floor(value), LARGEST) : 0;
    const at = indexOf(whole);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#sum += whole;
    if (whole > this.#max) this.#max = whole;
  }

  /** Counts all that another one has counted. */
  merge(other: FineHistogram): void {
    for (let at = 0; at < SIZE; at++) {
      this.#counts[at] = (this.#counts[at] ?? 0) + (other.#counts[at] ?? 0);
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#max = Math.max(this.#max, other.#max);
  }

  /** The number that a share of all, from 0 to 1, does not pass: the upper end of its step; 0 where there is none. */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let at = 0; at < SIZE; at++) {
      seen += this.#counts[at] ?? 0;
      if (seen >= rank) return Math.min(upperEnd(at), this.#max);
    }
    return this.#max;
  }

  /** The steps that hold something, the smallest first. */
  steps(): Step[] {
    const steps: Step[] = [];
    for (let at = 0; at < SIZE; at++) {
      const count = this.#counts[at] ?? 0;
      if (count > 0) steps.push({ upTo: upperEnd(at), count });
    }
    return steps;
  }
}

/** Below 128 the number itself; above, 64 steps for each doubling. */
function indexOf(whole: number): number {
  if (whole < EXACT) return whole;
  // Beyond 32 bits there are no shifts.
  const doublings = whole < 2 ** 31
    ? 31 - Math.clz32(whole) - STEPS_BITS
    : Math.floor(Math.log2(whole)) - STEPS_BITS;
  return doublings * STEPS + Math.floor(whole / 2 ** doublings);
}

/** The largest number that falls into this step. */
function upperEnd(at: number): number {
  if (at < EXACT) return at;
  const doublings = Math.floor(at / STEPS) - 1;
  return (at - doublings * STEPS + 1) * 2 ** doublings - 1;
}
