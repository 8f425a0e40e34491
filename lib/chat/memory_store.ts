/**
 * The logs of all rooms in memory: what is said is gone with the process. The rules are those of `core/room_log.ts`;
 * here are only the shelves. Ages are counted on the clock's monotonic scale, since the store ends with the process.
 * @module
 */
import type { Draft, UserId } from "../core/entries.ts";
import type { RoomId } from "../core/names.ts";
import type { Position } from "../core/positions.ts";
import {
  append,
  isReadFurther,
  judge,
  leaf,
  openHead,
  type Outcome,
  type Page,
  recover,
  type Replay,
  type Retention,
  roomsSinceOf,
  sinceOf,
  type Terms,
  trim,
} from "../core/room_log.ts";
import type { Standing } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { Store } from "./embedded_bus.ts";
import { EmptyRooms } from "./empty_rooms.ts";
import { MemoryShelf } from "./memory_shelf.ts";

/** How much may be stored in total; Infinity for no limit. */
export interface StoreQuota {
  /** Bytes, as the store counts them. */
  readonly bytes: number;
  /** Rooms that have entries. */
  readonly rooms: number;
}

/** No limit. */
export const UNLIMITED: StoreQuota = { bytes: Infinity, rooms: Infinity };

/** Keeps rooms in memory. */
export class MemoryStore implements Store {
  /** Rooms that have entries. */
  readonly #rooms = new Map<RoomId, MemoryShelf>();
  readonly #empty = new EmptyRooms();
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #drawEpoch: () => string;
  readonly #quota: StoreQuota;
  /** Total weight of all rooms. */
  #weight = 0;

  /** A store without rooms. @param drawEpoch An epoch that was never used. */
  constructor(
    clock: Clock,
    retention: Retention,
    drawEpoch: () => string,
    quota: StoreQuota = UNLIMITED,
  ) {
    this.#clock = clock;
    this.#retention = retention;
    this.#drawEpoch = drawEpoch;
    this.#quota = quota;
  }

  append(draft: Draft): Promise<Outcome> {
    const shelf = this.#shelf(draft.room);
    const outcome = this.#weighed(shelf, () => append(shelf, draft, this.#terms()));
    this.#put(draft.room, shelf);
    return Promise.resolve(outcome);
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return this.#read(room, (shelf, terms) => recover(shelf, since, limit, terms));
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    return this.#read(room, (shelf, terms) => leaf(shelf, before, limit, terms));
  }

  standing(room: RoomId, user: UserId): Promise<Standing> {
    return this.#read(room, (shelf, terms) => {
      const read = shelf.mark(user);
      const seen = read ? judge(openHead(shelf, terms), 0, read).after : 0;
      // A mark is kept as long as its user comes back.
      if (read) shelf.setMark(user, read, terms.ranMs);
      return { read, unread: shelf.countAfter(seen, sinceOf(terms)) };
    });
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<void> {
    return this.#read(room, (shelf, terms) => {
      const head = openHead(shelf, terms);
      const isFurther = head.top > 0 && isReadFurther(head, shelf.mark(user), read);
      if (isFurther) shelf.setMark(user, read, terms.ranMs);
    });
  }

  probe(): Promise<void> {
    return Promise.resolve();
  }

  problems(): readonly string[] {
    return [];
  }

  /** Drops what is too old, and rooms that have long been empty. @param isWanted Whether a room must stay. */
  sweep(isWanted: (room: RoomId) => boolean): void {
    const terms = this.#terms();
    for (const [room, shelf] of this.#rooms) {
      this.#weighed(shelf, () => trim(shelf, terms));
      shelf.forgetMarks(terms);
      const isOld = shelf.enteredAt < roomsSinceOf(terms);
      if (!isOld || isWanted(room)) continue;
      this.#weight -= shelf.weight;
      this.#rooms.delete(room);
    }
  }

  #read<T>(room: RoomId, look: (shelf: MemoryShelf, terms: Terms) => T): Promise<T> {
    const shelf = this.#shelf(room);
    const seen = look(shelf, this.#terms());
    this.#put(room, shelf);
    return Promise.resolve(seen);
  }

  #shelf(room: RoomId): MemoryShelf {
    return this.#rooms.get(room) ?? new MemoryShelf(this.#empty.get(room));
  }

  /** Keeps a room that has entries; of a room without entries, keeps only the head. */
  #put(room: RoomId, shelf: MemoryShelf): void {
    if (this.#rooms.has(room)) return;
    const head = shelf.head();
    if (head && head.top > 0) this.#rooms.set(room, shelf);
    this.#empty.keep(room, head, this.#clock.now());
  }

  #weighed<T>(shelf: MemoryShelf, change: () => T): T {
    const before = shelf.weight;
    const result = change();
    this.#weight += shelf.weight - before;
    return result;
  }

  #terms(): Terms {
    const { bytes, rooms } = this.#quota;
    return {
      now: this.#clock.date(),
      ranMs: this.#clock.now(),
      epoch: this.#drawEpoch(),
      retention: this.#retention,
      full: { store: this.#weight >= bytes, rooms: this.#rooms.size >= rooms },
    };
  }
}
