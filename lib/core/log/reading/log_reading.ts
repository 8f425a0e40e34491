/**
 * Reads of a room's log: the entries after a position, and pages of messages.
 * @module
 */
import type { Entry, Message } from "../entry.ts";
import { ensureHead, type Head, type LossReason, resolvePosition, topOf } from "../epochs.ts";
import type { Position } from "../position.ts";
import { estimateEntrySize, estimateMessageSize, takeWithinLimits } from "./read_size.ts";
import { contextOf, retainedSince } from "../retention.ts";
import type { LogContext, RoomStorage } from "../room_log.ts";

/** The entries after a position. */
export interface Replay {
  /** The newest position of the log. */
  readonly top: Position;
  /** In log order and without gaps. If the last one is not at the top, there are more: see {@linkcode readAfter}. */
  readonly entries: readonly Entry[];
  /** Entries up to this number are of epochs that the log has forgotten; undefined if there are none of them. */
  readonly forgotten?: number | undefined;
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
  const top = topOf(head);
  return { top, entries: taken, ...withForgotten(head, taken), ...(lossReason && { lossReason }) };
}

/** {@linkcode Replay.forgotten} of entries of a log. */
export function withForgotten(
  { epochs: [{ after }] }: Pick<Head, "epochs">,
  [first]: readonly Entry[],
): Pick<Replay, "forgotten"> {
  return first && first.position.seq <= after ? { forgotten: after } : {};
}

/**
 * The position after which to read on after an entry of a replay. The log would take that of a forgotten epoch for a position of
 * another log, and return everything again.
 */
export function readAfter(
  { top, forgotten = 0 }: Pick<Replay, "top" | "forgotten">,
  position: Position,
): Position {
  return position.seq <= forgotten ? { epoch: top.epoch, seq: position.seq } : position;
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
