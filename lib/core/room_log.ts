/**
 * One room's log: how a draft gets its number, how a repetition is known, what is kept, and what somebody has missed.
 * Where it is kept is a {@linkcode Shelf}; the rules are here, once. What a newcomer would get wrong: numbers go on
 * through an epoch's end, and a position of an older epoch is still good up to where the next one began, since the log up
 * to there is the same.
 * @module
 */
import { amend, type Draft, type Entry, fingerprint, type Message, messageOf } from "./entries.ts";
import { type Rejection, type UserId, withoutText } from "./entries.ts";
import type { Position } from "./positions.ts";
import { takeWithin, weighEntry, weighMessage } from "./weights.ts";

export { MAX_READ_BYTES, weighEntry, weighMessage } from "./weights.ts";

/** A stretch of the log; ends where the next one begins. */
export interface Era {
  /** Of the positions in it. */
  readonly epoch: string;
  /** Its first entry has the number after this. */
  readonly after: number;
}

/** How far a log has come. */
export interface Head {
  /** The newest last; at least one, at most {@linkcode MAX_ERAS}. */
  readonly eras: readonly [Era, ...Era[]];
  /** The newest entry's number; 0 where there is none. */
  readonly top: number;
  /** The newest entry's stamp, in milliseconds since 1970. */
  readonly at: number;
}

/** What the log answers to a draft that it has taken, now or before. */
export interface Receipt {
  /** Where the entry stands. */
  readonly position: Position;
  /** When it was entered, in milliseconds since 1970. */
  readonly at: number;
}

/** A receipt as it is kept, and what it was for. */
export interface KeptReceipt extends Receipt {
  /** Of the draft. */
  readonly fingerprint: string;
}

/** What became of a draft. */
export type Outcome =
  | { readonly kind: "entered"; readonly entry: Entry }
  | { readonly kind: "repeated"; readonly receipt: Receipt }
  | { readonly kind: "rejected"; readonly why: Rejection };

/** How much is kept. */
export interface Retention {
  /** So many messages, and as many entries or more. */
  readonly messages: number;
  /** So many entries at least. */
  readonly entries: number;
  /** Maximum age, in milliseconds during which the store was in use; Infinity for no limit. */
  readonly ageMs: number;
}

/**
 * Where one room is kept. What is done to it in one call of {@linkcode append} must be done together or not at all. Ages are
 * counted on the scale of {@linkcode Terms.ranMs}, which never goes down, so older ones have lower numbers; `since` is a
 * reading of that scale.
 */
export interface Shelf {
  /** Undefined if the room has no entries and its epoch was not given out yet. */
  head(): Head | undefined;
  /** Sets the head. */
  setHead(head: Head): void;
  /** What is kept by {@linkcode keepReceipt}. */
  receipt(user: UserId, id: string): KeptReceipt | undefined;
  /** Keeps a receipt for {@linkcode RECEIPTS_MS} at least. */
  keepReceipt(user: UserId, id: string, receipt: KeptReceipt, ranMs: number): void;
  /** The number before the oldest entry that is kept and not older than `since`; the top where none is. */
  floor(since: number): number;
  /** Entries with greater numbers, the oldest first, `asItStands` with messages not older than `since`. Read as drawn. */
  entries(after: number, since: number): Iterable<Entry>;
  /** Adds the entry at the end. */
  addEntry(entry: Entry, ranMs: number): void;
  /** The message said at this number, as it now stands; undefined where it is older than `since`. */
  message(seq: number, since: number): Message | undefined;
  /** Puts a message in, or in the place of its older form, which keeps its age. */
  setMessage(message: Message, ranMs: number): void;
  /** Messages with numbers less than `before` and not older than `since`; the newest first. Read as drawn. */
  messages(before: number, since: number): Iterable<Message>;
  /** Drops what is above the counts or older than `since`. If that is a lot, it may drop only the oldest part. */
  trim(keep: { readonly entries: number; readonly messages: number; readonly since: number }): void;
}

