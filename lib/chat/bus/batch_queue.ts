/**
 * A queue with one reader. The reader receives everything pushed since its last read as one batch, so that what arrives
 * in one tick is handled together.
 * @module
 */

/** An unbounded queue. Its one reader must keep up. */
export class BatchQueue<T> {
  #items: T[] = [];
  #wake: (() => void) | undefined;

  /** Adds an item and wakes the reader. */
  push(item: T): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** Yields everything pushed, in order and in batches. Ends when the signal aborts. */
  async *batches(signal: AbortSignal): AsyncGenerator<readonly T[]> {
    const wake = () => this.#wake?.();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        if (this.#items.length === 0) {
          await new Promise<void>((resolve) => this.#wake = resolve);
          this.#wake = undefined;
          continue;
        }
        const batch = this.#items;
        this.#items = [];
        yield batch;
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }
}
