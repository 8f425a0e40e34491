/**
 * The rules for what enters a room's log: numbering, deduplication and quotas. A {@linkcode RoomStorage} holds the data.
 * @module
 */
import { currentEpoch, ensureHead, type Head, type HeadStorage } from "./epochs.ts";
import {
  applyRetention,
  contextOf,
  retainedSince,
  type RetainedStorage,
  type RetentionContext,
} from "./retention.ts";
import { amend, type Draft, type Entry, fingerprint, type Message, messageOf } from "./entry.ts";
import { type Rejection, type UserId, withoutContent } from "./entry.ts";
import { isClosed } from "../names/closed_kind.ts";
import type { Position } from "./position.ts";
import { isAboveQuotas } from "./room_event.ts";
import { createsRoom, stateRefusal } from "./posting_rules.ts";
import { MAX_STATE_FIELDS, MAX_UNRESERVED_FIELDS } from "./room_state.ts";
import { type StateChange, stateChanges, userField } from "./state_changes.ts";
import { fieldsLike } from "./sanction_fields.ts";

/** Confirms that a draft is in the log, entered now or earlier. */
export interface Receipt {
  /** The entry's position. */
  readonly position: Position;
  /** The entry's timestamp, in milliseconds since 1970. */
  readonly at: number;
}

/** A stored receipt with the fingerprint of its draft. */
export interface StoredReceipt extends Receipt {
  /** The `fingerprint()` of the draft, which a repetition must have too. */
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

/**
 * The storage of one room. All changes made by one call of {@linkcode append} must be applied atomically. Ages are
 * measured on the scale of {@linkcode LogContext.ranMs}, which never decreases: older items have lower values. `since`
 * is a value on that scale.
 */
export interface RoomStorage extends HeadStorage, RetainedStorage {
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
  /** Sets a field of the room's state, or removes it. */
  setStateField(field: string, value: string | undefined): void;
  /** The number of fields of the room's state. */
  countStateFields(): number;
  /** The names of the fields of the room's state. */
  stateFieldNames(): Iterable<string>;
  /** Deletes all messages with lower numbers. */
  clearMessages(before: number): void;
}

/** Repetitions are recognized for at least this long. */
export const RECEIPTS_MS = 10 * 60_000;
/** Timestamps do not decrease if the clock goes back by no more than this. */
export const MAX_SMOOTHED_MS = 10_000;
/** The circumstances of an append or a read. */
export interface LogContext extends RetentionContext {
  /** The wall clock, for timestamps: milliseconds since 1970. It may be wrong, and jump when it is corrected. */
  readonly now: number;
  /** A new epoch, never used before, in case the room has no head yet. */
  readonly epoch: string;
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
  const changes = changesOf(storage, stateChanges(event, { user, room }));
  // A private room whose state is lost does not exist, whatever has entered its log since.
  const exists = isClosed(room) ? storage.stateField("access") !== undefined : head.top > 0;
  if (exists && createsRoom(action)) return { why: "room_exists" };
  const limit = event.kind === "member" ? MAX_UNRESERVED_FIELDS : MAX_STATE_FIELDS;
  const added = changes.reduce((sum, { field, value }) => {
    const isThere = storage.stateField(field) !== undefined;
    return sum + Number(value !== undefined) - Number(isThere);
  }, 0);
  const isFull = added > 0 && storage.countStateFields() + added > limit;
  return isFull ? { why: "room_full" } : undefined;
}

/** The changes of single fields: what a pattern stands for depends on the state. */
function changesOf(storage: RoomStorage, changes: readonly StateChange[]): readonly StateChange[] {
  const names = () => storage.stateFieldNames();
  return changes.flatMap(({ field, value }) =>
    fieldsLike(field, names).map((it) => ({ field: it, value }))
  );
}

/** Applies an entry to the room's state. */
function changeState(storage: RoomStorage, { user, room, at, action, position }: Entry): void {
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
  for (
    const { field, value } of changesOf(storage, stateChanges(event, { user, room }, position.seq))
  ) {
    storage.setStateField(field, value);
  }
  if (event.kind === "clear" && event.room === undefined) storage.clearMessages(position.seq);
}

/** The next entry's timestamp: now, unless the clock went back a little. A larger step is followed at once. */
function timestampAfter({ at }: Head, { now }: Pick<LogContext, "now">): number {
  return now < at && at - now <= MAX_SMOOTHED_MS ? at : now;
}
