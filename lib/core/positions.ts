/**
 * Where something stands in a room's log: an epoch and a number. Within one epoch the numbers go up by one without gaps
 * and none is ever used twice; which epoch came before which, only the log knows (`room_log.ts`), so positions of
 * different epochs must not be compared by their numbers alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parsePosition("k3j9:12"), { epoch: "k3j9", seq: 12 });
 * assert.equal(formatPosition({ epoch: "k3j9", seq: 12 }), "k3j9:12");
 * assert.equal(parsePosition("12"), undefined);
 * ```
 * @module
 */

/** A place in a room's log; `seq` 0 is before the first entry. */
export interface Position {
  /** 1 to 32 of `0-9a-z`; nothing can be read from it. */
  readonly epoch: string;
  /** The number of the entry, from 1. */
  readonly seq: number;
}

/** `epoch:seq`, as people and frames write it. */
export function formatPosition({ epoch, seq }: Position): string {
  return `${epoch}:${seq}`;
}

/** An epoch of 32, a colon, and 15 digits. */
const MAX_POSITION_LENGTH = 48;

/** The position, or undefined where the text is none. */
export function parsePosition(text: string): Position | undefined {
  if (text.length > MAX_POSITION_LENGTH) return undefined;
  const [, epoch, seq] = /^([0-9a-z]{1,32}):(\d{1,15})$/.exec(text) ?? [];
  return epoch === undefined ? undefined : { epoch, seq: Number(seq) };
}

/** Whether both are the same place. */
export function isSamePosition(one: Position | undefined, other: Position | undefined): boolean {
  return one?.seq === other?.seq && one?.epoch === other?.epoch;
}
