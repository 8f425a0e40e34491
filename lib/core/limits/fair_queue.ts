/**
 * A fair queue: each producer has a lane, and lanes are served round-robin. Order is kept within a lane, so a producer
 * of many items delays only itself. Items can have costs: every round gives each lane the same credit, and an item is
 * taken when its lane has enough (deficit round-robin, Shreedhar and Varghese 1995). So small items overtake the large
 * ones of other lanes.
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

interface Lane<T> {
  readonly items: T[];
  readonly costs: number[];
  credit: number;
}

/** Items of type `T` in lanes with keys of type `K`. */
export class FairQueue<K, T> {
  // The next lane to serve comes first.
  readonly #lanes = new Map<K, Lane<T>>();
  readonly #credit: number;
  #size = 0;

  /** Starts empty. @param credit What a lane receives each round, in the unit of costs. */
  constructor(credit: number = 1) {
    this.#credit = credit;
  }

  /** Number of items. */
  get size(): number {
    return this.#size;
  }

  /** Number of items in one lane. */
  sizeOf(lane: K): number {
    return this.#lanes.get(lane)?.items.length ?? 0;
  }

  /** Appends an item to a lane. */
  push(lane: K, item: T, cost: number = 1): void {
    const known = this.#lanes.get(lane);
    if (known === undefined) this.#lanes.set(lane, { items: [item], costs: [cost], credit: 0 });
    known?.items.push(item);
    known?.costs.push(cost);
    this.#size += 1;
  }

  /** Takes the first item of the next lane that can pay for it; undefined if the queue is empty. */
  shift(): T | undefined {
    // A lane moved to the end is visited again, with more credit.
    for (const [key, lane] of this.#lanes) {
      lane.credit += this.#credit;
      this.#lanes.delete(key);
      const cost = lane.costs[0] ?? 0;
      if (cost > lane.credit) {
        this.#lanes.set(key, lane);
        continue;
      }
      // Keep at most one round's credit, so that many small items do not pay for a large one.
      lane.credit = Math.min(lane.credit - cost, this.#credit);
      lane.costs.shift();
      const item = lane.items.shift();
      this.#size -= 1;
      if (lane.items.length > 0) this.#lanes.set(key, lane);
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
