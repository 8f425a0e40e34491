/**
 * Time, as the domain knows it. Do not read a clock or sleep elsewhere: tests pass a clock that they advance by hand.
 * @module
 */

/** Tells the time and waits. */
export interface Clock {
  /** Milliseconds on a monotonic scale with an arbitrary origin. */
  now(): number;
  /** Wall-clock time in milliseconds since 1970. It may go back. */
  date(): number;
  /** Waits; resolves early when the signal aborts, and never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The system's clock. */
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
