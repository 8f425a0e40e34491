/**
 * Reproducible random numbers: everything in a simulation is drawn from one seed, so one number reproduces a failure.
 * @module
 */

/** A seeded generator (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    // Spread consecutive seeds over the whole range.
    this.#state = Math.imul(seed + 1, 0x9e3779b1);
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from `least` to `most`, inclusive. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** True with this probability. @param share In [0, 1]. */
  chance(share: number): boolean {
    // Draw nothing at 0, so that switching off one fault does not change all later draws.
    return share > 0 && this.next() < share;
  }

  /** A random element; throws if the list is empty. */
  pick<T>(list: readonly T[]): T {
    const one = list[this.between(0, list.length - 1)];
    if (one === undefined) throw new RangeError("Cannot pick: the list is empty");
    return one;
  }

  /** 0 in half of the cases, otherwise up to `most`. */
  perhaps(most: number): number {
    return this.chance(0.5) ? 0 : this.next() * most;
  }
}
