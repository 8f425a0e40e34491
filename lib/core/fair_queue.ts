/**
 * A fair queue: each producer has a lane, and lanes are served round-robin. Within a lane the order is kept, so a producer
 * of many items delays only itself.
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

/** Items of type `T` in lanes with keys of type `K`. */
export class FairQueue<K, T> {
  // The lane that is served next comes first.
  readonly #lanes = new Map<K, T[]>();
  #size = 0;

  /** Number of items. */
  get size(): number {
    return this.#size;
  }

  /** Number of items in one lane. */
  sizeOf(lane: K): number {
    return this.#lanes.get(lane)?.length ?? 0;
  }

  /** Appends an item to a lane. */
  push(lane: K, item: T): void {
    const items = this.#lanes.get(lane);
    if (items) items.push(item);
    else this.#lanes.set(lane, [item]);
    this.#size += 1;
  }

  /** Takes the first item of the next lane; undefined if the queue is empty. */
  shift(): T | undefined {
    for (const [lane, items] of this.#lanes) {
      const item = items.shift();
      this.#lanes.delete(lane);
      // The lane moves to the end.
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
