/**
 * How much one read of a log may return. Readers ask for a number of messages, but a message can be 64 KiB long and have
 * hundreds of reactions, so a read is cut by weight as well; readers continue from there.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const weigh = (text: string) => text.length;
 * assert.deepEqual(takeWithin(["ab", "c", "d"], 2, weigh), { taken: ["ab", "c"], more: true });
 * assert.deepEqual(takeWithin(["ab"], 2, weigh), { taken: ["ab"], more: false });
 * ```
 * @module
 */
import type { Entry } from "./entries.ts";

/** Weight at which a page or a replay is cut; one item alone may be heavier. */
export const MAX_READ_BYTES = 262_144;

/** Everything in a frame besides text and reactions. */
const OWN_WEIGHT = 200;
/** A user id in a list, as JSON. */
const USER_WEIGHT = 24;

/** Approximate length of an entry as JSON: its text in UTF-16 code units, plus a constant. */
export function weighEntry({ deed }: Pick<Entry, "deed">): number {
  return OWN_WEIGHT + ("text" in deed ? deed.text.length : 0);
}

/** The parts of a message that have a weight. */
export interface Weighed {
  /** As in the message. */
  readonly text: string;
  /** As in the message. */
  readonly reactions?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** Approximate length of a message as JSON: text and reactions in UTF-16 code units, plus a constant. */
export function weighMessage({ text, reactions = {} }: Weighed): number {
  let weight = OWN_WEIGHT + text.length;
  for (const [emoji, users] of Object.entries(reactions)) {
    weight += emoji.length + users.length * USER_WEIGHT;
  }
  return weight;
}

/** The first items that fit into both limits, at least one. Draws at most one item beyond them. */
export function takeWithin<T>(
  items: Iterable<T>,
  limit: number,
  weigh: (item: T) => number,
): { readonly taken: readonly T[]; readonly more: boolean } {
  const taken: T[] = [];
  let weight = 0;
  for (const item of items) {
    weight += weigh(item);
    const isTooMuch = taken.length >= limit || (taken.length > 0 && weight > MAX_READ_BYTES);
    if (isTooMuch) return { taken, more: true };
    taken.push(item);
  }
  return { taken, more: false };
}
