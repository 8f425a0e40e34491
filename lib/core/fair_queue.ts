/**
 * A queue that is fair between those who put things into it: each has a lane of its own, and the lanes are served in turn.
 * Within a lane the order is kept; somebody who puts in much waits for itself.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const queue = new FairQueue<string, number>();
 * for (const item of [1, 2, 3]) queue.push("busy", item);
 * queue.push("calm", 4);
 * assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], [1, 4, 2]);
 * ```
 * @module
 */

/** Items of type `T` in lanes that are told apart by `K`. */
export class FairQueue<K, T> {
  // The lane that is served next comes first.
  readonly #lanes = new Map<K, T[]>();
  #size = 0;

  /** How many items there are. */
  get size(): number {
    return this.#size;
  }

  /** How many items there are in one lane. */
  sizeOf(lane: K): number {
    return this.#lanes.get(lane)?.length ?? 0;
  }

  /** Puts an item at the end of a lane. */
  push(lane: K, item: T): void {
    const items = this.#lanes.get(lane);
    if (items) items.push(item);
    else this.#lanes.set(lane, [item]);
    this.#size += 1;
  }

  /** Takes the first item of the lane whose turn it is; undefined where there is none. */
  shift(): T | undefined {
    for (const [lane, items] of this.#lanes) {
      const item = items.shift();
      this.#lanes.delete(lane);
      // It comes again when all the others have.
      if (items.length > 0) this.#lanes.set(lane, items);
      this.#size -= 1;
      return item;
    }
    return undefined;
  }

  /** Drops everything. */
  clear(): void {
    this.#lanes.clear();
    this.#size = 0;
  }
}
