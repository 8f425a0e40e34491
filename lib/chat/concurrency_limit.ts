/**
 * Limits how many operations run at a time. Waiting callers are queued in lanes that are served round-robin, so that a
 * caller with many requests delays only itself.
 * @module
 */
import { FairQueue } from "../core/limits/fair_queue.ts";

/** Grants a limited number of concurrent turns. */
export class ConcurrencyLimit {
  readonly #max: number;
  // Created on demand: most instances never have a queue.
  #waiting: FairQueue<unknown, () => void> | undefined;
  #active = 0;

  /** All turns are free. @param max Maximum number of concurrent turns. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Number of callers waiting for a turn. */
  get waiting(): number {
    return this.#waiting?.size ?? 0;
  }

  /** Resolves to a turn; dispose it to release it. @param lane The caller's lane. */
  acquire(lane?: unknown): Promise<Disposable> {
    if (this.#active < this.#max) return Promise.resolve(this.#startOne());
    const waiting = this.#waiting ??= new FairQueue();
    return new Promise((resolve) => waiting.push(lane, () => resolve(this.#startOne())));
  }

  #startOne(): Disposable {
    this.#active += 1;
    let isReleased = false;
    return {
      [Symbol.dispose]: () => {
        if (isReleased) return;
        isReleased = true;
        this.#active -= 1;
        this.#waiting?.shift()?.();
      },
    };
  }
}
