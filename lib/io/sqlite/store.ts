/**
 * The embedded store: the logs of all rooms in one SQLite file. The rules are those of `core/room_log.ts`; here is when
 * they are carried out. What has been answered is on the disk, so that neither a crash nor a power cut takes it back;
 * where nothing can be written, what is there can still be read.
 * @module
 */
import type { Standing } from "../../chat/bus.ts";
import type { Clock } from "../../chat/clock.ts";
import type { Store } from "../../chat/embedded_bus.ts";
import { EmptyRooms } from "../../chat/empty_rooms.ts";
import { type StoreQuota, UNLIMITED } from "../../chat/memory_store.ts";
import type { Draft, UserId } from "../../core/entries.ts";
import type { RoomId } from "../../core/names.ts";
import type { Position } from "../../core/positions.ts";
import {
  append,
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
  sinceOf,
  type Terms,
} from "../../core/room_log.ts";
import { weighEntry } from "../../core/weights.ts";
import { Access } from "./access.ts";
import { Damage } from "./damage.ts";
import { RunTime } from "./run_time.ts";
import { type ShelfContext, SqliteShelf } from "./shelf.ts";
import type { Statements } from "./statements.ts";
import { Sweeper } from "./sweeper.ts";
import { closed, primaryCode, SQLITE, sqliteCode, troubleOf } from "./trouble.ts";
import { Usage } from "./usage.ts";
import { SqliteWriter } from "./writer.ts";

/** Shortest interval at which an unchanged mark is written because its user was seen. */
const SEEN_EVERY_MS = 30 * 24 * 3_600_000;
/** So many receipts are forgotten at a time: more than one transaction brings. */
const FORGOTTEN_AT_A_TIME = 500;

/** Opens the store in a folder, or makes one there. Throws `StoreRefused`. @param drawEpoch One that was never used. */
export function openSqliteStore(
  folder: string,
  clock: Clock,
  retention: Retention,
  drawEpoch: () => string,
  quota: StoreQuota = UNLIMITED,
): SqliteStore {
  return new SqliteStore(Access.open(folder, clock), clock, retention, drawEpoch, quota);
}

/** Keeps rooms in a SQLite file. */
export class SqliteStore implements Store, AsyncDisposable {
  readonly #access: Access;
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #drawEpoch: () => string;
  readonly #usage: Usage;
  readonly #writer: SqliteWriter;
  readonly #damage = new Damage();
  readonly #empty = new EmptyRooms();
  readonly #time: RunTime;
  readonly #sweeper: Sweeper;
  /** The rooms of the transaction that is under way. */
  readonly #shelves = new Map<RoomId, SqliteShelf>();
  /** Rows dropped since the last {@linkcode takeDropped}. */
  #dropped = 0;
  /** New epochs of rooms whose own row cannot be read, kept until the row is written. */
  readonly #mendedEpochs = new Map<RoomId, string>();
  #isClosed = false;