/** A repetition is known for so long at least. */
export const RECEIPTS_MS = 10 * 60_000;
/** So many epochs are remembered; positions of older ones are unknown. */
export const MAX_ERAS = 8;
/** Timestamps do not go back when the clock goes back by no more than this. */
export const MAX_SMOOTHED_MS = 10_000;
/** Highest count of unread messages. */
export const MAX_UNREAD = 1_000;
/** Number of read marks kept per room: the most recent ones. */
export const MAX_MARKS = 10_000;
/** A read mark is dropped if it was not set again for this long, or sooner if messages are not kept that long. */
const MARKS_MS = 365 * 24 * 3_600_000;

/** What is known at the time of an append. */
export interface Terms {
  /** The wall clock, for timestamps: milliseconds since 1970. It may be wrong, and jump when it is corrected. */
  readonly now: number;
  /**
   * How long the store has been in use, for ages: milliseconds on a scale that advances only while the service runs,
   * continues at the next start, and never follows the wall clock. So a wrong clock can delete nothing.
   */
  readonly ranMs: number;
  /** For a room that has never been: an epoch that was never used. */
  readonly epoch: string;
  /** How much is kept. */
  readonly retention: Retention;
  /** Which quotas are used up; undefined if there are no quotas. */
  readonly full?: Full | undefined;
}

/** Which quotas are used up. */
export interface Full {
  /** No bytes are left: only deleting is possible. */
  readonly store: boolean;
  /** No more rooms can be created: only rooms that have entries take more. */
  readonly rooms: boolean;
}

/** Deduplicates, numbers and keeps: all of it, or nothing. */
export function append(shelf: Shelf, draft: Draft, terms: Terms): Outcome {
  const head = openHead(shelf, terms);
  const mark = fingerprint(draft);
  const before = shelf.receipt(draft.user, draft.id);
  if (before) {
    const { position, at } = before;
    if (before.fingerprint === mark) return { kind: "repeated", receipt: { position, at } };
    return { kind: "rejected", why: "id_reused" };
  }
  const { kind } = draft.deed;
  const { ranMs, full } = terms;
  if (full?.rooms && head.top === 0) return { kind: "rejected", why: "rooms_full" };
  if (full?.store && kind !== "deleted") return { kind: "rejected", why: "store_full" };
  const at = stampAfter(head, terms);
  if (kind === "edited" || kind === "deleted" || kind === "reacted") {
    // What is too old is no longer kept, though nothing may have come since that would have trimmed it.
    const message = shelf.message(draft.deed.of.seq, sinceOf(terms));
    const amended = amend(message, draft, at);
    if (typeof amended === "string") return { kind: "rejected", why: amended };
    shelf.setMessage(amended, ranMs);
  }
  const position = { epoch: presentEra(head).epoch, seq: head.top + 1 };
  const entry: Entry = { ...draft, position, at };
  const message = messageOf(entry);
  if (message) shelf.setMessage(message, ranMs);
  shelf.addEntry(withoutText(entry), ranMs);
  shelf.setHead({ ...head, top: position.seq, at });
  shelf.keepReceipt(draft.user, draft.id, { position, at, fingerprint: mark }, ranMs);
  trim(shelf, terms);
  return { kind: "entered", entry };
}

/** The next entry's timestamp: now, unless the clock went back a little. After a larger step the clock is followed at once. */
function stampAfter({ at }: Head, { now }: Pick<Terms, "now">): number {
  return now < at && at - now <= MAX_SMOOTHED_MS ? at : now;
}

/** The age limit of messages and entries. */
export function sinceOf({ ranMs, retention }: Pick<Terms, "ranMs" | "retention">): number {
  return ranMs - retention.ageMs;
}

/** The age limit of read marks. */
export function marksSinceOf({ ranMs, retention }: Pick<Terms, "ranMs" | "retention">): number {
  return ranMs - Math.min(MARKS_MS, 2 * retention.ageMs);
}

/** The age limit of a room's newest entry. It is twice that of entries: a position outlives what it leads to. */
export function roomsSinceOf({ ranMs, retention }: Pick<Terms, "ranMs" | "retention">): number {
  return ranMs - 2 * retention.ageMs;
}

/** Drops what is more or older than is to be kept. */
export function trim(shelf: Shelf, terms: Pick<Terms, "ranMs" | "retention">): void {
  const { messages, entries } = terms.retention;
  shelf.trim({ messages, entries: Math.max(messages, entries), since: sinceOf(terms) });
}

