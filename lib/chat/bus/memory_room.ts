/**
 * One room of the in-memory store.
 * @module
 */
import {
  type Entry,
  type Message,
  messagePositionOf,
  type UserId,
  withCurrentContent,
} from "../../core/log/entry.ts";
import type { Position } from "../../core/log/position.ts";
import type { Head } from "../../core/log/epochs.ts";
import { estimateEntrySize, estimateMessageSize } from "../../core/log/reading/read_size.ts";
import {
  MAX_READ_MARKERS,
  MAX_UNREAD,
  readMarkersRetainedSince,
} from "../../core/log/reading/read_markers.ts";
import {
  type LogContext,
  RECEIPTS_MS,
  type RoomStorage,
  type StoredReceipt,
} from "../../core/log/room_log.ts";
import { MentionIndex } from "./mention_index.ts";
import { PositionList } from "./position_list.ts";

/** A value that expires. */
interface Timed<T> {
  readonly value: T;
  readonly ranMs: number;
}

/** A room's log, receipts and read markers. */
export class MemoryRoom implements RoomStorage {
  readonly #entries = new PositionList<Entry>(estimateEntrySize);
  readonly #messages = new PositionList<Message>(estimateMessageSize);
  readonly #mentions = new MentionIndex();
  /** Receipts and read markers are in the order in which they were set, the oldest first. */
  readonly #receipts = new Map<string, Timed<StoredReceipt>>();
  readonly #readMarkers = new Map<UserId, Timed<Position>>();
  readonly #state = new Map<string, string>();
  #head: Head | undefined;
  #enteredAt = -Infinity;

  /** A room without entries. @param head The head that clients were given before. */
  constructor(head: Head | undefined) {
    this.#head = head;
  }

  /** When the newest entry was added, on the scale of `LogContext.ranMs`. */
  get enteredAt(): number {
    return this.#enteredAt;
  }

  /** Total size of all entries and messages. */
  get totalSize(): number {
    return this.#entries.totalSize + this.#messages.totalSize;
  }

  head(): Head | undefined {
    return this.#head;
  }

  setHead(head: Head): void {
    this.#head = head;
  }

  receipt(user: UserId, id: string): StoredReceipt | undefined {
    return this.#receipts.get(`${user} ${id}`)?.value;
  }

  keepReceipt(user: UserId, id: string, value: StoredReceipt, ranMs: number): void {
    for (const [key, receipt] of this.#receipts) {
      if (receipt.ranMs + RECEIPTS_MS > ranMs) break;
      this.#receipts.delete(key);
    }
    this.#receipts.set(`${user} ${id}`, { value, ranMs });
  }

  floor(since: number): number {
    const oldest = this.#entries.at(this.#entries.firstSince(since));
    return oldest ? oldest.position.seq - 1 : this.#head?.top ?? 0;
  }

  *entries(after: number, since: number): Generator<Entry> {
    for (let index = this.#entries.indexOf(after + 1);; index++) {
      const entry = this.#entries.at(index);
      if (entry === undefined) return;
      const about = messagePositionOf(entry);
      yield withCurrentContent(entry, about && this.#messages.get(about.seq, since));
    }
  }

  addEntry(entry: Entry, ranMs: number): void {
    this.#entries.set(entry, ranMs);
    this.#enteredAt = ranMs;
  }

  message(seq: number, since: number): Message | undefined {
    return this.#messages.get(seq, since);
  }

  setMessage(message: Message, ranMs: number): void {
    const { position: { seq }, mentions = [], deleted } = message;
    const before = this.#messages.get(seq, -Infinity);
    this.#messages.set(message, ranMs);
    if (before === undefined) this.#mentions.add(seq, mentions);
    else if (deleted) this.#mentions.remove(seq, before.mentions ?? []);
  }

  *messages(before: number, since: number): Generator<Message> {
    const oldest = this.#messages.firstSince(since);
    for (let index = this.#messages.indexOf(before) - 1; index >= oldest; index--) {
      const message = this.#messages.at(index);
      if (message) yield message;
    }
  }

  *messagesAfter(after: number, since: number): Generator<Message> {
    const first = Math.max(this.#messages.indexOf(after + 1), this.#messages.firstSince(since));
    for (let index = first; index < this.#messages.length; index++) {
      const message = this.#messages.at(index);
      if (message) yield message;
    }
  }

  /** The fields of the room's state. */
  get state(): ReadonlyMap<string, string> {
    return this.#state;
  }

  stateField(field: string): string | undefined {
    return this.#state.get(field);
  }

  setStateField(field: string, value: string | undefined): void {
    if (value === undefined) this.#state.delete(field);
    else this.#state.set(field, value);
  }

  countStateFields(): number {
    return this.#state.size;
  }

  stateFieldNames(): Iterable<string> {
    return this.#state.keys();
  }

  clearMessages(before: number): void {
    this.#messages.dropFirst(this.#messages.indexOf(before));
    this.#mentions.removeBefore(before);
  }

  trim(keep: { entries: number; messages: number; since: number }): void {
    for (
      const [list, count] of [
        [this.#entries, keep.entries],
        [this.#messages, keep.messages],
      ] as const
    ) {
      list.dropFirst(Math.max(list.length - count, list.firstSince(keep.since)));
    }
    this.#mentions.removeBefore(this.#messages.at(0)?.position.seq ?? Infinity);
  }

  /** Number of messages with greater numbers that are not older than `since`; at most `MAX_UNREAD`. */
  countAfter(seq: number, since: number): number {
    const first = Math.max(this.#messages.indexOf(seq + 1), this.#messages.firstSince(since));
    return Math.min(MAX_UNREAD, this.#messages.length - first);
  }

  /** Number of those that mention a user. */
  countMentions(user: UserId, seq: number, since: number): number {
    const first = Math.max(this.#messages.indexOf(seq + 1), this.#messages.firstSince(since));
    const from = this.#messages.at(first)?.position.seq;
    return from === undefined ? 0 : Math.min(MAX_UNREAD, this.#mentions.count(user, from));
  }

  /** The user's read marker. */
  readMarker(user: UserId): Position | undefined {
    return this.#readMarkers.get(user)?.value;
  }

  /** Sets the user's read marker. */
  setReadMarker(user: UserId, value: Position, ranMs: number): void {
    this.#readMarkers.delete(user);
    this.#readMarkers.set(user, { value, ranMs });
  }

  /** Drops read markers that are too old or too many. */
  dropReadMarkers(context: Pick<LogContext, "ranMs" | "retention">): void {
    const since = readMarkersRetainedSince(context);
    for (const [user, { ranMs }] of this.#readMarkers) {
      if (ranMs >= since && this.#readMarkers.size <= MAX_READ_MARKERS) return;
      this.#readMarkers.delete(user);
    }
  }
}
