/**
 * Tells whoever runs the service that the machine's calendar was set while it ran. Nothing is decided by that.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import { ClockWatch } from "../core/clock_watch.ts";
import { log } from "./log.ts";

const LOOK_MS = 10_000;

/**
 * Looks at both clocks until the signal aborts.
 *
 * @param tell Takes by how many milliseconds the calendar was set; forward where that is positive.
 */
export async function watchClock(
  clock: Clock,
  signal: AbortSignal,
  tell: (byMs: number) => void = (byMs) => log.warn("clock.jumped", { byMs }),
): Promise<void> {
  const read = () => ({ now: clock.now(), date: clock.date() });
  const watch = new ClockWatch(read());
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal);
    const byMs = watch.check(read());
    if (byMs !== undefined) tell(Math.round(byMs));
  }
}
