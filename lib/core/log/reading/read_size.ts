/**
 * How much one read of a log may return. Readers request a number of messages, but a message can be 64 KiB long and
 * have hundreds of reactions, so a read is also cut by size. Readers continue from there.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const weigh = (text: string) => text.length;
 * assert.deepEqual(takeWithinLimits(["ab", "c", "d"], 2, weigh), { taken: ["ab", "c"], more: true });
 * assert.deepEqual(takeWithinLimits(["ab"], 2, weigh), { taken: ["ab"], more: false });
 * ```
 * @module
 */
import { contentLength, type SizedContent } from "../content.ts";
import type { Entry } from "../entry.ts";

/** Size at which a page or a replay is cut; a single item may be larger. */
export const MAX_READ_BYTES = 262_144;

/** Everything in a frame besides content and reactions. */
const OVERHEAD_SIZE = 200;
/** A user id in a list, as JSON. */
const USER_SIZE = 24;

/** Approximate length of an entry as JSON: its content in UTF-16 code units, plus a constant. */
export function estimateEntrySize({ action }: Pick<Entry, "action">): number {
  return OVERHEAD_SIZE + ("text" in action ? contentLength(action) : 0);
}

/** The parts of a message that determine its size. */
export interface SizedMessage extends SizedContent {
  /** The users who reacted, by emoji; only their number counts. */
  readonly reactions?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** Approximate length of a message as JSON: content and reactions in UTF-16 code units, plus a constant. */
export function estimateMessageSize(message: SizedMessage): number {
  let size = OVERHEAD_SIZE + contentLength(message);
  for (const [emoji, users] of Object.entries(message.reactions ?? {})) {
    size += emoji.length + users.length * USER_SIZE;
  }
  return size;
}

/** The first items that fit into both limits, but at least one. Reads at most one item beyond them. */
export function takeWithinLimits<T>(
  items: Iterable<T>,
  limit: number,
  sizeOf: (item: T) => number,
): { readonly taken: readonly T[]; readonly more: boolean } {
  const taken: T[] = [];
  let size = 0;
  for (const item of items) {
    size += sizeOf(item);
    const isTooMuch = taken.length >= limit || (taken.length > 0 && size > MAX_READ_BYTES);
    if (isTooMuch) return { taken, more: true };
    taken.push(item);
  }
  return { taken, more: false };
}
