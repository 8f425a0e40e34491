/**
 * Doing something as often as it takes while the bus is away.
 * @module
 */
import { backoffMs } from "../core/backoff.ts";
import { BusUnavailable } from "./bus.ts";
import type { Clock } from "./clock.ts";

const RETRY = { firstMs: 100, longestMs: 3_000 } as const;

/**
 * When to stop trying. An `AbortSignal` says it; so does whoever makes one only where it is needed, since most things are
 * done at once and a signal for each costs more than they do.
 */
export interface Ending {
  /** Whether it is over. */
  readonly aborted: boolean;
  /** The same, to wait with. */
  readonly signal: AbortSignal;
}

/** Tries until it is done; undefined where it was over before. Other errors than `BusUnavailable` are passed on. */
export async function patiently<T>(
  deed: () => Promise<T>,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  ending: AbortSignal | Ending,
): Promise<T | undefined> {
  for (let attempt = 0; !ending.aborted; attempt++) {
    try {
      return await deed();
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
    }
    const signal = "signal" in ending ? ending.signal : ending;
    await clock.sleep(backoffMs(attempt, RETRY, random()), signal);
  }
  return undefined;
}
