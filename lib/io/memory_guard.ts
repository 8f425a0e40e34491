/**
 * Keeps the process within its memory, always: where it gets tight, those clients are parked for whom most waits, and
 * above the limit nobody new is let in. What is left is the supervisor's, who recycles isolates. The runtime's own buffers
 * are in no heap, so it is the memory of the process that counts.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import { memoryLevel } from "../core/supervision.ts";
import type { Moving } from "./isolates/recycling.ts";
import { log } from "./log.ts";

const CHECK_MS = 250;
/** Backlogs need some time to drain before more are parked. */
const RELIEF_MS = 2_000;
const HYSTERESIS = 0.95;
/** Those who come back may take a little more, but not so much that they would be sent away again at once. */
const RETURN_MARGIN = 1.1;
const MEGABYTE = 1_048_576;

/** What it watches, and what it can do. */
export interface MemoryGuardContext {
  /** What the process takes, in bytes. */
  readonly processBytes: () => number;
  /** What it may take; Infinity for any. */
  readonly maxBytes: number;
  /** What serves. */
  readonly serving: {
    /** Whether clients are being moved: they were let in before. */
    readonly moving: Moving;
    /** Parks those with the largest backlogs. */
    relieve(): void;
  };
  /** Lets connections in. */
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
    // Once refused, they are let in when there is some room, and not at each breath of the garbage collector.
    const isEnough: boolean = bytes <= maxBytes * (wasEnough ? 1 : HYSTERESIS);
    admissions.hasMemory = isEnough || takesBack(serving.moving, bytes, maxBytes);
    if (isEnough === wasEnough) continue;
    wasEnough = isEnough;
    const fields = { megabytes: Math.round(bytes / MEGABYTE), limit: maxBytes / MEGABYTE };
    if (isEnough) log.info("memory.enough", fields);
    else log.warn("memory.short", fields);
  }
}

/** Whether those are let in who have been sent away: until then the memory that they take is that of two isolates. */
function takesBack(moving: Moving, bytes: number, maxBytes: number): boolean {
  if (moving === "returning") return bytes <= maxBytes * RETURN_MARGIN;
  return moving === "under way";
}
