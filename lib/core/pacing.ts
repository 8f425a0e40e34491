/**
 * Sending much to one peer at the pace at which it reads: how much can be sent now, given what still waits. Whatever is
 * sent in one turn of the event loop waits in memory until its end, however fast the peer reads, so a long answer that is
 * sent in one turn looks like a peer that does not read.
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
  /** Bytes that wait, the runtime's overhead included. */
  readonly bytes: number;
  /** A peer with more than this counts as too slow. */
  readonly maxBytes: number;
}

/** What the runtime spends on each message that waits to be sent, beside its payload (measured on Deno 2.9.6). */
export const QUEUED_MESSAGE_BYTES = 1_024;

/** Paced sending leaves the other half of the backlog to what happens meanwhile. */
const PACED_SHARE = 0.5;

/** At most so many bytes a message takes while it waits: one UTF-16 code unit is at most three bytes of UTF-8. */
export function queuedBytes(message: string): number {
  return QUEUED_MESSAGE_BYTES + 3 * message.length;
}

/** How many of the messages, from the first on, can be sent now; at least one where nothing waits. */
export function sendableNow(messages: readonly string[], { bytes, maxBytes }: Backlog): number {
  let free = maxBytes * PACED_SHARE - bytes;
  const end = messages.findIndex((message) => (free -= queuedBytes(message)) < 0);
  const count = end < 0 ? messages.length : end;
  return count === 0 && bytes === 0 ? Math.min(1, messages.length) : count;
}

/** Whether more waits than paced sending lets wait: the peer reads more slowly than is sent. */
export function isBehind({ bytes, maxBytes }: Backlog): boolean {
  return bytes > maxBytes * PACED_SHARE;
}

/** Whether so little waits that more may be read for this peer. */
export function isDrained({ bytes, maxBytes }: Backlog): boolean {
  return bytes <= maxBytes * PACED_SHARE / 2;
}
