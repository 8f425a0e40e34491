/**
 * A histogram of whole numbers, such as microseconds, in bounded memory. Steps are exact up to 128 and then grow with the
 * numbers; the error is below one part in 64. Means and maxima are exact.
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

/** A non-empty step: numbers up to `upTo` and above the previous step. */
export interface HistogramStep {
  /** The largest number of the step. */
  readonly upTo: number;
  /** How many numbers were recorded in it. */
  readonly count: number;
}

// Each doubling has 2^STEPS_BITS steps.
const STEPS_BITS = 6;
const STEPS = 1 << STEPS_BITS;
const EXACT = 2 * STEPS;
const MAX_BITS = 42;
const SIZE = (MAX_BITS - STEPS_BITS + 1) * STEPS;
/** Larger numbers count as this one: 2^42 microseconds are fifty days. */
const LARGEST = 2 ** MAX_BITS - 1;

/** Counts numbers by their size. */
export class FineHistogram {
  readonly #counts = new Float64Array(SIZE);
  #count = 0;
  #sum = 0;
  #max = 0;

  /** Number of recorded values. */
  get count(): number {
    return this.#count;
  }

  /** The largest value; 0 if empty. */
  get max(): number {
    return this.#max;
  }

  /** The mean; 0 if empty. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** Records a value. Negative values and NaN count as 0; fractions are truncated. */
  record(value: number): void {
    const whole = value > 0 ? Math.min(Math.floor(value), LARGEST) : 0;
    const at = indexOf(whole);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#sum += whole;
    if (whole > this.#max) this.#max = whole;
  }

  /** Adds all values of another histogram. */
  merge(other: FineHistogram): void {
    for (let at = 0; at < SIZE; at++) {
      this.#counts[at] = (this.#counts[at] ?? 0) + (other.#counts[at] ?? 0);
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#max = Math.max(this.#max, other.#max);
  }

  /** The quantile for a share from 0 to 1, as the upper end of its step; 0 if empty. */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let at = 0; at < SIZE; at++) {
      seen += this.#counts[at] ?? 0;
      if (seen >= rank) return Math.min(upperEnd(at), this.#max);
    }
    return this.#max;
  }

  /** All non-empty steps, the smallest first. */
  steps(): HistogramStep[] {
    const steps: HistogramStep[] = [];
    for (let at = 0; at < SIZE; at++) {
      const count = this.#counts[at] ?? 0;
      if (count > 0) steps.push({ upTo: upperEnd(at), count });
    }
    return steps;
  }
}

/** Index of a number's step: below 128 the number itself; above, 64 steps for each doubling. */
function indexOf(whole: number): number {
  if (whole < EXACT) return whole;
  // Bit operations work only up to 32 bits.
  const doublings = whole < 2 ** 31
    ? 31 - Math.clz32(whole) - STEPS_BITS
    : Math.floor(Math.log2(whole)) - STEPS_BITS;
  return doublings * STEPS + Math.floor(whole / 2 ** doublings);
}

/** The largest number of a step. */
function upperEnd(at: number): number {
  if (at < EXACT) return at;
  const doublings = Math.floor(at / STEPS) - 1;
  return (at - doublings * STEPS + 1) * 2 ** doublings - 1;
}
