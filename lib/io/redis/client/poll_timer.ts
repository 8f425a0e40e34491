/**
 * A wait for loops that run at intervals and can be woken early.
 * @module
 */
import { systemClock } from "../../../chat/ports/clock.ts";

/** The timer of one loop. */
export class PollTimer {
  #woken = Promise.withResolvers<void>();

  /** Resolves after `ms`, on {@linkcode wake} (also if it was called since the last wait), or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const due = new AbortController();
    const end = () => this.wake();
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) this.wake();
    await Promise.race([this.#woken.promise, systemClock.sleep(ms, due.signal)]);
    signal.removeEventListener("abort", end);
    due.abort();
    this.#woken = Promise.withResolvers();
  }

  /** Ends the current wait, or else the next one at once. */
  wake(): void {
    this.#woken.resolve();
  }
}
