/**
 * A map that remembers what was set most recently, and so cannot grow without limit. It keeps two generations: finding
 * the single oldest key of a `Map` whose keys move to its end takes time in proportion to its size.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const squares = new RecentMap<number, number>(2);
 * for (const n of [1, 2, 3, 4, 5]) squares.set(n, n * n);
 * assert.deepEqual([squares.get(1), squares.get(4), squares.get(5)], [undefined, 16, 25]);
 * ```
 * @module
 */

/** Remembers the keys that were set last. */
export class RecentMap<K, V> {
  readonly #generationSize: number;
  #recent = new Map<K, V>();
  #older = new Map<K, V>();

  /** Starts empty. @param kept Minimum number of keys to remember; the maximum is twice that. */
  constructor(kept: number) {
    this.#generationSize = kept;
  }

  /** Number of keys. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /** The value of a key; undefined if it was not set, or too long ago. */
  get(key: K): V | undefined {
    return this.#recent.get(key) ?? this.#older.get(key);
  }

  /** Sets a key, which is now the most recent one. Returns whether that has called {@linkcode age}. */
  set(key: K, value: V): boolean {
    this.#older.delete(key);
    this.#recent.set(key, value);
    const isFull = this.#recent.size >= this.#generationSize;
    if (isFull) this.age();
    return isFull;
  }

  /** Forgets a key. */
  delete(key: K): void {
    this.#recent.delete(key);
    this.#older.delete(key);
  }

  /** Forgets all keys that were not set since the previous call, however few they are. A full generation calls it too. */
  age(): void {
    this.#older = this.#recent;
    this.#recent = new Map();
  }
}