  /** A store in an open file, which it closes. */
  constructor(
    file: Access | Statements,
    clock: Clock,
    retention: Retention,
    drawEpoch: () => string,
    quota: StoreQuota = UNLIMITED,
  ) {
    this.#access = file instanceof Access ? file : Access.of(file, clock);
    this.#clock = clock;
    this.#retention = retention;
    this.#drawEpoch = drawEpoch;
    this.#usage = new Usage(quota, () => this.#file);
    this.#time = new RunTime(this.#file, clock);
    this.#writer = new SqliteWriter(this.#file, {
      beforeCommit: () => this.#finish(),
      afterwards: (error) => this.#settle(error),
    });
    this.#markStart();
    this.#access.onReopened = (reopened) => this.#writer.turnTo(reopened);
    this.#sweeper = new Sweeper({
      file: () => this.#file,
      write: (deed) => this.#write(deed),
      shelf: (room) => this.#shelf(room),
      terms: () => this.#terms(),
      damage: this.#damage,
      takeDropped: () => this.#takeDropped(),
    });
  }

  append(draft: Draft): Promise<Outcome> {
    return this.#write(
      () => {
        const shelf = this.#shelf(draft.room);
        const wasStored = shelf.isStored;
        const outcome = append(shelf, draft, { ...this.#terms(), full: this.#usage.full() });
        if (outcome.kind === "entered" && !wasStored) {
          // At once, so that the room counts for the next draft of the transaction.
          shelf.save();
          this.#usage.addRoom();
        }
        return outcome;
      },
      draft.room,
      weighEntry(draft),
    );
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return this.#read(room, (shelf, terms) => recover(shelf, since, limit, terms));
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    return this.#read(room, (shelf, terms) => leaf(shelf, before, limit, terms));
  }

  standing(room: RoomId, user: UserId): Promise<Standing> {
    return this.#read(room, (shelf, terms) => {
      const mark = shelf.marks.get(user);
      const seen = mark ? judge(openHead(shelf, terms), 0, mark.read).after : 0;
      if (mark && mark.ranMs < terms.ranMs - SEEN_EVERY_MS) this.#touchMark(room, user);
      return { read: mark?.read, unread: shelf.countAfter(seen, sinceOf(terms)) };
    });
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<void> {
    return this.#write(() => {
      const shelf = this.#shelf(room);
      const terms = this.#terms();
      // A room without entries has nothing to mark, and is not stored.
      if (openHead(shelf, terms).top === 0) return;
      const before = shelf.marks.get(user);
      if (before === undefined && this.#usage.full()?.store) return;
      if (isReadFurther(openHead(shelf, terms), before?.read, read)) {
        shelf.marks.set(user, { read, ranMs: terms.ranMs });
      }
    }, room);
  }

  /** Records that the user was seen; if that cannot be written, it is tried the next time. */
  #touchMark(room: RoomId, user: UserId): void {
    this.#write(() => {
      const { marks } = this.#shelf(room);
      const mark = marks.get(user);
      if (mark) marks.set(user, { ...mark, ranMs: this.#time.ranMs() });
    }).catch(() => {});
  }

  /**
   * Drops what is too old, also in inactive rooms, and gives unused space of the file back. Rejects with `BusUnavailable`.
   *
   * @param isWanted Whether a room must stay.
   */
  sweep(isWanted: (room: RoomId) => boolean = () => false): Promise<void> {
    return this.#sweeper.sweep(isWanted);
  }

  /** Whether its file is open read-only, and will be opened again. */
  get isReadOnly(): boolean {
    return this.#access.isReadOnly;
  }

  /** Resolves if the file can be written, as far as is known, or else tries it. Rejects with `BusUnavailable`. */
  async probe(): Promise<void> {
    if (!this.#isClosed && this.#access.isWritable) return;
    await this.#write(() => this.#time.save(this.#file));
  }

  /** See `Store`. */
  problems(): readonly string[] {
    return this.#damage.problems();
  }

  /** Writes what waits to be written, and closes the file. */
  [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#writer.flush();
    this.#isClosed = true;
    this.#access[Symbol.dispose]();
    return Promise.resolve();
  }

  /** Writes something at once, so that a full disk is known before the first message. */
  #markStart(): void {
    if (!this.#access.isWritable) return;
    try {
      this.#time.save(this.#file);
    } catch (error) {
      this.#access.report(error);
    }
  }

  get #file(): Statements {
    return this.#access.file;
  }

  get #context(): ShelfContext {
    const epochFor = (room: RoomId) => {
      const epoch = this.#mendedEpochs.get(room) ?? this.#drawEpoch();
      this.#mendedEpochs.set(room, epoch);
      return epoch;
    };
    return { file: this.#file, damage: this.#damage, epochFor };
  }

  #write<T>(deed: () => T, room?: RoomId, weight?: number): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    try {
      this.#access.requireWritable();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#writer.write(deed, room, weight);
  }

  #read<T>(room: RoomId, look: (shelf: SqliteShelf, terms: Terms) => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    try {
      const shelf = new SqliteShelf(this.#context, room, this.#empty.get(room));
      const seen = look(shelf, this.#terms());
      if (!shelf.isStored) this.#empty.keep(room, shelf.head(), this.#clock.now());
      return Promise.resolve(seen);
    } catch (error) {
      this.#noteDamage(error);
      return Promise.reject(troubleOf(error));
    }
  }

  #shelf(room: RoomId): SqliteShelf {
    const shelf = this.#shelves.get(room) ??
      new SqliteShelf(this.#context, room, this.#empty.get(room));
    this.#shelves.set(room, shelf);
    return shelf;
  }

  #finish(): void {
    for (const shelf of this.#shelves.values()) shelf.save();
    this.#time.saveNowAndThen(this.#file);
    this.#file.run(
      `DELETE FROM receipts WHERE (room, user, id) IN
        (SELECT room, user, id FROM receipts WHERE ran <= ? ORDER BY ran LIMIT ?)`,
      this.#time.ranMs() - RECEIPTS_MS,
      FORGOTTEN_AT_A_TIME,
    );
  }

  #noteDamage(error: unknown): void {
    if (primaryCode(sqliteCode(error) ?? 0) === SQLITE.CORRUPT) this.#damage.reportFile(error);
  }

  #settle(error: unknown): void {
    this.#access.report(error);
    this.#noteDamage(error);
    this.#usage.settle(error !== undefined);
    const now = this.#clock.now();
    for (const [room, shelf] of this.#shelves) {
      // A rolled-back transaction has dropped nothing; but an epoch that was given out stays the room's.
      if (error === undefined) this.#dropped += shelf.dropped;
      const hasRow = shelf.isStored && error === undefined;
      if (!hasRow && shelf.head()?.top === 0) this.#empty.keep(room, shelf.head(), now);
      else if (hasRow) this.#empty.keep(room, undefined, now);
    }
    this.#shelves.clear();
  }

  #takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#usage.settle(true);
    return dropped;
  }

  #terms(): Terms {
    return {
      now: this.#clock.date(),
      ranMs: this.#time.ranMs(),
      epoch: this.#drawEpoch(),
      retention: this.#retention,
    };
  }
}
