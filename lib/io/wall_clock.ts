/**
 * Logs that the machine's wall clock was set while the service ran. It has no other effect.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import { ClockWatch } from "../core/clock_watch.ts";
import { log } from "./log.ts";

const LOOK_MS = 10_000;

/**
 * Compares both clocks until the signal aborts.
 *
 * @param tell Takes the number of milliseconds by which the wall clock was set; positive for forward.
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
