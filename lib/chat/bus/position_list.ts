/**
 * Entries or messages of one room in memory, ordered by number. All lookups are binary searches, so that a read in a
 * room with 100,000 messages does not visit all of them.
 * @module
 */
import type { Position } from "../../core/log/position.ts";

interface SortedItem<T> {
  readonly ranMs: number;
  readonly size: number;
  readonly value: T;
}

/** A list that grows at the end and is trimmed at the front. */
export class PositionList<T extends { readonly position: Position }> {
  readonly #sizeOf: (value: T) => number;
  #items: SortedItem<T>[] = [];
  #totalSize = 0;

  /** An empty list. @param sizeOf Size of an item, for {@linkcode totalSize}. */
  constructor(sizeOf: (value: T) => number) {
    this.#sizeOf = sizeOf;
  }

  /** Number of items. */
  get length(): number {
    return this.#items.length;
  }

  /** Total size of all items. */
  get totalSize(): number {
    return this.#totalSize;
  }

  /** Appends an item with a greater number, or replaces the item with the same number, which keeps its age. */
  set(value: T, ranMs: number): void {
    const index = this.indexOf(value.position.seq);
    const before = this.#items[index];
    const isThere = before?.value.position.seq === value.position.seq;
    const size = this.#sizeOf(value);
    this.#totalSize += size - (isThere ? before.size : 0);
    this.#items[index] = { ranMs: isThere ? before.ranMs : ranMs, size, value };
  }

  /** The item with this number, unless it is older than `since`. */
  get(seq: number, since: number): T | undefined {
    const item = this.#items[this.indexOf(seq)];
    return item && item.value.position.seq === seq && item.ranMs >= since ? item.value : undefined;
  }

  /** The item at an index. */
  at(index: number): T | undefined {
    return this.#items[index]?.value;
  }

  /** The index of the first item with this number or a greater one; the length if there is none. */
  indexOf(seq: number): number {
    const last = this.#items.at(-1);
    if (last === undefined || last.value.position.seq < seq) return this.#items.length;
    return this.#firstWhere((item) => item.value.position.seq >= seq);
  }

  /** The index of the first item that is not older than `since`; the length if there is none. */
  firstSince(since: number): number {
    const [oldest] = this.#items;
    if (oldest === undefined || oldest.ranMs >= since) return 0;
    return this.#firstWhere((item) => item.ranMs >= since);
  }

  /** Drops items from the front. */
  dropFirst(count: number): void {
    if (count <= 0) return;
    for (const { size } of this.#items.splice(0, count)) this.#totalSize -= size;
  }

  #firstWhere(isMatch: (item: SortedItem<T>) => boolean): number {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const item = this.#items[middle];
      if (item === undefined || isMatch(item)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
