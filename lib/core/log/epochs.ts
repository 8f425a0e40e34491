/**
 * The epochs of a room's log, and what a position means in it. Do not restart numbers at a new epoch: they continue across it. A
 * position of an older epoch stays valid up to where the next epoch began, since the log up to there is the same.
 * @module
 */
import type { Position } from "./position.ts";

/** Maximum number of epochs remembered; positions of older ones are unknown. */
export const MAX_EPOCHS = 8;

/** The start of an epoch. The epoch ends where the next one begins. */
export interface EpochStart {
  /** The epoch of the positions in it: opaque, 1 to 32 of `0-9a-z`. */
  readonly epoch: string;
  /** The number before its first entry; 0 in the first epoch of a log. */
  readonly after: number;
}

/** The current end of a log. */
export interface Head {
  /** At least one, at most {@linkcode MAX_EPOCHS}; the newest last. */
  readonly epochs: readonly [EpochStart, ...EpochStart[]];
  /** The newest entry's number; 0 if there is none. */
  readonly top: number;
  /** The newest entry's timestamp, in milliseconds since 1970. */
  readonly at: number;
}

/** Where the head of a room's log is stored. */
export interface HeadStorage {
  /** Undefined if the room has no entries and no client has received its epoch yet. */
  head(): Head | undefined;
  /** Stores the head in place of the previous one. */
  setHead(head: Head): void;
}

/**
 * The head. A new room gets one here, so that a client that joins it has a position to resume from.
 *
 * @param context A new epoch, never used before, and the time in milliseconds since 1970.
 */
export function ensureHead(
  storage: HeadStorage,
  { epoch, now }: { readonly epoch: string; readonly now: number },
): Head {
  const head = storage.head();
  if (head) return head;
  const first: Head = { epochs: [{ epoch, after: 0 }], top: 0, at: now };
  storage.setHead(first);
  return first;
}

/** The head with a new epoch. Needed whenever the last numbered entries may have been lost. */
export function startEpoch(head: Head, epoch: string): Head {
  const [first, ...rest] = [...head.epochs, { epoch, after: head.top }].slice(-MAX_EPOCHS);
  return { ...head, epochs: [first ?? { epoch, after: head.top }, ...rest] };
}

/** Returns the newest epoch, to which further entries belong. */
export function currentEpoch({ epochs }: Pick<Head, "epochs">): EpochStart {
  return epochs.at(-1) ?? epochs[0];
}

/** Returns the position of the newest entry; `seq` 0 if there is none. */
export function topOf(head: Head): Position {
  return { epoch: currentEpoch(head).epoch, seq: head.top };
}

/** Why the entries after a position cannot all be replayed. */
export type LossReason = "unknown_epoch" | "rewound" | "too_old";

/** Whether a stored position has the epoch that the log had at its number, as far as that is known. */
export function isOfLog(head: Pick<Head, "epochs">, { epoch, seq }: Position): boolean {
  return seq <= head.epochs[0].after || positionInLog(head, seq).epoch === epoch;
}

/** The position of an entry by its number; of a forgotten epoch, in the oldest one that is known. */
export function positionInLog({ epochs }: Pick<Head, "epochs">, seq: number): Position {
  const { epoch } = epochs.findLast(({ after }) => after < seq) ?? epochs[0];
  return { epoch, seq };
}

/** The number after which entries are new to a reader, and why some are lost. @param floor The number before the oldest stored entry. */
export function resolvePosition(
  head: Head,
  floor: number,
  since: Position,
): { readonly after: number; readonly lossReason?: LossReason } {
  const index = head.epochs.findIndex(({ epoch }) => epoch === since.epoch);
  const start = head.epochs[index];
  // A number before the epoch's start is that of an entry of an earlier epoch, which may have been forgotten.
  if (start === undefined) return { after: floor, lossReason: "unknown_epoch" };
  const end = head.epochs[index + 1]?.after ?? head.top;
  if (since.seq > end) return { after: Math.max(end, floor), lossReason: "rewound" };
  if (since.seq < floor) return { after: floor, lossReason: "too_old" };
  return { after: since.seq };
}
