/**
 * A pause that can be cut short.
 * @module
 */
import type { Clock } from "../ports/clock.ts";

/** Rests until it is woken. */
export class Alarm {
  readonly #clock: Pick<Clock, "sleep">;
  #rest: AbortController | undefined;
  #isRung = false;

  /** Not rung. */
  constructor(clock: Pick<Clock, "sleep">) {
    this.#clock = clock;
  }

  /** Ends the current pause, or the next one before it begins. */
  ring(): void {
    this.#isRung = true;
    this.#rest?.abort();
  }

  /** Forgets that it was rung. Call it before you look at what the ringing is about. */
  reset(): void {
    this.#isRung = false;
  }

  /** Waits until the time is over, the alarm rings, or the signal aborts. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isRung || signal.aborted) return;
    const rest = this.#rest = new AbortController();
    const stop = () => rest.abort();
    signal.addEventListener("abort", stop);
    await this.#clock.sleep(ms, rest.signal);
    signal.removeEventListener("abort", stop);
    this.#rest = undefined;
  }
}
