/**
 * The rules of a room's log: numbering, deduplication, retention and replay. A {@linkcode RoomStorage} holds the data.
 * Do not restart numbers at a new epoch: they continue across it. A position of an older epoch stays valid up to where
 * the next epoch began, since the log up to there is the same.
 * @module
 */
import { amend, type Draft, type Entry, fingerprint, type Message, messageOf } from "./entry.ts";
import { type Rejection, type UserId, withoutContent } from "./entry.ts";
import { isClosed } from "../names/closed_kind.ts";
import type { Position } from "./position.ts";
import { isAboveQuotas } from "./room_event.ts";
import { createsRoom, stateRefusal } from "./posting_rules.ts";
import { MAX_STATE_FIELDS, MAX_UNRESERVED_FIELDS, stateChanges, userField } from "./room_state.ts";
import { estimateEntrySize, estimateMessageSize, takeWithinLimits } from "./read_size.ts";

export { estimateEntrySize, estimateMessageSize, MAX_READ_BYTES } from "./read_size.ts";

/** The start of an epoch. The epoch ends where the next one begins. */
export interface EpochStart {
  /** The epoch of the positions in it. */
  readonly epoch: string;
  /** The number before its first entry. */
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

/** Confirms that a draft is in the log, entered now or earlier. */
export interface Receipt {
  /** The entry's position. */
  readonly position: Position;
  /** The entry's timestamp, in milliseconds since 1970. */
  readonly at: number;
}

/** A stored receipt with the fingerprint of its draft. */
export interface StoredReceipt extends Receipt {
  /** Of the draft. */
  readonly fingerprint: string;
}

/** The outcome of {@linkcode append}. */
export type AppendResult =
  | { readonly kind: "entered"; readonly entry: Entry }
  | { readonly kind: "repeated"; readonly receipt: Receipt }
  | {
    readonly kind: "rejected";
    readonly why: Rejection;
    /** Milliseconds until the same draft may be entered; only with `muted` and `slow_mode`. */
    readonly afterMs?: number;
  };

/** How much of a room's log is kept. */
export interface Retention {
  /** Number of messages kept. At least as many entries are kept. */
  readonly messages: number;
  /** Minimum number of entries kept. */
  readonly entries: number;
  /** Maximum age, in milliseconds during which the store was in use; Infinity for no limit. */
  readonly ageMs: number;
}

/**
 * The storage of one room. All changes made by one call of {@linkcode append} must be applied atomically. Ages are
 * measured on the scale of {@linkcode LogContext.ranMs}, which never decreases: older items have lower values. `since`
 * is a value on that scale.
 */
export interface RoomStorage {
  /** Undefined if the room has no entries and no client has received its epoch yet. */
  head(): Head | undefined;
  /** Sets the head. */
  setHead(head: Head): void;
  /** The receipt stored by {@linkcode keepReceipt}. */
  receipt(user: UserId, id: string): StoredReceipt | undefined;
  /** Stores a receipt for at least {@linkcode RECEIPTS_MS}. */
  keepReceipt(user: UserId, id: string, receipt: StoredReceipt, ranMs: number): void;
  /** The number before the oldest stored entry not older than `since`; the top if there is none. */
  floor(since: number): number;
  /** Entries after a number, oldest first, `withCurrentContent` of messages not older than `since`. Read lazily. */
  entries(after: number, since: number): Iterable<Entry>;
  /** Adds the entry at the end. */
  addEntry(entry: Entry, ranMs: number): void;
  /** The current state of the message with this number; undefined if it is older than `since`. */
  message(seq: number, since: number): Message | undefined;
  /** Adds a message, or replaces its earlier state and keeps its age. */
  setMessage(message: Message, ranMs: number): void;
  /** Messages with numbers below `before` and not older than `since`, newest first. Read lazily. */
  messages(before: number, since: number): Iterable<Message>;
  /** Messages with numbers above `after` and not older than `since`, oldest first. Read lazily. */
  messagesAfter(after: number, since: number): Iterable<Message>;
  /** The text of a field of the room's state. */
  stateField(field: string): string | undefined;
  /** Sets a field of the room's state, or removes it. */
  setStateField(field: string, value: string | undefined): void;
  /** The number of fields of the room's state. */
  countStateFields(): number;
  /** Deletes all messages with lower numbers. */
  clearMessages(before: number): void;
  /** Deletes what exceeds the counts or is older than `since`. A large amount may be deleted in parts, oldest first. */
  trim(keep: { readonly entries: number; readonly messages: number; readonly since: number }): void;
}

/** Repetitions are recognized for at least this long. */
export const RECEIPTS_MS = 10 * 60_000;
/** Maximum number of epochs remembered; positions of older ones are unknown. */
export const MAX_EPOCHS = 8;
/** Timestamps do not decrease if the clock goes back by no more than this. */
export const MAX_SMOOTHED_MS = 10_000;
/** Highest count of unread messages. */
export const MAX_UNREAD = 1_000;
/** Maximum number of read markers kept per room; the most recent ones are kept. */
export const MAX_READ_MARKERS = 10_000;
/** A read marker is deleted if it was not updated for this long, or sooner if messages are not kept that long. */
const READ_MARKERS_MS = 365 * 24 * 3_600_000;

/** The circumstances of an append or a read. */
export interface LogContext {
  /** The wall clock, for timestamps: milliseconds since 1970. It may be wrong, and jump when it is corrected. */
  readonly now: number;
  /**
   * How long the store has been in use, for ages: milliseconds on a scale that advances only while the service runs,
   * continues at the next start, and never follows the wall clock. So a wrong clock can delete nothing.
   */
  readonly ranMs: number;
  /** A new epoch, never used before, in case the room has no head yet. */
  readonly epoch: string;
  /** How much of the log is kept. */
  readonly retention: Retention;
  /** Which quotas are used up; undefined if there are no quotas. */
  readonly exhausted?: ExhaustedQuotas | undefined;
}

/** Which quotas are used up. */
export interface ExhaustedQuotas {
  /** No bytes are left: only deleting is possible, and what moderators do. */
  readonly store: boolean;
  /** No more rooms can be created: only rooms that have entries take more. */
  readonly rooms: boolean;
}

/** Deduplicates, numbers and stores a draft, atomically if the storage is. */
export function append(storage: RoomStorage, draft: Draft, service: LogContext): AppendResult {
  const context = contextOf(storage, service);
  const head = ensureHead(storage, context);
  const digest = fingerprint(draft);
  const earlier = storage.receipt(draft.user, draft.id);
  if (earlier) {
    const { position, at } = earlier;
    if (earlier.fingerprint === digest) return { kind: "repeated", receipt: { position, at } };
    return { kind: "rejected", why: "id_reused" };
  }
  const { kind } = draft.action;
  const { ranMs, exhausted } = context;
  const quota = exhausted && usedUpQuota(draft, head, exhausted);
  if (quota) return { kind: "rejected", why: quota };
  const at = timestampAfter(head, context);
  // Most rooms have no state.
  const hasState = storage.countStateFields() > 0 || isClosed(draft.room);
  const refusal =
    (hasState ? stateRefusal(draft, (it) => storage.stateField(it), at) : undefined) ??
      eventRefusal(storage, draft, head);
  if (refusal) return { kind: "rejected", ...refusal };
  if (kind === "edited" || kind === "deleted" || kind === "reacted") {
    // A message past its age counts as deleted, even if no append has trimmed it yet.
    const message = storage.message(draft.action.of.seq, retainedSince(context));
    const amended = amend(message, draft, at);
    if (typeof amended === "string") return { kind: "rejected", why: amended };
    storage.setMessage(amended, ranMs);
  }
  const position = { epoch: currentEpoch(head).epoch, seq: head.top + 1 };
  const entry: Entry = { ...withoutExemption(draft), position, at };
  changeState(storage, entry);
  const message = messageOf(entry);
  if (message) storage.setMessage(message, ranMs);
  storage.addEntry(withoutContent(entry), ranMs);
  storage.setHead({ ...head, top: position.seq, at });
  storage.keepReceipt(draft.user, draft.id, { position, at, fingerprint: digest }, ranMs);
  applyRetention(storage, service);
  return { kind: "entered", entry };
}

/** Whether the author was exempt is not stored. Nothing is copied for those who were not, which is most of them. */
function withoutExemption(draft: Draft): Omit<Draft, "isExempt"> {
  if (!("isExempt" in draft)) return draft;
  const { isExempt: _, ...rest } = draft;
  return rest;
}

/** The quota that a draft exceeds; undefined if none. */
function usedUpQuota(
  { action }: Draft,
  { top }: Head,
  { rooms, store }: ExhaustedQuotas,
): Rejection | undefined {
  const event = action.kind === "said" ? action.event : undefined;
  if (event !== undefined && isAboveQuotas(event)) return undefined;
  if (rooms && top === 0) return "rooms_full";
  return store && action.kind !== "deleted" ? "store_full" : undefined;
}

/** Why an event is refused by the rules for all events. */
function eventRefusal(
  storage: RoomStorage,
  { room, user, action }: Draft,
  head: Head,
): { readonly why: Rejection } | undefined {
  const event = action.kind === "said" ? action.event : undefined;
  if (event === undefined) return undefined;
  const changes = stateChanges(event, user);
  // A private room whose state is lost does not exist, whatever has entered its log since.
  const exists = isClosed(room) ? storage.stateField("access") !== undefined : head.top > 0;
  if (exists && createsRoom(action)) return { why: "room_exists" };
  const added = changes.filter(({ value }) => value !== undefined).length;
  const limit = event.kind === "member" ? MAX_UNRESERVED_FIELDS : MAX_STATE_FIELDS;
  const isFull = added > 0 && storage.countStateFields() + added > limit;
  return isFull ? { why: "room_full" } : undefined;
}

/** Applies an entry to the room's state. */
function changeState(storage: RoomStorage, { user, at, action, position }: Entry): void {
  if (action.kind !== "said") return;
  const { event } = action;
  if (event === undefined) {
    // Where there are too many fields, slow mode does not count for more users.
    const count = storage.countStateFields();
    const isKnown = count > 0 && count < MAX_UNRESERVED_FIELDS &&
      storage.stateField("slow") !== undefined;
    if (isKnown) storage.setStateField(userField("sent", user), String(at));
    return;
  }
  for (const { field, value } of stateChanges(event, user, position.seq)) {
    storage.setStateField(field, value);
  }
  if (event.kind === "clear" && event.room === undefined) storage.clearMessages(position.seq);
}

/** The next entry's timestamp: now, unless the clock went back a little. A larger step is followed at once. */
function timestampAfter({ at }: Head, { now }: Pick<LogContext, "now">): number {
  return now < at && at - now <= MAX_SMOOTHED_MS ? at : now;
}

/** The age limit of messages and entries. */
export function retainedSince(
  { ranMs, retention }: Pick<LogContext, "ranMs" | "retention">,
): number {
  return ranMs - retention.ageMs;
}

/** The age limit of read markers. */
export function readMarkersRetainedSince(
  { ranMs, retention }: Pick<LogContext, "ranMs" | "retention">,
): number {
  return ranMs - Math.min(READ_MARKERS_MS, 2 * retention.ageMs);
}

/** The age limit of a room's newest entry: twice that of entries, so that a position outlives the entries after it. */
export function roomsRetainedSince(
  { ranMs, retention }: Pick<LogContext, "ranMs" | "retention">,
): number {
  return ranMs - 2 * retention.ageMs;
}

const DAY_MS = 24 * 3_600_000;

/** The context for one room, which can keep messages for less time than the service. @param service That of the service. */
export function contextOf<C extends Pick<LogContext, "retention">>(
  storage: Pick<RoomStorage, "stateField">,
  service: C,
): C {
  const keptDays = storage.stateField("keep");
  if (keptDays === undefined) return service;
  const { retention } = service;
  const ageMs = DAY_MS * Number(keptDays);
  return ageMs < retention.ageMs ? { ...service, retention: { ...retention, ageMs } } : service;
}

/** Deletes entries and messages that exceed the retention. @param service The context of the service. */
export function applyRetention(
  storage: RoomStorage,
  service: Pick<LogContext, "ranMs" | "retention">,
): void {
  const context = contextOf(storage, service);
  const { messages, entries } = context.retention;
  storage.trim({ messages, entries: Math.max(messages, entries), since: retainedSince(context) });
}

/** The head. A new room gets one here, so that a client that joins it has a position to resume from. */
export function ensureHead(
  storage: RoomStorage,
  { epoch, now }: Pick<LogContext, "epoch" | "now">,
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

/** The newest epoch. */
export function currentEpoch({ epochs }: Pick<Head, "epochs">): EpochStart {
  return epochs.at(-1) ?? epochs[0];
}

/** The position of the newest entry. */
export function topOf(head: Head): Position {
  return { epoch: currentEpoch(head).epoch, seq: head.top };
}

/** Why the entries after a position cannot all be replayed. */
export type LossReason = "unknown_epoch" | "rewound" | "too_old";

/** The entries after a position. */
export interface Replay {
  /** The newest position of the log. */
  readonly top: Position;
  /** In log order and without gaps. If the last one is not at the top, there are more. */
  readonly entries: readonly Entry[];
  /** Set if entries are lost; the replay then has all stored entries that may be new to the reader. */
  readonly lossReason?: LossReason | undefined;
}

/**
 * The oldest entries after a position, `withCurrentContent`: at most `limit` and at most {@linkcode MAX_READ_BYTES} in
 * size, but at least one.
 */
export function replaySince(
  storage: RoomStorage,
  since: Position,
  limit: number,
  service: LogContext,
): Replay {
  const context = contextOf(storage, service);
  const head = ensureHead(storage, context);
  const retained = retainedSince(context);
  const { after, lossReason } = resolvePosition(head, storage.floor(retained), since);
  const { taken } = limit > 0
    ? takeWithinLimits(storage.entries(after, retained), limit, estimateEntrySize)
    : { taken: [] };
  return { top: topOf(head), entries: taken, ...(lossReason && { lossReason }) };
}

/** The number after which entries are new to a reader, and why some are lost. @param floor {@linkcode RoomStorage.floor}. */
export function resolvePosition(
  head: Head,
  floor: number,
  since: Position,
): { readonly after: number; readonly lossReason?: LossReason } {
  const index = head.epochs.findIndex(({ epoch }) => epoch === since.epoch);
  const start = head.epochs[index];
  if (start === undefined || since.seq < start.after) {
    return { after: floor, lossReason: "unknown_epoch" };
  }
  const end = head.epochs[index + 1]?.after ?? head.top;
  if (since.seq > end) return { after: Math.max(end, floor), lossReason: "rewound" };
  if (since.seq < floor) return { after: floor, lossReason: "too_old" };
  return { after: since.seq };
}

/**
 * Whether a read marker is further than the one before. False for positions that the log does not know or has not
 * reached.
 */
export function advancesReadMarker(
  head: Head,
  before: Position | undefined,
  read: Position,
): boolean {
  const { after, lossReason } = resolvePosition(head, 0, read);
  if (lossReason) return false;
  return before === undefined || after > resolvePosition(head, 0, before).after;
}

/** A room's state and the position whose entry was the last to change it, or a later one. */
export interface StateAt {
  /** The newest position of the log. */
  readonly top: Position;
  /** The texts of the state by field. */
  readonly fields: ReadonlyMap<string, string>;
}

/** A page of messages in their current state. */
export interface HistoryPage {
  /** All entries up to this position are reflected in the messages. */
  readonly top: Position;
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** Whether there are more in the direction in which it was read: older messages, unless it is a page after a number. */
  readonly more: boolean;
}

/**
 * The newest messages, or the newest before a number: at most `limit` and at most {@linkcode MAX_READ_BYTES} in size,
 * but at least one.
 */
export function readPage(
  storage: RoomStorage,
  before: number | undefined,
  limit: number,
  service: LogContext,
): HistoryPage {
  const context = contextOf(storage, service);
  const head = ensureHead(storage, context);
  if (limit <= 0) return { top: topOf(head), messages: [], more: false };
  const found = storage.messages(before ?? Infinity, retainedSince(context));
  const { taken, more } = takeWithinLimits(found, limit, estimateMessageSize);
  return { top: topOf(head), messages: taken.toReversed(), more };
}

/** The oldest messages after a number, within the limits of {@linkcode readPage}. `more` says whether there are newer ones. */
export function readPageAfter(
  storage: RoomStorage,
  after: number,
  limit: number,
  service: LogContext,
): HistoryPage {
  const context = contextOf(storage, service);
  const top = topOf(ensureHead(storage, context));
  const found = storage.messagesAfter(after, retainedSince(context));
  const { taken, more } = takeWithinLimits(found, limit, estimateMessageSize);
  return { top, messages: taken, more };
}
