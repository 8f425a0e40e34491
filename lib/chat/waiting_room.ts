/**
 * Those who wait for something that takes a blink, and want to be told when it takes longer. All of them are looked at
 * together: a timer for each would cost more than what it waits for.
 * @module
 */

/** Who waits. */
export interface Waiter {
  /** It has waited too long. Called once. */
  tire(): void;
}

/** Who waits, and since when. */
export class WaitingRoom {
  readonly #patienceMs: number;
  // In the order of coming, which is that of getting tired.
  readonly #waiters = new Map<Waiter, number>();

  /** Nobody waits. */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Somebody waits from now on. @param now Milliseconds on any scale that does not go back. */
  enter(waiter: Waiter, now: number): void {
    this.#waiters.set(waiter, now);
  }

  /** Waits no more, if it did. */
  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** Tells those who have waited too long. */
  look(now: number): void {
    for (const [waiter, since] of this.#waiters) {
      if (now - since < this.#patienceMs) return;
      this.#waiters.delete(waiter);
      waiter.tire();
    }
  }
}
