/**
 * Keeps the process within its memory: when it gets tight, the clients with the largest backlogs are parked; above the
 * limit, new connections are refused. If that is not enough, the supervisor recycles isolates. The runtime's own buffers
 * are in no heap, so the memory of the process is measured.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import { memoryLevel } from "../core/supervision.ts";
import type { Moving } from "./isolates/recycling.ts";
import { log } from "./log.ts";

const CHECK_MS = 250;
/** Time for backlogs to drain before more clients are parked. */
const RELIEF_MS = 2_000;
const HYSTERESIS = 0.95;
/** Moved clients may exceed the limit a little, but not so far that they would be closed again at once. */
const RETURN_MARGIN = 1.1;
const MEGABYTE = 1_048_576;

/** What the guard watches, and what it can do. */
export interface MemoryGuardContext {
  /** Memory of the process, in bytes. */
  readonly processBytes: () => number;
  /** Limit of that memory, in bytes; Infinity for no limit. */
  readonly maxBytes: number;
  /** The serving part of the process. */
  readonly serving: {
    /** Whether clients are being moved: those were admitted before. */
    readonly moving: Moving;
    /** Parks the connections with the largest backlogs. */
    relieve(): void;
  };
  /** Admits connections. */
  readonly admissions: { hasMemory: boolean };
  /** For waits. */
  readonly clock: Clock;
}

/** Watches until the signal aborts. */
export async function guardMemory(
  { processBytes, maxBytes, serving, admissions, clock }: MemoryGuardContext,
  signal: AbortSignal,
): Promise<void> {
  if (maxBytes === Infinity) return;
  let relievedAt = -Infinity;
  let wasEnough = true;
  while (!signal.aborted) {
    await clock.sleep(CHECK_MS, signal);
    const bytes = processBytes();
    const level = memoryLevel(bytes, maxBytes);
    if (level !== "ample" && clock.now() - relievedAt >= RELIEF_MS) {
      relievedAt = clock.now();
      serving.relieve();
    }
    // Hysteresis, so that each run of the garbage collector does not change the answer.
    const isEnough: boolean = bytes <= maxBytes * (wasEnough ? 1 : HYSTERESIS);
    admissions.hasMemory = isEnough || takesBack(serving.moving, bytes, maxBytes);
    if (isEnough === wasEnough) continue;
    wasEnough = isEnough;
    const fields = { megabytes: Math.round(bytes / MEGABYTE), limit: maxBytes / MEGABYTE };
    if (isEnough) log.info("memory.enough", fields);
    else log.warn("memory.short", fields);
  }
}

/** Whether moved clients are admitted: while two isolates are up, the process takes more memory than usual. */
function takesBack(moving: Moving, bytes: number, maxBytes: number): boolean {
  if (moving === "returning") return bytes <= maxBytes * RETURN_MARGIN;
  return moving === "under way";
}
