/**
 * Entries or messages of one room in memory, ordered by number. All lookups are binary searches, so that a read in a room
 * with 100,000 messages does not visit all of them.
 * @module
 */
import type { Position } from "../core/positions.ts";

interface Kept<T> {
  readonly ranMs: number;
  readonly weight: number;
  readonly value: T;
}

/** A list that grows at the end and is trimmed at the front. */
export class KeptList<T extends { readonly position: Position }> {
  readonly #weigh: (value: T) => number;
  #items: Kept<T>[] = [];
  #weight = 0;

  /** An empty list. */
  constructor(weigh: (value: T) => number) {
    this.#weigh = weigh;
  }

  /** How many there are. */
  get length(): number {
    return this.#items.length;
  }

  /** What all of them weigh. */
  get weight(): number {
    return this.#weight;
  }

  /** Adds one with a greater number, or replaces the one that has its number and leaves its age as it is. */
  set(value: T, ranMs: number): void {
    const index = this.indexOf(value.position.seq);
    const before = this.#items[index];
    const isThere = before?.value.position.seq === value.position.seq;
    const weight = this.#weigh(value);
    this.#weight += weight - (isThere ? before.weight : 0);
    this.#items[index] = { ranMs: isThere ? before.ranMs : ranMs, weight, value };
  }

  /** The one with this number, unless it is older than `since`. */
  get(seq: number, since: number): T | undefined {
    const item = this.#items[this.indexOf(seq)];
    return item && item.value.position.seq === seq && item.ranMs >= since ? item.value : undefined;
  }

  /** The value at an index. */
  at(index: number): T | undefined {
    return this.#items[index]?.value;
  }

  /** The index of the first with this number or a greater one; the length where there is none. */
  indexOf(seq: number): number {
    const last = this.#items.at(-1);
    if (last === undefined || last.value.position.seq < seq) return this.#items.length;
    return this.#firstWhere((item) => item.value.position.seq >= seq);
  }

  /** The index of the first that is not older than `since`; the length where there is none. */
  freshFrom(since: number): number {
    const [oldest] = this.#items;
    if (oldest === undefined || oldest.ranMs >= since) return 0;
    return this.#firstWhere((item) => item.ranMs >= since);
  }

  /** Drops so many from the front. */
  dropFirst(count: number): void {
    if (count <= 0) return;
    for (const { weight } of this.#items.splice(0, count)) this.#weight -= weight;
  }

  #firstWhere(isBehind: (item: Kept<T>) => boolean): number {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const item = this.#items[middle];
      if (item === undefined || isBehind(item)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
