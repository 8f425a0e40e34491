/**
 * Reads that are the same are made once for all who ask: where a post was lost, every isolate misses the same and asks for
 * it in the same moment. A newcomer would hand out the answer that is on its way already; but whoever asks must get what
 * the log holds from then on or later, so they wait for the next one, together.
 * @module
 */

/** Shares the answers of reads. */
export class SharedReads<T> {
  readonly #underWay = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();

  /**
   * What the reading brings, begun after this call.
   *
   * @param key The same for the same reading; what it brings is shared and must not be changed.
   */
  read(key: string, reading: () => Promise<T>): Promise<T> {
    const before = this.#underWay.get(key);
    if (before === undefined) return this.#begin(key, reading);
    const next = this.#next.get(key) ?? this.#after(before, key, reading);
    this.#next.set(key, next);
    return next;
  }

  #begin(key: string, reading: () => Promise<T>): Promise<T> {
    const flight = reading().finally(() => {
      if (this.#underWay.get(key) === flight) this.#underWay.delete(key);
    });
    this.#underWay.set(key, flight);
    return flight;
  }

  async #after(before: Promise<T>, key: string, reading: () => Promise<T>): Promise<T> {
    // Whether that one failed is no matter of those who came later.
    await before.catch(() => {});
    this.#next.delete(key);
    return await this.#begin(key, reading);
  }
}
