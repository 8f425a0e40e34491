/**
 * Keeps the process within its memory limit: close to the limit, it drops the clients with the largest backlogs; above
 * it, new connections are refused. If that is not enough, the supervisor recycles workers. Do not measure a heap: the
 * runtime's own buffers are in none, so the guard uses the memory of the whole process.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import { memoryLevel } from "../../core/health/worker_health.ts";
import type { MoveState } from "../workers/recycle_planner.ts";
import { logger } from "../logger.ts";

const CHECK_MS = 250;
/** Time for backlogs to drain before more clients are dropped. */
const DROP_INTERVAL_MS = 2_000;
const HYSTERESIS = 0.95;
/** Moved clients may exceed the limit a little, but not so far that they would be closed again at once. */
const RETURN_MARGIN = 1.1;
const MEGABYTE = 1_048_576;

/** What the guard watches, and what it can do. */
export interface MemoryGuardContext {
  /** Returns the resident memory of the process, in bytes. */
  readonly processBytes: () => number;
  /** Limit of that memory, in bytes; Infinity for no limit. */
  readonly maxBytes: number;
  /** The serving part of the process. */
  readonly pool: {
    /** Whether clients are being moved: those were admitted before. */
    readonly moveState: MoveState;
    /** Parks the connections with the largest backlogs. */
    dropLargestBacklogs(): void;
  };
  /** Admits connections. */
  readonly admissions: { hasMemory: boolean };
  /** Waits between checks. */
  readonly clock: Clock;
}

/** Watches until the signal aborts. */
export async function guardMemory(
  { processBytes, maxBytes, pool, admissions, clock }: MemoryGuardContext,
  signal: AbortSignal,
): Promise<void> {
  if (maxBytes === Infinity) return;
  let droppedAt = -Infinity;
  let wasEnough = true;
  while (!signal.aborted) {
    await clock.sleep(CHECK_MS, signal);
    const bytes = processBytes();
    const level = memoryLevel(bytes, maxBytes);
    if (level !== "ample" && clock.now() - droppedAt >= DROP_INTERVAL_MS) {
      droppedAt = clock.now();
      pool.dropLargestBacklogs();
    }
    // Hysteresis, so that each run of the garbage collector does not change the answer.
    const isEnough: boolean = bytes <= maxBytes * (wasEnough ? 1 : HYSTERESIS);
    admissions.hasMemory = isEnough || admitsReturning(pool.moveState, bytes, maxBytes);
    if (isEnough === wasEnough) continue;
    wasEnough = isEnough;
    const fields = { megabytes: Math.round(bytes / MEGABYTE), limit: maxBytes / MEGABYTE };
    if (isEnough) logger.info("memory.recovered", fields);
    else logger.warn("memory.low", fields);
  }
}

/** Whether moved clients are admitted: while two workers are up, the process uses more memory than usual. */
function admitsReturning(moveState: MoveState, bytes: number, maxBytes: number): boolean {
  if (moveState === "returning") return bytes <= maxBytes * RETURN_MARGIN;
  return moveState === "under way";
}
