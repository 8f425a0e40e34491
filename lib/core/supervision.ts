/**
 * What to do about one serving isolate, judged by what it tells of itself: nothing, recycle it, or replace it at once. The
 * runtime's sockets cannot all be ended one by one, so what has leaked is given back by ending the isolate that holds it.
 * That disconnects all its clients, so it is done only when the leak has a real cost, and not repeatedly: otherwise a
 * client that leaks sockets could have all others disconnected.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const policy = { maxMissed: 5, maxDead: 2_500, maxBytes: 1e9 };
 * assert.deepEqual(judge({ missed: 5, dead: 0, bytes: 0 }, policy), { kind: "replace" });
 * const recycle = { kind: "recycle", why: "dead_sockets", isUrgent: false };
 * assert.deepEqual(judge({ missed: 0, dead: 2_501, bytes: 0 }, policy), recycle);
 * ```
 * @module
 */

/** The vital signs of one isolate. */
export interface IsolateVitals {
  /** How many questions in a row it has not answered in time. */
  readonly missed: number;
  /** Sockets that the runtime holds for ever: their handshake or their close will never be finished. */
  readonly dead: number;
  /** What its heap takes. */
  readonly bytes: number;
}

/** How much is too much. */
export interface SupervisionPolicy {
  /** An isolate that has missed so many questions has stopped answering. */
  readonly maxMissed: number;
  /** More dead sockets than this are too many. */
  readonly maxDead: number;
  /** An isolate's share of the memory. */
  readonly maxBytes: number;
}

/** Why an isolate is ended: it holds dead sockets, it has grown past its share, or it does not answer. */
export type Ailment = "dead_sockets" | "grown" | "silent";

/**
 * What is to be done: a recycled isolate says goodbye to its clients first, a silent one cannot. If it is urgent, places or
 * memory run out, and {@linkcode RecyclePace} allows it sooner.
 */
export type Judgement =
  | { readonly kind: "rest" }
  | { readonly kind: "replace" }
  | {
    readonly kind: "recycle";
    readonly why: Exclude<Ailment, "silent">;
    readonly isUrgent: boolean;
  };

/** At this multiple of the allowed dead sockets, hardly any places are left. */
const URGENT_DEAD = 3;

/** Judges one isolate. */
export function judge(vitals: IsolateVitals, policy: SupervisionPolicy): Judgement {
  const { missed, dead, bytes } = vitals;
  if (missed >= policy.maxMissed) return { kind: "replace" };
  if (dead > policy.maxDead) {
    return { kind: "recycle", why: "dead_sockets", isUrgent: dead > policy.maxDead * URGENT_DEAD };
  }
  if (bytes > policy.maxBytes) return { kind: "recycle", why: "grown", isUrgent: false };
  return { kind: "rest" };
}

/** The policy for one of several isolates. @param maxBytes What the whole process may take; Infinity for any. */
export function supervisionPolicy(
  { maxConnections, isolates, maxBytes }: {
    readonly maxConnections: number;
    readonly isolates: number;
    readonly maxBytes: number;
  },
): SupervisionPolicy {
  return {
    maxMissed: 5,
    // A dead socket holds a place, a descriptor and about 20 KB: a quarter of the places can be spared.
    maxDead: Math.ceil(maxConnections / isolates / 4),
    maxBytes: maxBytes / (isolates + 1),
  };
}

/**
 * The memory of the process compared with its limit: `ample`; `tight`: the largest backlogs are parked; `over`: new
 * connections are refused; `urgent`: an isolate is recycled at once.
 */
export type MemoryLevel = "ample" | "tight" | "over" | "urgent";

/** The level. @param maxBytes Infinity for no limit. */
export function memoryLevel(bytes: number, maxBytes: number): MemoryLevel {
  if (bytes <= maxBytes * 0.85) return "ample";
  if (bytes <= maxBytes) return "tight";
  return bytes <= maxBytes * 1.2 ? "over" : "urgent";
}

const FIRST_REST_MS = 600_000;
const LONGEST_REST_MS = 4 * 3_600_000;
const URGENT_REST_MS = 5_000;

/**
 * How often isolates may be recycled: once at any time, again after ten minutes, then after twice as long each time, since
 * the memory may simply be needed, and sockets may be leaked on purpose. After twice the rest without recycling, it starts
 * over. Urgent recycling waits for five seconds only: a client can fill the memory within seconds with fragments that the
 * runtime buffers unseen, and the kernel would end the whole process.
 */
export class RecyclePace {
  #at = -Infinity;
  #restMs = FIRST_REST_MS;

  /** Whether one may be recycled now. @param now Milliseconds on any scale that does not go back. */
  allows(isUrgent: boolean, now: number): boolean {
    return now - this.#at >= (isUrgent ? URGENT_REST_MS : this.#restMs);
  }

  /** Records that one was recycled. */
  note(now: number): void {
    const isAgain = now - this.#at < this.#restMs * 2;
    this.#restMs = isAgain ? Math.min(LONGEST_REST_MS, this.#restMs * 2) : FIRST_REST_MS;
    this.#at = now;
  }
}

/** How many serving isolates there are unless it is said: all cores but that of the main isolate, where ports can be shared. */
export function usualIsolates(os: string, cores: number): number {
  return os === "linux" ? Math.max(1, cores - 1) : 0;
}
