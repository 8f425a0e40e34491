/**
 * The embedded store: the logs of all rooms in one SQLite file. The rules are those of `core/room_log.ts`; here is when
 * they are carried out. What has been answered is on the disk, so that neither a crash nor a power cut takes it back;
 * where nothing can be written, what is there can still be read.
 * @module
 */
import { BusUnavailable, type Standing } from "../../chat/bus.ts";
import type { Clock } from "../../chat/clock.ts";
import type { Store } from "../../chat/embedded_bus.ts";
import type { Draft, UserId } from "../../core/entries.ts";
import { parseRoom, type RoomId } from "../../core/names.ts";
import type { Position } from "../../core/positions.ts";
import {
  append,
  type Head,
  isReadFurther,
  judge,
  leaf,
  openHead,
  type Outcome,
  type Page,
  RECEIPTS_MS,
  recover,
  type Replay,
  type Retention,
  type Terms,
  trim,
} from "../../core/room_log.ts";
import { openSqliteFile } from "./file.ts";
import { SqliteShelf } from "./shelf.ts";
import type { Statements } from "./statements.ts";
import { sqliteCode, troubleOf } from "./trouble.ts";
import { SqliteWriter } from "./writer.ts";

/** So many receipts are forgotten at a time: more than one transaction brings. */
const FORGOTTEN_AT_A_TIME = 500;
/** So many rooms are swept in one transaction. */
const SWEPT_AT_A_TIME = 20;

/** Opens the store in a folder, or makes one there. Throws `StoreRefused`. @param drawEpoch One that was never used. */
export function openSqliteStore(
  folder: string,
  clock: Clock,
  retention: Retention,
  drawEpoch: () => string,
): SqliteStore {
  return new SqliteStore(openSqliteFile(folder), clock, retention, drawEpoch);
}

/** Keeps rooms in a SQLite file. */
export class SqliteStore implements Store, AsyncDisposable {
  readonly #file: Statements;
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #drawEpoch: () => string;
  readonly #writer: SqliteWriter;
  /** The rooms of the transaction that is under way. */
  readonly #shelves = new Map<RoomId, SqliteShelf>();
  /** Heads of rooms that have never been, for as long as they cannot be written. */
  readonly #spares = new Map<RoomId, Head>();
  #isClosed = false;

  /** A store in a file that `openSqliteFile` has opened; it closes it too. */
  constructor(file: Statements, clock: Clock, retention: Retention, drawEpoch: () => string) {
    this.#file = file;
    this.#clock = clock;
    this.#retention = retention;
    this.#drawEpoch = drawEpoch;
    this.#writer = new SqliteWriter(this.#file, {
      beforeCommit: () => this.#finish(),
      afterwards: () => this.#shelves.clear(),
    });
  }

  append(draft: Draft): Promise<Outcome> {
    return this.#write(() => append(this.#shelf(draft.room), draft, this.#terms()));
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return this.#read(room, (shelf, terms) => recover(shelf, since, limit, terms));
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    return this.#read(room, (shelf, terms) => leaf(shelf, before, limit, terms));
  }

  standing(room: RoomId, user: UserId): Promise<Standing> {
    return this.#read(room, (shelf, terms) => {
      const read = shelf.read(user);
      const seen = read ? judge(openHead(shelf, terms), 0, read).after : 0;
      return { read, unread: shelf.count(seen, terms.now - this.#retention.ageMs) };
    });
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<void> {
    return this.#write(() => {
      const shelf = this.#shelf(room);
      const head = openHead(shelf, this.#terms());
      if (isReadFurther(head, shelf.read(user), read)) shelf.setRead(user, read);
    });
  }

  /** Drops what is too old, also in rooms where nothing is said any more. Rejects with `BusUnavailable`. */
  async sweep(): Promise<void> {
    const sql = "SELECT room FROM rooms WHERE room > ? ORDER BY room LIMIT ?";
    for (let last: string | undefined = ""; last !== undefined;) {
      const after: string = last;
      last = await this.#write(() => {
        const rooms = this.#file.rows(sql, after, SWEPT_AT_A_TIME).map((row) => row.text("room"));
        for (const room of rooms) this.#trim(room);
        return rooms.at(-1);
      });
    }
  }

  /** Writes what waits to be written, and closes the file. */
  [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#writer.flush();
    this.#isClosed = true;
    this.#file[Symbol.dispose]();
    return Promise.resolve();
  }

  #write<T>(deed: () => T): Promise<T> {
    return this.#isClosed ? Promise.reject(closed()) : this.#writer.write(deed);
  }

  #read<T>(room: RoomId, look: (shelf: SqliteShelf, terms: Terms) => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    try {
      const shelf = new SqliteShelf(this.#file, room, this.#spares.get(room));
      const seen = look(shelf, this.#terms());
      this.#keepHead(room, shelf);
      return Promise.resolve(seen);
    } catch (error) {
      return Promise.reject(troubleOf(error));
    }
  }

  /** A reading changes nothing but a room that has never been, which gets its first epoch. */
  #keepHead(room: RoomId, shelf: SqliteShelf): void {
    try {
      shelf.save();
      this.#spares.delete(room);
    } catch (error) {
      const head = shelf.head();
      if (sqliteCode(error) === undefined || head === undefined) throw error;
      // Whoever joins a room need not care that nothing can be said in it at the moment.
      this.#spares.set(room, head);
    }
  }

  #shelf(room: RoomId): SqliteShelf {
    const shelf = this.#shelves.get(room) ??
      new SqliteShelf(this.#file, room, this.#spares.get(room));
    this.#shelves.set(room, shelf);
    return shelf;
  }

  #finish(): void {
    for (const shelf of this.#shelves.values()) shelf.save();
    this.#file.run(
      `DELETE FROM receipts WHERE (room, user, id) IN
        (SELECT room, user, id FROM receipts WHERE at <= ? ORDER BY at LIMIT ?)`,
      this.#clock.date() - RECEIPTS_MS,
      FORGOTTEN_AT_A_TIME,
    );
  }

  #trim(text: string): void {
    const room = parseRoom(text);
    if (room === undefined) throw new RangeError(`Cannot sweep: not a room: received ${text}`);
    trim(this.#shelf(room), this.#terms());
  }

  #terms(): Terms {
    return { now: this.#clock.date(), epoch: this.#drawEpoch(), retention: this.#retention };
  }
}

function closed(): BusUnavailable {
  return new BusUnavailable("the message store is closed", { perhapsSent: false });
}