/** The head; a room that has never been begins with this, so that who joins it has a position to come back to. */
export function openHead(shelf: Shelf, { epoch, now }: Pick<Terms, "epoch" | "now">): Head {
  const head = shelf.head();
  if (head) return head;
  const first: Head = { eras: [{ epoch, after: 0 }], top: 0, at: now };
  shelf.setHead(first);
  return first;
}

/** The head with another epoch, to be used where what was numbered last may have been lost. */
export function beginEra(head: Head, epoch: string): Head {
  const [first, ...rest] = [...head.eras, { epoch, after: head.top }].slice(-MAX_ERAS);
  return { ...head, eras: [first ?? { epoch, after: head.top }, ...rest] };
}

/** The era that goes on. */
export function presentEra({ eras }: Pick<Head, "eras">): Era {
  return eras.at(-1) ?? eras[0];
}

/** The position of the newest entry. */
export function topOf(head: Head): Position {
  return { epoch: presentEra(head).epoch, seq: head.top };
}

/** Why what came after a position cannot be given whole. */
export type Gap = "unknown_epoch" | "rewound" | "too_old";

/** What came after a position. */
export interface Replay {
  /** The newest position of the log. */
  readonly top: Position;
  /** In the log's order and without a hole among them; the newest is the top's, unless there are more. */
  readonly entries: readonly Entry[];
  /** What is wrong; the entries are then all that are kept and may be new to who asked. */
  readonly gap?: Gap | undefined;
}

/**
 * The entries after a position, `asItStands` now: the oldest ones, at most `limit` and at most {@linkcode MAX_READ_BYTES}
 * in weight, but at least one.
 */
export function recover(shelf: Shelf, since: Position, limit: number, terms: Terms): Replay {
  const head = openHead(shelf, terms);
  const oldest = sinceOf(terms);
  const { after, gap } = judge(head, shelf.floor(oldest), since);
  const { taken } = limit > 0
    ? takeWithin(shelf.entries(after, oldest), limit, weighEntry)
    : { taken: [] };
  return { top: topOf(head), entries: taken, ...(gap && { gap }) };
}

/** After which number what is new to somebody begins, and why it is not all of it. @param floor See {@linkcode Shelf}. */
export function judge(
  head: Head,
  floor: number,
  since: Position,
): { readonly after: number; readonly gap?: Gap } {
  const index = head.eras.findIndex(({ epoch }) => epoch === since.epoch);
  const era = head.eras[index];
  if (era === undefined || since.seq < era.after) return { after: floor, gap: "unknown_epoch" };
  const end = head.eras[index + 1]?.after ?? head.top;
  if (since.seq > end) return { after: Math.max(end, floor), gap: "rewound" };
  if (since.seq < floor) return { after: floor, gap: "too_old" };
  return { after: since.seq };
}

/**
 * Whether somebody who had read up to one position has now read further. What the log does not know, or has not come to,
 * nobody can have read.
 */
export function isReadFurther(head: Head, before: Position | undefined, read: Position): boolean {
  const { after, gap } = judge(head, 0, read);
  if (gap) return false;
  return before === undefined || after > judge(head, 0, before).after;
}

/** Messages as they now stand. */
export interface Page {
  /** All entries up to this one are in the messages. */
  readonly top: Position;
  /** The oldest first. */
  readonly messages: readonly Message[];
  /** Whether there are older ones. */
  readonly more: boolean;
}

/**
 * The newest messages, or the newest before a number: at most `limit` and at most {@linkcode MAX_READ_BYTES} in weight,
 * but at least one.
 */
export function leaf(
  shelf: Shelf,
  before: number | undefined,
  limit: number,
  terms: Terms,
): Page {
  const head = openHead(shelf, terms);
  if (limit <= 0) return { top: topOf(head), messages: [], more: false };
  const found = shelf.messages(before ?? Infinity, sinceOf(terms));
  const { taken, more } = takeWithin(found, limit, weighMessage);
  return { top: topOf(head), messages: taken.toReversed(), more };
}
