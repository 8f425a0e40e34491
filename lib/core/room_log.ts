/**
 * One room's log: how a draft gets its number, how a repetition is known, what is kept, and what somebody has missed.
 * Where it is kept is a {@linkcode Shelf}; the rules are here, once. What a newcomer would get wrong: numbers go on
 * through an epoch's end, and a position of an older epoch is still good up to where the next one began, since the log up
 * to there is the same.
 * @module
 */
import { amend, type Draft, type Entry, fingerprint, type Message, messageOf } from "./entries.ts";
import type { Rejection, UserId } from "./entries.ts";
import type { Position } from "./positions.ts";

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
  /** The newest entry's time, in milliseconds since 1970. */
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
  /** Nothing older than this, in milliseconds; Infinity for no limit. */
  readonly ageMs: number;
}

/** Where one room is kept. What is done to it in one call of {@linkcode append} must be done together or not at all. */
export interface Shelf {
  /** Undefined where the room has never been. */
  head(): Head | undefined;
  /** Sets the head. */
  setHead(head: Head): void;
  /** What is kept by {@linkcode keepReceipt}. */
  receipt(user: UserId, id: string): KeptReceipt | undefined;
  /** Keeps a receipt for {@linkcode RECEIPTS_MS} at least. */
  keepReceipt(user: UserId, id: string, receipt: KeptReceipt): void;
  /** The number before the oldest entry that is kept and not older than `since`; the top where none is. */
  floor(since: number): number;
  /** Entries with greater numbers, the oldest first. */
  entries(after: number, limit: number): readonly Entry[];
  /** Adds the entry at the end. */
  addEntry(entry: Entry): void;
  /** The message said at this number, as it now stands. */
  message(seq: number): Message | undefined;
  /** Puts a message in, or in the place of its older form. */
  setMessage(message: Message): void;
  /** The newest messages with numbers less than `before` and not older than `since`; the newest first. */
  messages(before: number, since: number, limit: number): readonly Message[];
  /** Drops all but the newest so many, and what is older than `since`. */
  trim(keep: { readonly entries: number; readonly messages: number; readonly since: number }): void;
}

/** A repetition is known for so long at least. */
export const RECEIPTS_MS = 10 * 60_000;
/** So many epochs are remembered; positions of older ones are unknown. */
export const MAX_ERAS = 8;

/** What is known at the time of an append. */
export interface Terms {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** For a room that has never been: an epoch that was never used. */
  readonly epoch: string;
  /** How much is kept. */
  readonly retention: Retention;
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
  const at = Math.max(terms.now, head.at);
  const { kind } = draft.deed;
  if (kind === "edited" || kind === "deleted" || kind === "reacted") {
    const message = shelf.message(draft.deed.of.seq);
    // What is too old is kept no more, though nothing may have come since that would have trimmed it.
    const isKept = message && message.at >= terms.now - terms.retention.ageMs;
    const amended = amend(isKept ? message : undefined, draft, at);
    if (typeof amended === "string") return { kind: "rejected", why: amended };
    shelf.setMessage(amended);
  }
  const position = { epoch: presentEra(head).epoch, seq: head.top + 1 };
  const entry: Entry = { ...draft, position, at };
  const message = messageOf(entry);
  if (message) shelf.setMessage(message);
  shelf.addEntry(entry);
  shelf.setHead({ ...head, top: position.seq, at });
  shelf.keepReceipt(draft.user, draft.id, { position, at, fingerprint: mark });
  trim(shelf, terms);
  return { kind: "entered", entry };
}

/** Drops what is more or older than is to be kept. */
export function trim(shelf: Shelf, { now, retention }: Pick<Terms, "now" | "retention">): void {
  const { messages, entries, ageMs } = retention;
  shelf.trim({ messages, entries: Math.max(messages, entries), since: now - ageMs });
}

/** The head; a room that has never been begins with this, so that who joins it has a position to come back to. */
export function openHead(shelf: Shelf, { epoch, now }: Omit<Terms, "retention">): Head {
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

/** What somebody who has seen all up to a position has missed. @param limit At most so many entries, the oldest. */
export function recover(
  shelf: Shelf,
  since: Position,
  limit: number,
  { retention, ...opening }: Terms,
): Replay {
  const head = openHead(shelf, opening);
  const { after, gap } = judge(head, shelf.floor(opening.now - retention.ageMs), since);
  const entries = limit > 0 ? shelf.entries(after, limit) : [];
  return { top: topOf(head), entries, ...(gap && { gap }) };
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

/** The newest messages, or the newest before a number. */
export function leaf(
  shelf: Shelf,
  before: number | undefined,
  limit: number,
  { retention, ...opening }: Terms,
): Page {
  const head = openHead(shelf, opening);
  const since = opening.now - retention.ageMs;
  const found = limit > 0 ? shelf.messages(before ?? Infinity, since, limit + 1) : [];
  const messages = found.slice(0, limit).reverse();
  return { top: topOf(head), messages, more: found.length > limit };
}
