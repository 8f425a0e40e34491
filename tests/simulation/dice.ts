/**
 * Chance that can be had again: everything in a simulation is drawn from one seed, so that one number is enough to see a
 * failure once more.
 * @module
 */

/** Draws; the same seed draws the same (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    // Seeds that follow one another are spread over the whole range.
    this.#state = Math.imul(seed + 1, 0x9e3779b1);
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Whole, from `least` to `most`, both possible. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** True so often. @param share In [0, 1]. */
  chance(share: number): boolean {
    // What never happens draws nothing, so that a fault less does not change all the rest.
    return share > 0 && this.next() < share;
  }

  /** One of them; throws where there is none. */
  pick<T>(list: readonly T[]): T {
    const one = list[this.between(0, list.length - 1)];
    if (one === undefined) throw new RangeError("Cannot pick: there is nothing");
    return one;
  }

  /** Nothing in half of the cases, otherwise up to so much. */
  perhaps(most: number): number {
    return this.chance(0.5) ? 0 : this.next() * most;
  }
}
