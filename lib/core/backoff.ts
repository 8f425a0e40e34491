/**
 * How long to wait before trying again: exponential with jitter, so that a crowd that failed together does not come
 * back together.
 * @module
 */

/** The shortest and the longest ceiling, in milliseconds. */
export interface BackoffPolicy {
  /** The first attempt's ceiling. */
  readonly firstMs: number;
  /** The ceiling that is never passed. */
  readonly longestMs: number;
}

/**
 * A delay in whole milliseconds between half of this attempt's ceiling and all of it; the ceiling doubles each time.
 * The lower half is left out so that no one hammers a server that is only just coming up.
 *
 * @param attempt 0 for the first.
 * @param random A number in [0, 1).
 */
export function backoffMs(attempt: number, policy: BackoffPolicy, random: number): number {
  const ceiling = Math.min(policy.longestMs, policy.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling / 2 + random * ceiling / 2);
}

/** Whoever takes over is let come up first. */
const SHORTEST_COMEBACK_MS = 500;
// Who is back within 10 s has never been away for the others: the client's own wait comes on top of this one.
const LONGEST_COMEBACK_MS = 8_000;

/**
 * How long one of a crowd that is sent away together is asked to stay away, in whole milliseconds: 500, and a draw over 1
 * more for each of them, so that no more than a thousand or so come back in a second. Of more than 7,500 nobody is asked
 * for more than 8 s; the draw is narrowed and not cut off, or all the others would come at the last moment together.
 *
 * @param count How many are sent away.
 * @param random A number in [0, 1).
 */
export function comebackMs(count: number, random: number): number {
  const spreadMs = Math.min(count, LONGEST_COMEBACK_MS - SHORTEST_COMEBACK_MS);
  return Math.round(SHORTEST_COMEBACK_MS + random * spreadMs);
}
