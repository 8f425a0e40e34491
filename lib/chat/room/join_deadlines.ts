/**
 * Deadlines of joins under way. All are checked together, because a timer for each join would cost more than the join.
 * @module
 */

/** Notified when a join takes too long. */
export interface DeadlineListener {
  /** Called once, when the deadline has passed. */
  onJoinTimeout(): void;
}

/** The joins under way, and when each began. */
export class JoinDeadlines {
  readonly #timeoutMs: number;
  // In order of arrival, which is the order of their deadlines.
  readonly #listeners = new Map<DeadlineListener, number>();

  /** Creates an empty set. @param timeoutMs Time after which a listener is notified. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Adds a listener. @param now Milliseconds on any scale; must not decrease. */
  add(listener: DeadlineListener, now: number): void {
    this.#listeners.set(listener, now);
  }

  /** Removes a listener, if present. */
  remove(listener: DeadlineListener): void {
    this.#listeners.delete(listener);
  }

  /** Notifies and removes the listeners whose deadline has passed. */
  check(now: number): void {
    for (const [listener, since] of this.#listeners) {
      if (now - since < this.#timeoutMs) return;
      this.#listeners.delete(listener);
      listener.onJoinTimeout();
    }
  }
}
