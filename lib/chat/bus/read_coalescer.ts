/**
 * Combines identical reads: when an announcement is lost, all workers miss the same entries and read them at the same
 * moment. Do not return the result of a read already under way: callers need what the log holds when they call, so they
 * wait for the next read and share it.
 * @module
 */

/** Shares the results of identical reads. */
export class ReadCoalescer<T> {
  readonly #inFlight = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();

  /**
   * Returns the result of a read that began after this call.
   *
   * @param key Equal for equal reads. The result is shared and must not be changed.
   */
  read(key: string, fn: () => Promise<T>): Promise<T> {
    const before = this.#inFlight.get(key);
    if (before === undefined) return this.#start(key, fn);
    const next = this.#next.get(key) ?? this.#startAfter(before, key, fn);
    this.#next.set(key, next);
    return next;
  }

  #start(key: string, fn: () => Promise<T>): Promise<T> {
    const flight = fn().finally(() => {
      if (this.#inFlight.get(key) === flight) this.#inFlight.delete(key);
    });
    this.#inFlight.set(key, flight);
    return flight;
  }

  async #startAfter(before: Promise<T>, key: string, fn: () => Promise<T>): Promise<T> {
    // Whether the previous read failed does not concern the callers of this one.
    await before.catch(() => {});
    this.#next.delete(key);
    return await this.#start(key, fn);
  }
}
