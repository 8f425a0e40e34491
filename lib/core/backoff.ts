/**
 * Wait times before a retry: exponential with jitter, so that clients that failed together do not retry together.
 * @module
 */

/** The lowest and the highest ceiling, in milliseconds. */
export interface BackoffPolicy {
  /** The first attempt's ceiling. */
  readonly firstMs: number;
  /** The highest ceiling of any attempt. */
  readonly longestMs: number;
}

/** For a store that does not answer: long outages end with one attempt in 1.5 to 3 s. */
export const STORE_RETRY: BackoffPolicy = { firstMs: 100, longestMs: 3_000 };

/**
 * A delay in whole milliseconds between half of this attempt's ceiling and the ceiling, which doubles with each
 * attempt. There are no shorter delays, so that no client hammers a server that is just starting.
 *
 * @param attempt 0 for the first attempt.
 * @param random A number in [0, 1).
 */
export function backoffMs(attempt: number, policy: BackoffPolicy, random: number): number {
  const ceiling = Math.min(policy.longestMs, policy.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling / 2 + random * ceiling / 2);
}

/** The server that takes over gets time to start. */
const MIN_RECONNECT_MS = 500;
// Users who reconnect within 10 s stay listed as present. The client's own wait is added to this one.
const MAX_RECONNECT_MS = 8_000;

/**
 * The wait before reconnecting for one of many clients disconnected together, in whole milliseconds: 500 plus a random
 * time of up to 1 ms per client, so that about a thousand reconnect per second. With more than 7,500 clients the wait
 * is at most 8 s: the range is narrowed rather than clamped, or all further clients would reconnect at the last moment.
 *
 * @param count Number of clients disconnected.
 * @param random A number in [0, 1).
 */
export function reconnectSpreadMs(count: number, random: number): number {
  const spreadMs = Math.min(count, MAX_RECONNECT_MS - MIN_RECONNECT_MS);
  return Math.round(MIN_RECONNECT_MS + random * spreadMs);
}
