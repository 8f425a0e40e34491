/**
 * Decides from a worker's vitals whether to recycle it, replace it at once or leave it alone. Some leaked sockets
 * cannot be closed one by one, so they are freed by ending the worker that holds them. That disconnects all its
 * clients, so do it only when the leak has a real cost, and not repeatedly: otherwise a client that leaks sockets could
 * disconnect others.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const policy = { maxMissed: 5, maxDead: 2_500, maxBytes: 1e9 };
 * assert.deepEqual(checkWorker({ missed: 5, dead: 0, bytes: 0 }, policy), { kind: "replace" });
 * const recycle = { kind: "recycle", reason: "dead_sockets", isUrgent: false };
 * assert.deepEqual(checkWorker({ missed: 0, dead: 2_501, bytes: 0 }, policy), recycle);
 * ```
 * @module
 */

/** What the health check of a worker has found. */
export interface WorkerVitals {
  /** Number of consecutive checks that it has not answered in time. */
  readonly missed: number;
  /** Number of sockets that the runtime never frees: their handshake or close will never complete. */
  readonly dead: number;
  /** Memory of its heap and of what its objects hold outside of it, in bytes. */
  readonly bytes: number;
}

/** The limits that vitals are checked against. */
export interface WorkerHealthPolicy {
  /** A worker that has missed this many checks no longer responds. */
  readonly maxMissed: number;
  /** Maximum number of dead sockets. */
  readonly maxDead: number;
  /** One worker's share of the memory, in bytes; Infinity for no limit. */
  readonly maxBytes: number;
}

/**
 * Why a worker is replaced: it ended by itself, holds dead sockets, exceeds its share of memory, does not respond, or has
 * an old certificate.
 */
export type RecycleReason = "died" | "dead_sockets" | "grown" | "silent" | "certificate";

/**
 * The action to take. A recycled worker closes its connections properly first; a silent one cannot and is replaced.
 * Urgent means that connection slots or memory are running out: {@linkcode RecycleBackoff} then allows it sooner.
 */
export type WorkerAction =
  | { readonly kind: "none" }
  | { readonly kind: "replace" }
  | {
    readonly kind: "recycle";
    readonly reason: "dead_sockets" | "grown";
    readonly isUrgent: boolean;
  };

/** At this multiple of the allowed dead sockets, hardly any connection slots are left. */
const URGENT_DEAD_FACTOR = 3;

/** Returns the action for one worker: silence counts before dead sockets, and those before memory. */
export function checkWorker(vitals: WorkerVitals, policy: WorkerHealthPolicy): WorkerAction {
  const { missed, dead, bytes } = vitals;
  if (missed >= policy.maxMissed) return { kind: "replace" };
  if (dead > policy.maxDead) {
    return {
      kind: "recycle",
      reason: "dead_sockets",
      isUrgent: dead > policy.maxDead * URGENT_DEAD_FACTOR,
    };
  }
  if (bytes > policy.maxBytes) return { kind: "recycle", reason: "grown", isUrgent: false };
  return { kind: "none" };
}

/** The policy for one of several workers. @param maxBytes Memory limit of the whole process; Infinity for none. */
export function workerHealthPolicy(
  { maxConnections, workers, maxBytes }: {
    readonly maxConnections: number;
    readonly workers: number;
    readonly maxBytes: number;
  },
): WorkerHealthPolicy {
  return {
    maxMissed: 5,
    // A dead socket holds a connection slot, a descriptor and about 20 KB: a quarter of the slots can be spared.
    maxDead: Math.ceil(maxConnections / workers / 4),
    maxBytes: maxBytes / (workers + 1),
  };
}

/**
 * The memory of the process compared with its limit: `ample`; `tight`: the largest backlogs are dropped; `over`: new
 * connections are refused; `urgent`: a worker is recycled at once.
 */
export type MemoryLevel = "ample" | "tight" | "over" | "urgent";

/** Compares the memory of the process with its limit. @param maxBytes Infinity for no limit. */
export function memoryLevel(bytes: number, maxBytes: number): MemoryLevel {
  if (bytes <= maxBytes * 0.85) return "ample";
  if (bytes <= maxBytes) return "tight";
  return bytes <= maxBytes * 1.2 ? "over" : "urgent";
}

const FIRST_INTERVAL_MS = 600_000;
const MAX_INTERVAL_MS = 4 * 3_600_000;
const URGENT_INTERVAL_MS = 5_000;

/**
 * Limits how often workers are recycled: the first time at once, again after ten minutes, then after twice as long each
 * time, since the memory may simply be needed, and a client may leak sockets on purpose. After twice the interval
 * without recycling, it starts over. Urgent recycling waits only five seconds: a client can fill the memory within
 * seconds with fragments that the runtime buffers unseen, and the kernel would kill the whole process.
 */
export class RecycleBackoff {
  #recycledAt = -Infinity;
  #intervalMs = FIRST_INTERVAL_MS;

  /** Whether a worker may be recycled now. @param now Milliseconds on any scale that does not decrease. */
  allows(isUrgent: boolean, now: number): boolean {
    return now - this.#recycledAt >= (isUrgent ? URGENT_INTERVAL_MS : this.#intervalMs);
  }

  /** Records that a worker was recycled. */
  recordRecycle(now: number): void {
    const isAgain = now - this.#recycledAt < this.#intervalMs * 2;
    this.#intervalMs = isAgain
      ? Math.min(MAX_INTERVAL_MS, this.#intervalMs * 2)
      : FIRST_INTERVAL_MS;
    this.#recycledAt = now;
  }
}

/** The default number of workers: all cores but one, for the main thread. 0 where processes cannot share a port. */
export function defaultWorkerCount(os: string, cores: number): number {
  return os === "linux" ? Math.max(1, cores - 1) : 0;
}
