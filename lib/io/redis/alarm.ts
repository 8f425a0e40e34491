/**
 * The wait of a loop that runs at intervals, and at once when there is a reason.
 * @module
 */
import { systemClock } from "../../chat/clock.ts";

/** The alarm of one loop. */
export class Alarm {
  #rung = Promise.withResolvers<void>();

  /** Resolves after a time, when it rings or has rung since the last wait, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const due = new AbortController();
    const end = () => this.ring();
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) this.ring();
    await Promise.race([this.#rung.promise, systemClock.sleep(ms, due.signal)]);
    signal.removeEventListener("abort", end);
    due.abort();
    this.#rung = Promise.withResolvers();
  }

  /** Ends the present wait, or the next one. */
  ring(): void {
    this.#rung.resolve();
  }
}
