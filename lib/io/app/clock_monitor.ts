/**
 * Logs that the machine's wall clock was set while the service ran. It has no other effect.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import { ClockJumpDetector } from "../../core/health/clock_jump.ts";
import { logger } from "../logger.ts";

const CHECK_MS = 10_000;

/**
 * Compares both clocks until the signal aborts.
 *
 * @param onJump Receives the number of milliseconds by which the wall clock was set; positive for forward.
 */
export async function monitorClock(
  clock: Clock,
  signal: AbortSignal,
  onJump: (byMs: number) => void = (byMs) => logger.warn("clock.jumped", { byMs }),
): Promise<void> {
  const read = () => ({ now: clock.now(), date: clock.date() });
  const watch = new ClockJumpDetector(read());
  while (!signal.aborted) {
    await clock.sleep(CHECK_MS, signal);
    const byMs = watch.check(read());
    if (byMs !== undefined) onJump(Math.round(byMs));
  }
}
