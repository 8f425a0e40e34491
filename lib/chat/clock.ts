/**
 * Time, as the domain knows it. Tests hand in one that they turn by hand; nobody else reads a clock or sleeps.
 * @module
 */

/** What time it is, and how to wait. */
export interface Clock {
  /** Milliseconds on a monotonic scale of no particular beginning. */
  now(): number;
  /** What the calendar says: milliseconds since 1970. It may go back. */
  date(): number;
  /** Waits; resolves early when the signal aborts, and never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The computer's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  sleep(ms, signal) {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) return Promise.resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    return promise;
  },
};
