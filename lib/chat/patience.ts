/**
 * Doing something as often as it takes while the bus is away.
 * @module
 */
import { backoffMs } from "../core/backoff.ts";
import { BusUnavailable } from "./bus.ts";
import type { Clock } from "./clock.ts";

const RETRY = { firstMs: 100, longestMs: 3_000 } as const;

/** Tries until it is done; undefined when the signal aborted before. Other errors than `BusUnavailable` are passed on. */
export async function patiently<T>(
  deed: () => Promise<T>,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await deed();
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
    }
    await clock.sleep(backoffMs(attempt, RETRY, random()), signal);
  }
  return undefined;
}
