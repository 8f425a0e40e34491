/**
 * A position in a room's log: an epoch and a number. Within an epoch, numbers increase by one without gaps and are
 * never reused. Do not compare positions of different epochs by number: only the log (`epochs.ts`) knows the order of
 * epochs.
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

/** A position in a room's log. `seq` 0 is before the first entry. */
export interface Position {
  /** Opaque: 1 to 32 of `0-9a-z`. */
  readonly epoch: string;
  /** The number of the entry, from 1. */
  readonly seq: number;
}

/** The position as `epoch:seq`, the form used in frames and commands. */
export function formatPosition({ epoch, seq }: Position): string {
  return `${epoch}:${seq}`;
}

/** What {@linkcode parsePosition} requires, as shown to people. */
export const POSITION_RULE = "Expected a position: epoch:seq, such as k3j9f2:127";

/** An epoch of 32, a colon, and 15 digits. */
const MAX_POSITION_LENGTH = 48;

/** Parses `epoch:seq`; undefined if the text is not a position. */
export function parsePosition(text: string): Position | undefined {
  if (text.length > MAX_POSITION_LENGTH) return undefined;
  const [, epoch, seq] = /^([0-9a-z]{1,32}):(\d{1,15})$/.exec(text) ?? [];
  return epoch === undefined ? undefined : { epoch, seq: Number(seq) };
}

/** Whether both are the same position. Two undefined ones are. */
export function isSamePosition(one: Position | undefined, other: Position | undefined): boolean {
  return one?.seq === other?.seq && one?.epoch === other?.epoch;
}

/** Whether a position equals another one or precedes it. False for different epochs, which cannot be compared. */
export function isUpTo(one: Position, other: Position | undefined): boolean {
  return one.epoch === other?.epoch && one.seq <= other.seq;
}
