/**
 * One room of the store in memory.
 * @module
 */
import {
  asItStands,
  type Entry,
  type Message,
  messageAbout,
  type UserId,
} from "../core/entries.ts";
import type { Position } from "../core/positions.ts";
import {
  type Head,
  type KeptReceipt,
  marksSinceOf,
  MAX_MARKS,
  MAX_UNREAD,
  RECEIPTS_MS,
  type Shelf,
  type Terms,
  weighEntry,
  weighMessage,
} from "../core/room_log.ts";
import { KeptList } from "./kept_list.ts";

/** A value that is dropped after a while. */
interface Timed<T> {
  readonly value: T;
  readonly ranMs: number;
}

/** A room's log, receipts and read marks. */
export class MemoryShelf implements Shelf {
  readonly #entries = new KeptList<Entry>(weighEntry);
  readonly #messages = new KeptList<Message>(weighMessage);
  /** Receipts and marks are in the order in which they were set, the oldest first. */
  readonly #receipts = new Map<string, Timed<KeptReceipt>>();
  readonly #marks = new Map<UserId, Timed<Position>>();
  #head: Head | undefined;
  #enteredAt = -Infinity;

  /** A room without entries. @param head The head that was given out before. */
  constructor(head: Head | undefined) {
    this.#head = head;
  }

  /** When the newest entry was entered, on the scale of `Terms.ranMs`. */
  get enteredAt(): number {
    return this.#enteredAt;
  }

  /** Total weight of all entries and messages. */
  get weight(): number {
    return this.#entries.weight + this.#messages.weight;
  }

  head(): Head | undefined {
    return this.#head;
  }

  setHead(head: Head): void {
    this.#head = head;
  }

  receipt(user: UserId, id: string): KeptReceipt | undefined {
    return this.#receipts.get(`${user} ${id}`)?.value;
  }

  keepReceipt(user: UserId, id: string, value: KeptReceipt, ranMs: number): void {
    for (const [key, receipt] of this.#receipts) {
      if (receipt.ranMs + RECEIPTS_MS > ranMs) break;
      this.#receipts.delete(key);
    }
    this.#receipts.set(`${user} ${id}`, { value, ranMs });
  }

  floor(since: number): number {
    const oldest = this.#entries.at(this.#entries.freshFrom(since));
    return oldest ? oldest.position.seq - 1 : this.#head?.top ?? 0;
  }

  *entries(after: number, since: number): Generator<Entry> {
    for (let index = this.#entries.indexOf(after + 1);; index++) {
      const entry = this.#entries.at(index);
      if (entry === undefined) return;
      const about = messageAbout(entry);
      yield asItStands(entry, about && this.#messages.get(about.seq, since));
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
    this.#messages.set(message, ranMs);
  }

  *messages(before: number, since: number): Generator<Message> {
    const oldest = this.#messages.freshFrom(since);
    for (let index = this.#messages.indexOf(before) - 1; index >= oldest; index--) {
      const message = this.#messages.at(index);
      if (message) yield message;
    }
  }

  trim(keep: { entries: number; messages: number; since: number }): void {
    for (
      const [list, count] of [
        [this.#entries, keep.entries],
        [this.#messages, keep.messages],
      ] as const
    ) {
      list.dropFirst(Math.max(list.length - count, list.freshFrom(keep.since)));
    }
  }

  /** Number of messages with greater numbers that are not older than `since`, `MAX_UNREAD` at most. */
  countAfter(seq: number, since: number): number {
    const first = Math.max(this.#messages.indexOf(seq + 1), this.#messages.freshFrom(since));
    return Math.min(MAX_UNREAD, this.#messages.length - first);
  }

  /** What the user has read last. */
  mark(user: UserId): Position | undefined {
    return this.#marks.get(user)?.value;
  }

  /** Sets what the user has read last. */
  setMark(user: UserId, value: Position, ranMs: number): void {
    this.#marks.delete(user);
    this.#marks.set(user, { value, ranMs });
  }

  /** Drops read marks that are too old or too many. */
  forgetMarks(terms: Pick<Terms, "ranMs" | "retention">): void {
    const since = marksSinceOf(terms);
    for (const [user, { ranMs }] of this.#marks) {
      if (ranMs >= since && this.#marks.size <= MAX_MARKS) return;
      this.#marks.delete(user);
    }
  }
}
