/**
 * A queue between those who put and the one who takes. The taker gets everything that has come since it last asked, in
 * one batch, so that what arrives in one tick goes on as one.
 * @module
 */

/** An unbounded queue with one taker, who must keep up. */
export class Mailbox<T> {
  #letters: T[] = [];
  #wake: (() => void) | undefined;

  /** Puts one letter in; wakes the taker. */
  put(letter: T): void {
    this.#letters.push(letter);
    this.#wake?.();
  }

  /** Everything put in, in order, a batch at a time; ends when the signal aborts. */
  async *batches(signal: AbortSignal): AsyncGenerator<readonly T[]> {
    const wake = () => this.#wake?.();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        if (this.#letters.length === 0) {
          await new Promise<void>((resolve) => this.#wake = resolve);
          this.#wake = undefined;
          continue;
        }
        const batch = this.#letters;
        this.#letters = [];
        yield batch;
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }
}
