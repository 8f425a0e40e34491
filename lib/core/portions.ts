/**
 * A long replay in parts that may each be sent in one go. Whatever is sent in one turn of the event loop waits in memory
 * until its end, however fast the peer reads: all of a long replay at once would look like a peer that does not read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const replay = { top: { epoch: "a", seq: 0 }, entries: [], gap: "too_old" } as const;
 * assert.deepEqual(portionsOf(replay), [replay]);
 * ```
 * @module
 */
import type { Entry } from "./entries.ts";
import type { Replay } from "./room_log.ts";

/** So much is sent in one go, by {@linkcode weightOf}; one entry alone may be more. */
export const MAX_PORTION = 131_072;
/** What an entry weighs beside its text: about what the runtime spends on a message that waits (Deno 2.9.6). */
const OWN_WEIGHT = 1_024;

/** About how much an entry takes while it waits to be sent, in UTF-16 code units of plain text. */
export function weightOf({ deed }: Entry): number {
  return OWN_WEIGHT + ("text" in deed ? deed.text.length : 0);
}

/**
 * Size of portions for peers with this allowed backlog: an eighth, since a code unit takes up to three bytes and other
 * messages are sent too.
 */
export function portionFor(maxBufferedBytes: number): number {
  return Math.min(MAX_PORTION, maxBufferedBytes / 8);
}

/** The same in parts, at least one. All but the last end before the top, as if there were more to read. */
export function portionsOf(
  { entries, gap, ...rest }: Replay,
  max: number = MAX_PORTION,
): readonly Replay[] {
  const parts = cut(entries, max).map((part) => ({ ...rest, entries: part }));
  const [first = { ...rest, entries: [] }, ...others] = parts;
  // What is missing is missing before the first.
  return [gap ? { ...first, gap } : first, ...others];
}

function cut(entries: readonly Entry[], max: number): readonly (readonly Entry[])[] {
  const parts: Entry[][] = [];
  let weight = Infinity;
  for (const entry of entries) {
    weight += weightOf(entry);
    if (weight > max) {
      parts.push([]);
      weight = weightOf(entry);
    }
    parts.at(-1)?.push(entry);
  }
  return parts;
}
