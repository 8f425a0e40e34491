/**
 * Limits how many operations run at a time. Waiting callers stand in lanes that are served round-robin, so that a caller
 * with many requests delays only itself.
 * @module
 */
import { FairQueue } from "../core/fair_queue.ts";

/** Hands out a limited number of turns. */
export class Turns {
  readonly #max: number;
  // Created on demand: for most instances there is never a queue.
  #waiting: FairQueue<unknown, () => void> | undefined;
  #underWay = 0;

  /** All turns are free. @param max Maximum number of concurrent turns. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Number of callers waiting for a turn. */
  get waiting(): number {
    return this.#waiting?.size ?? 0;
  }

  /** Resolves to a turn; dispose it to give it back. @param lane The caller's lane. */
  take(lane?: unknown): Promise<Disposable> {
    if (this.#underWay < this.#max) return Promise.resolve(this.#begin());
    const waiting = this.#waiting ??= new FairQueue();
    return new Promise((resolve) => waiting.push(lane, () => resolve(this.#begin())));
  }

  #begin(): Disposable {
    this.#underWay += 1;
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        this.#underWay -= 1;
        this.#waiting?.shift()?.();
      },
    };
  }
}
