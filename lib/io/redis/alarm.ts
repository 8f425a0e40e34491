/**
 * The wait of a loop that does something now and then, and at once where there is a reason.
 * @module
 */
import { systemClock } from "../../chat/clock.ts";

/** For one loop. */
export class Alarm {
  #rung = Promise.withResolvers<void>();

  /** Resolves after so long, when it rings or has rung since the last wait, or when the signal aborts. */
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

  /** Ends the present wait, or the next. */
  ring(): void {
    this.#rung.resolve();
  }
}
