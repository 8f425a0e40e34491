/**
 * Taking turns at something of which only so much may go on at a time. Those who wait stand in lanes, and the lanes are
 * served in turn, so that one who asks for much waits for itself and not the others for it.
 * @module
 */
import { FairQueue } from "../core/fair_queue.ts";

/** So many turns at a time. */
export class Turns {
  readonly #max: number;
  // There are many that nobody ever waits for.
  #waiting: FairQueue<unknown, () => void> | undefined;
  #underWay = 0;

  /** All turns are free. @param max How many may be under way at a time. */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many wait for a turn. */
  get waiting(): number {
    return this.#waiting?.size ?? 0;
  }

  /** Resolves to a turn, which is given back by disposing it. @param lane Whose turn it is. */
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
