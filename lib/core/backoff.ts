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
