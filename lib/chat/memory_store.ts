/**
 * The logs of all rooms in memory: what is said is gone with the process. The rules are those of `core/room_log.ts`;
 * here are only the shelves.
 * @module
 */
import type { Draft, Entry, Message, UserId } from "../core/entries.ts";
import type { RoomId } from "../core/names.ts";
import type { Position } from "../core/positions.ts";
import {
  append,
  type Head,
  isReadFurther,
  judge,
  type KeptReceipt,
  leaf,
  openHead,
  type Outcome,
  type Page,
  RECEIPTS_MS,
  recover,
  type Replay,
  type Retention,
  type Shelf,
  type Terms,
  trim,
} from "../core/room_log.ts";
import type { Standing } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { Store } from "./embedded_bus.ts";

/** Keeps rooms in memory. */
export class MemoryStore implements Store {
  readonly #rooms = new Map<RoomId, MemoryShelf>();
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #drawEpoch: () => string;

  /** A store without rooms. @param drawEpoch An epoch that was never used. */
  constructor(clock: Clock, retention: Retention, drawEpoch: () => string) {
    this.#clock = clock;
    this.#retention = retention;
    this.#drawEpoch = drawEpoch;
  }

  append(draft: Draft): Promise<Outcome> {
    return Promise.resolve(append(this.#shelf(draft.room), draft, this.#terms()));
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return Promise.resolve(recover(this.#shelf(room), since, limit, this.#terms()));
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    return Promise.resolve(leaf(this.#shelf(room), before, limit, this.#terms()));
  }

  standing(room: RoomId, user: UserId): Promise<Standing> {
    const shelf = this.#shelf(room);
    const read = shelf.reads.get(user);
    const terms = this.#terms();
    const seen = read && judge(openHead(shelf, terms), 0, read).after;
    const since = terms.now - this.#retention.ageMs;
    const kept = shelf.messages(Infinity, since, Infinity);
    const unread = kept.filter(({ position }) => position.seq > (seen ?? 0)).length;
    return Promise.resolve({ read, unread });
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<void> {
    const shelf = this.#shelf(room);
    const head = openHead(shelf, this.#terms());
    const before = shelf.reads.get(user);
    if (isReadFurther(head, before, read)) shelf.reads.set(user, read);
    return Promise.resolve();
  }

  /** Drops what is too old, and rooms that have long been empty. @param isWanted Whether a room must stay. */
  sweep(isWanted: (room: RoomId) => boolean): void {
    const terms = this.#terms();
    for (const [room, shelf] of this.#rooms) {
      trim(shelf, terms);
      // Twice as long as anything in it, so that a position outlives what it leads to.
      const isOld = (shelf.head()?.at ?? 0) < terms.now - 2 * this.#retention.ageMs;
      if (isOld && !isWanted(room)) this.#rooms.delete(room);
    }
  }

  #shelf(room: RoomId): MemoryShelf {
    const shelf = this.#rooms.get(room) ?? new MemoryShelf(this.#clock);
    this.#rooms.set(room, shelf);
    return shelf;
  }

  #terms(): Terms {
    return { now: this.#clock.date(), epoch: this.#drawEpoch(), retention: this.#retention };
  }
}

/** One room's shelf. Entries and messages stand in the order of their numbers. */
class MemoryShelf implements Shelf {
  readonly reads = new Map<UserId, Position>();
  readonly #clock: Clock;
  readonly #receipts = new Map<string, { readonly kept: KeptReceipt; readonly until: number }>();
  #head: Head | undefined;
  #entries: Entry[] = [];
  #messages = new Map<number, Message>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  head(): Head | undefined {
    return this.#head;
  }

  setHead(head: Head): void {
    this.#head = head;
  }

  receipt(user: UserId, id: string): KeptReceipt | undefined {
    return this.#receipts.get(`${user} ${id}`)?.kept;
  }

  keepReceipt(user: UserId, id: string, kept: KeptReceipt): void {
    const now = this.#clock.now();
    // In the order of coming, so the oldest are at the front.
    for (const [key, { until }] of this.#receipts) {
      if (until > now) break;
      this.#receipts.delete(key);
    }
    this.#receipts.set(`${user} ${id}`, { kept, until: now + RECEIPTS_MS });
  }

  floor(since: number): number {
    const oldest = this.#entries[this.#firstSince(since)];
    return oldest ? oldest.position.seq - 1 : this.#head?.top ?? 0;
  }

  entries(after: number, limit: number): readonly Entry[] {
    const first = this.#entries[0]?.position.seq ?? 0;
    const index = Math.max(0, after + 1 - first);
    return this.#entries.slice(index, index + limit);
  }

  addEntry(entry: Entry): void {
    this.#entries.push(entry);
  }

  message(seq: number): Message | undefined {
    return this.#messages.get(seq);
  }

  setMessage(message: Message): void {
    // A Map keeps the place of a key that it has, so an edited message stays where it was said.
    this.#messages.set(message.position.seq, message);
  }

  messages(before: number, since: number, limit: number): readonly Message[] {
    const found = [...this.#messages.values()].filter(({ position, at }) =>
      position.seq < before && at >= since
    );
    return found.reverse().slice(0, limit);
  }

  trim(keep: { entries: number; messages: number; since: number }): void {
    const surplus = Math.max(this.#entries.length - keep.entries, this.#firstSince(keep.since));
    if (surplus > 0) this.#entries.splice(0, surplus);
    for (const [seq, { at }] of this.#messages) {
      if (this.#messages.size <= keep.messages && at >= keep.since) break;
      this.#messages.delete(seq);
    }
  }

  #firstSince(since: number): number {
    const index = this.#entries.findIndex(({ at }) => at >= since);
    return index < 0 ? this.#entries.length : index;
  }
}
