/**
 * Sending a long answer at the pace at which a peer reads: how much can be sent now, given what still waits. Everything
 * sent in one turn of the event loop waits in memory until the end of the turn, even if the peer reads fast. So a long
 * answer sent in one turn makes the peer look as if it did not read.
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

/** What waits to be sent to one peer. */
export interface Backlog {
  /** Waiting bytes, including the runtime's overhead. */
  readonly bytes: number;
  /** A peer with more than this counts as too slow. */
  readonly maxBytes: number;
}

/** The runtime's overhead for each message that waits to be sent (measured on Deno 2.9.6). */
export const QUEUED_MESSAGE_BYTES = 1_024;

/** Share of the allowed backlog that paced sending uses; the rest is for live messages. */
const PACED_SHARE = 0.5;

/** Most bytes that a message takes while it waits: one UTF-16 code unit is at most three bytes of UTF-8. */
export function queuedBytes(message: string): number {
  return QUEUED_MESSAGE_BYTES + 3 * message.length;
}

/** How many of the messages, from the first on, can be sent now; at least one if nothing waits. */
export function sendableNow(messages: readonly string[], { bytes, maxBytes }: Backlog): number {
  let free = maxBytes * PACED_SHARE - bytes;
  const end = messages.findIndex((message) => (free -= queuedBytes(message)) < 0);
  const count = end < 0 ? messages.length : end;
  return count === 0 && bytes === 0 ? Math.min(1, messages.length) : count;
}

/** Whether more waits than paced sending allows: the peer reads more slowly than it is sent messages. */
export function isBehind({ bytes, maxBytes }: Backlog): boolean {
  return bytes > maxBytes * PACED_SHARE;
}

/** Whether so little waits that more may be read for this peer. */
export function isDrained({ bytes, maxBytes }: Backlog): boolean {
  return bytes <= maxBytes * PACED_SHARE / 2;
}
