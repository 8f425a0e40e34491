/**
 * Splits a long replay into chunks, each sent in one turn of the event loop. Everything sent in one turn stays in
 * memory until the turn ends, however fast the peer reads. A long replay sent at once would make the peer look stalled.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const replay = { top: { epoch: "a", seq: 0 }, entries: [], gap: "too_old" } as const;
 * assert.deepEqual(chunkReplay(replay), [replay]);
 * ```
 * @module
 */
import { contentLength } from "../content.ts";
import type { Entry } from "../entry.ts";
import type { Replay } from "./log_reading.ts";

/** Maximum size of a chunk, by {@linkcode estimateQueuedSize}; a single entry may be larger. */
export const MAX_CHUNK = 131_072;
/** Size of an entry besides its content: about the runtime's overhead for a queued message (Deno 2.9.6). */
const QUEUED_OVERHEAD = 1_024;

/** Approximate size of an entry in the send queue, in UTF-16 code units of plain text. */
export function estimateQueuedSize({ action }: Entry): number {
  return QUEUED_OVERHEAD + ("text" in action ? contentLength(action) : 0);
}

/**
 * Chunk size for peers with this maximum backlog: an eighth, since a code unit takes up to three bytes and other
 * messages are sent too.
 */
export function chunkSizeFor(maxBufferedBytes: number): number {
  return Math.min(MAX_CHUNK, maxBufferedBytes / 8);
}

/** Splits a replay into at least one chunk. All but the last end before the top, as if there were more to read. */
export function chunkReplay(
  { entries, lossReason, ...rest }: Replay,
  maxSize: number = MAX_CHUNK,
): readonly Replay[] {
  const chunks = splitEntries(entries, maxSize).map((chunk) => ({ ...rest, entries: chunk }));
  const [first = { ...rest, entries: [] }, ...others] = chunks;
  // Lost entries precede the first chunk.
  return [lossReason ? { ...first, lossReason } : first, ...others];
}

function splitEntries(entries: readonly Entry[], maxSize: number): readonly (readonly Entry[])[] {
  const chunks: Entry[][] = [];
  let size = Infinity;
  for (const entry of entries) {
    size += estimateQueuedSize(entry);
    if (size > maxSize) {
      chunks.push([]);
      size = estimateQueuedSize(entry);
    }
    chunks.at(-1)?.push(entry);
  }
  return chunks;
}
