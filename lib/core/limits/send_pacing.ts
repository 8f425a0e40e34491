/**
 * Paces a long answer to the peer's reading speed: how much can be sent now, given the backlog. Do not send a long
 * answer in one turn of the event loop: everything sent in a turn stays in memory until it ends, so even a fast peer
 * would look stalled.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const lines = ["x".repeat(4_000), "x".repeat(4_000), "x".repeat(4_000)];
 * assert.equal(sendableNow(lines, { bytes: 0, maxBytes: 65_536 }), 2);
 * assert.equal(sendableNow(lines, { bytes: 30_000, maxBytes: 65_536 }), 0);
 * ```
 * @module
 */

/** The bytes waiting to be sent to one peer. */
export interface Backlog {
  /** Waiting bytes, including the runtime's overhead. */
  readonly bytes: number;
  /** A peer with more than this counts as too slow. */
  readonly maxBytes: number;
}

/** The runtime's overhead per queued message (measured on Deno 2.9.6). */
export const QUEUED_MESSAGE_BYTES = 1_024;

/** Share of the allowed backlog that paced sending uses; the rest is for live messages. */
const PACED_SHARE = 0.5;

/** Maximum size of a queued message, in bytes: a UTF-16 code unit is at most three bytes of UTF-8. */
export function queuedBytes(message: string): number {
  return QUEUED_MESSAGE_BYTES + 3 * message.length;
}

/** How many messages, starting with the first, can be sent now; at least one if the backlog is empty. */
export function sendableNow(messages: readonly string[], { bytes, maxBytes }: Backlog): number {
  let free = maxBytes * PACED_SHARE - bytes;
  const end = messages.findIndex((message) => (free -= queuedBytes(message)) < 0);
  const count = end < 0 ? messages.length : end;
  return count === 0 && bytes === 0 ? Math.min(1, messages.length) : count;
}

/** Whether the backlog exceeds what paced sending allows: the peer reads more slowly than messages are sent. */
export function isBacklogged({ bytes, maxBytes }: Backlog): boolean {
  return bytes > maxBytes * PACED_SHARE;
}

/** Whether the backlog is small enough to read more from the log for this peer. */
export function isDrained({ bytes, maxBytes }: Backlog): boolean {
  return bytes <= maxBytes * PACED_SHARE / 2;
}
