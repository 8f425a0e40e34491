/**
 * What to do about one serving isolate, judged by what it tells of itself: nothing, recycle it, or replace it at once. The
 * runtime's sockets cannot all be ended one by one, so what has leaked is given back by ending the isolate that holds it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const policy = { maxMissed: 5, maxDead: 100, maxBytes: 1e9 };
 * assert.deepEqual(judge({ missed: 5, dead: 0, bytes: 0 }, policy), { kind: "replace" });
 * assert.deepEqual(judge({ missed: 0, dead: 101, bytes: 0 }, policy), { kind: "recycle", why: "dead_sockets" });
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

/** What is to be done: a recycled isolate says goodbye to its clients first, a silent one cannot. */
export type Judgement =
  | { readonly kind: "rest" }
  | { readonly kind: "recycle"; readonly why: Exclude<Ailment, "silent"> }
  | { readonly kind: "replace" };

/** Judges one isolate. */
export function judge(vitals: IsolateVitals, policy: SupervisionPolicy): Judgement {
  if (vitals.missed >= policy.maxMissed) return { kind: "replace" };
  if (vitals.dead > policy.maxDead) return { kind: "recycle", why: "dead_sockets" };
  if (vitals.bytes > policy.maxBytes) return { kind: "recycle", why: "grown" };
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
    // A dead socket holds a place of the quota and a file descriptor: one place in a hundred.
    maxDead: Math.max(20, Math.floor(maxConnections / isolates / 100)),
    maxBytes: maxBytes / (isolates + 1),
  };
}

/** How many serving isolates there are unless it is said: all cores but that of the main isolate, where ports can be shared. */
export function usualIsolates(os: string, cores: number): number {
  return os === "linux" ? Math.max(1, cores - 1) : 0;
}
