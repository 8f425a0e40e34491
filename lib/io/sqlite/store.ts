/**
 * The embedded store: the logs of all rooms in one SQLite file, with the rules of `core/log`. Do not resolve a
 * write before its transaction is on disk: an acknowledged message must survive a crash and a power failure. If the file
 * cannot be written, it can still be read.
 * @module
 */
import type { ReadState } from "../../chat/ports/bus.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import type { DirectoryStore } from "../../chat/ports/directory_store.ts";
import type { RevocationStore } from "../../chat/ports/revocation_store.ts";
import type { UsedTokens } from "../../chat/ports/used_tokens.ts";
import type { Store } from "../../chat/bus/embedded_bus.ts";
import { EmptyRooms } from "../../chat/bus/empty_rooms.ts";
import { type StoreQuota, type StoreUsage, UNLIMITED } from "../../chat/bus/memory_store.ts";
import type { Draft, UserId } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import { ensureHead, resolvePosition, topOf } from "../../core/log/epochs.ts";
import {
  type HistoryPage,
  readPage,
  readPageAfter,
  type Replay,
  replaySince,
  type StateAt,
} from "../../core/log/reading/log_reading.ts";
import { advancesReadMarker, MARKER_REFRESH_MS } from "../../core/log/reading/read_markers.ts";
import { admissionFields } from "../../core/log/room_state.ts";
import { contextOf, retainedSince, type Retention } from "../../core/log/retention.ts";
import {
  append,
  type AppendResult,
  type LogContext,
  RECEIPTS_MS,
  type StoredReceipt,
} from "../../core/log/room_log.ts";
import { RecentMap } from "../../core/limits/recent_map.ts";
import { estimateEntrySize } from "../../core/log/reading/read_size.ts";
import { logger } from "../logger.ts";
import { HeadSchema, parseJson } from "../stored_entry.ts";
import { StoreFile } from "./file/store_file.ts";
import { DamageTracker } from "./damage_tracker.ts";
import { RunTime } from "./run_time.ts";
import { SqliteRoom, type SqliteRoomContext, type StoredRoomSummary } from "./room_storage.ts";
import type { Statements } from "./file/statements.ts";
import { SqliteDirectory } from "./directory.ts";
import { SqliteRevocations } from "./revocations.ts";
import { SqliteSweeper } from "./sweeper.ts";
import type { TableContext } from "./table_context.ts";
import { SqliteUsedTokens } from "./used_tokens.ts";
import { fromSqliteError, isContradiction, isDamage, storeClosed } from "./file/errors.ts";
import { SqliteUsage } from "./usage.ts";
import { GroupCommit } from "./group_commit.ts";

/** Minimum number of rooms whose summaries are kept; at most twice as many are. Each takes a hundred bytes. */
const KEPT_SUMMARIES = 10_000;
/** Receipts deleted per commit; must exceed the number that one commit adds. */
const RECEIPTS_DELETED_PER_COMMIT = 500;

/** Opens or creates the store in a folder. Throws `StoreRefused`. @param newEpoch Returns an epoch that was never used. */
export function openSqliteStore(
  folder: string,
  clock: Clock,
  retention: Retention,
  newEpoch: () => string,
  quota: StoreQuota = UNLIMITED,
): SqliteStore {
  return new SqliteStore(StoreFile.open(folder, clock), clock, retention, newEpoch, quota);
}

/** Stores the logs of rooms in a SQLite file. Methods reject with `BusUnavailable` if the file cannot be used. */
export class SqliteStore implements Store, AsyncDisposable {
  readonly #access: StoreFile;
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #newEpoch: () => string;
  readonly #usage: SqliteUsage;
  readonly #groupCommit: GroupCommit;
  readonly #damage = new DamageTracker();
  readonly #emptyRooms = new EmptyRooms();
  readonly #runTime: RunTime;
  readonly #sweeper: SqliteSweeper;
  /** Keeps the revocations in the file of the store. */
  readonly revocations: RevocationStore;
  /** Members, names and invites. */
  readonly directory: DirectoryStore;
  readonly #usedTokens: SqliteUsedTokens;
  /** The rooms used in the current transaction. */
  readonly #openRooms = new Map<RoomId, SqliteRoom>();
  /** The rooms deleted in it. They may have been opened again. */
  #removedRooms: SqliteRoom[] = [];
  #summaries = new RecentMap<RoomId, StoredRoomSummary>(KEPT_SUMMARIES);
  /** Rows dropped since the last `#takeDropped()`. */
  #dropped = 0;
  /** New epochs of rooms whose row is damaged, kept until the row is written. */
  readonly #rebuiltEpochs = new Map<RoomId, string>();
  /** Rooms whose row is missing or contradicts their entries. It is rebuilt when they are used next. */
  readonly #contradictory = new Set<RoomId>();
  #isClosed = false;

  /** Takes ownership of an open file: disposing of the store closes it. */
  constructor(
    file: StoreFile | Statements,
    clock: Clock,
    retention: Retention,
    newEpoch: () => string,
    quota: StoreQuota = UNLIMITED,
  ) {
    this.#access = file instanceof StoreFile ? file : StoreFile.of(file, clock);
    this.#clock = clock;
    this.#retention = retention;
    this.#newEpoch = newEpoch;
    this.#usage = new SqliteUsage(quota, () => this.#file);
    this.#runTime = new RunTime(this.#file, clock);
    this.#groupCommit = new GroupCommit(this.#file, {
      beforeCommit: () => this.#beforeCommit(),
      afterTransaction: (error) => this.#afterTransaction(error),
    });
    this.#probeWrite();
    this.#access.onReopened = (reopened) => this.#groupCommit.useFile(reopened);
    const tables: TableContext = {
      file: () => this.#file,
      write: (fn) => this.#write(fn),
      damage: this.#damage,
      onReadFailed: (error) => this.#recordDamage(error),
    };
    this.#sweeper = new SqliteSweeper({
      ...tables,
      storageOf: (room) => this.#storageOf(room),
      removeRoom: (room) => this.#removeRoom(room),
      logContext: () => this.#logContext(),
      takeDropped: () => this.#takeDropped(),
    });
    this.revocations = new SqliteRevocations(tables);
    this.directory = new SqliteDirectory(tables);
    this.#usedTokens = new SqliteUsedTokens({ ...tables, ranMs: () => this.#runTime.ranMs() });
  }

  /** The session tokens that guests have used. */
  get usedTokens(): UsedTokens {
    return this.#usedTokens;
  }

  append(draft: Draft): Promise<AppendResult> {
    return this.#write(
      () => {
        const storage = this.#storageOf(draft.room);
        const wasStored = storage.isStored;
        const outcome = this.#append(storage, draft);
        if (outcome.kind === "entered" && !wasStored) {
          // Save now, so that the room counts towards the quota for the next draft of the transaction.
          storage.save();
          this.#usage.addRoom();
        }
        return outcome;
      },
      draft.room,
      estimateEntrySize(draft),
    );
  }

  #append(storage: SqliteRoom, draft: Draft): AppendResult {
    const context = { ...this.#logContext(), exhausted: this.#usage.full() };
    try {
      return append(storage, draft, context);
    } catch (error) {
      if (isContradiction(error)) this.#contradictory.add(draft.room);
      throw error;
    }
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return this.#read(room, (storage, context) => replaySince(storage, since, limit, context));
  }

  /** Reads the stored ones in one statement, because the tops of all subscribed rooms are read again and again. */
  async tops(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, Position>> {
    const stored = this.#storedTops(rooms);
    const tops = new Map<RoomId, Position>();
    for (const room of rooms) {
      const top = stored.has(room) ? stored.get(room) : this.#topOfEmpty(room);
      tops.set(room, top ?? (await this.page(room, undefined, 0)).top);
    }
    return tops;
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<HistoryPage> {
    return this.#read(room, (storage, context) => readPage(storage, before, limit, context));
  }

  pageAfter(room: RoomId, after: number, limit: number): Promise<HistoryPage> {
    return this.#read(room, (storage, context) => readPageAfter(storage, after, limit, context));
  }

  state(room: RoomId): Promise<StateAt> {
    return this.#read(room, (storage, context) => {
      const top = topOf(ensureHead(storage, context));
      return { top, fields: storage.state.all() };
    });
  }

  admission(room: RoomId, user: UserId): Promise<StateAt> {
    return this.#read(room, (storage, context) => {
      const top = topOf(ensureHead(storage, context));
      return { top, fields: storage.state.pick(admissionFields(user)) };
    });
  }

  receipt(room: RoomId, user: UserId, id: string): Promise<StoredReceipt | undefined> {
    return this.#read(room, (storage) => storage.receipt(user, id));
  }

  readState(room: RoomId, user: UserId, after: number): Promise<ReadState> {
    return this.#read(room, (storage, context) => {
      const marker = storage.readMarkers.get(user);
      const head = ensureHead(storage, context);
      const seen = Math.max(after, marker ? resolvePosition(head, 0, marker.read).after : 0);
      if (marker && marker.ranMs < context.ranMs - MARKER_REFRESH_MS) {
        this.#refreshReadMarker(room, user);
      }
      const since = retainedSince(contextOf(storage, context));
      const mentions = storage.countMentions(user, seen, since);
      const unread = storage.countAfter(seen, since);
      return { read: marker?.read, unread, ...(mentions > 0 && { mentions }) };
    });
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<boolean> {
    return this.#write(() => {
      const storage = this.#storageOf(room);
      const context = this.#logContext();
      // A room without entries is not stored, and has nothing to mark.
      if (ensureHead(storage, context).top === 0) return false;
      const before = storage.readMarkers.get(user);
      if (before === undefined && this.#usage.full()?.store) return false;
      const isFurther = advancesReadMarker(ensureHead(storage, context), before?.read, read);
      if (isFurther) storage.readMarkers.set(user, { read, ranMs: context.ranMs });
      return isFurther;
    }, room);
  }

  /** Records that the user was seen; a failure is ignored, because the next read retries. */
  #refreshReadMarker(room: RoomId, user: UserId): void {
    this.#write(() => {
      const { readMarkers } = this.#storageOf(room);
      const marker = readMarkers.get(user);
      if (marker) readMarkers.set(user, { ...marker, ranMs: this.#runTime.ranMs() });
    }).catch(() => {});
  }

  /**
   * Deletes expired rows, including those of inactive rooms, and returns unused space to the file system. Rejects with
   * `BusUnavailable`.
   *
   * @param isWanted Whether an expired room must be kept.
   */
  async sweep(isWanted: (room: RoomId) => boolean = () => false): Promise<void> {
    try {
      await this.#sweeper.sweep(isWanted);
      // Last, so that messages expire whatever has happened to these.
      await this.#usedTokens.sweep();
    } finally {
      this.#emptyWriteAheadLog();
    }
  }

  /** Copies the write-ahead log into the file, so that nothing that was deleted is left in either. */
  #emptyWriteAheadLog(): void {
    if (this.#isClosed || !this.#access.isWritable) return;
    try {
      const busy = this.#file.row("PRAGMA wal_checkpoint(TRUNCATE)")?.number("busy");
      if (busy !== 0) throw new Error("another program is reading the file");
    } catch (error) {
      logger.warn("store.log_kept", { error: String(error) });
    }
  }

  /** Whether the file is open read-only; it is reopened when it becomes writable. */
  get isReadOnly(): boolean {
    return this.#access.isReadOnly;
  }

  /** Resolves if the last write succeeded; otherwise tries to write. Rejects with `BusUnavailable`. */
  async probe(): Promise<void> {
    if (!this.#isClosed && this.#access.isWritable) return;
    await this.#write(() => this.#runTime.save(this.#file));
  }

  /** What is stored at the moment; unknown if the file cannot be read. */
  usage(): StoreUsage {
    try {
      if (!this.#isClosed) return this.#usage.current();
    } catch {
      // The next write or probe reports why.
    }
    return { bytes: undefined, rooms: undefined };
  }

  /** Problems for operators: damaged rows and a damaged file. */
  problems(): readonly string[] {
    return this.#damage.problems();
  }

  /** Commits pending writes, and closes the file. */
  [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#groupCommit.flush();
    this.#isClosed = true;
    this.#access[Symbol.dispose]();
    return Promise.resolve();
  }

  /** Writes at startup, so that a full disk is detected before the first message. */
  #probeWrite(): void {
    if (!this.#access.isWritable) return;
    try {
      this.#runTime.save(this.#file);
    } catch (error) {
      this.#access.report(error);
    }
  }

  get #file(): Statements {
    return this.#access.file;
  }

  get #roomContext(): SqliteRoomContext {
    const epochFor = (room: RoomId) => {
      const epoch = this.#rebuiltEpochs.get(room) ?? this.#newEpoch();
      this.#rebuiltEpochs.set(room, epoch);
      return epoch;
    };
    return { file: this.#file, damage: this.#damage, epochFor };
  }

  #write<T>(fn: () => T, room?: RoomId, weight?: number): Promise<T> {
    if (this.#isClosed) return Promise.reject(storeClosed());
    try {
      this.#access.requireWritable();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#groupCommit.write(fn, room, weight);
  }

  #read<T>(room: RoomId, read: (storage: SqliteRoom, context: LogContext) => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(storeClosed());
    try {
      const storage = this.#openRoom(room);
      const result = read(storage, this.#logContext());
      if (!storage.isStored) this.#emptyRooms.keep(room, storage.head(), this.#clock.now());
      return Promise.resolve(result);
    } catch (error) {
      this.#recordDamage(error);
      return Promise.reject(fromSqliteError(error));
    }
  }

  /** The tops of the stored rooms among these; undefined for damaged ones. */
  #storedTops(rooms: readonly RoomId[]): ReadonlyMap<string, Position | undefined> {
    if (this.#isClosed) return new Map();
    try {
      const sql = "SELECT room, head FROM rooms WHERE room IN (SELECT value FROM json_each(?))";
      const heads = this.#file.rows(sql, JSON.stringify(rooms)).map((row) =>
        [row.text("room"), parseJson(HeadSchema, row.textOrUndefined("head") ?? "")] as const
      );
      return new Map(heads.map(([room, head]) => [room, head && topOf(head)]));
    } catch (error) {
      this.#recordDamage(error);
      throw fromSqliteError(error);
    }
  }

  #topOfEmpty(room: RoomId): Position | undefined {
    const head = this.#emptyRooms.get(room);
    if (head) this.#emptyRooms.keep(room, head, this.#clock.now());
    return head && topOf(head);
  }

  #storageOf(room: RoomId): SqliteRoom {
    const storage = this.#openRooms.get(room) ?? this.#openRoom(room);
    this.#openRooms.set(room, storage);
    return storage;
  }

  #removeRoom(room: RoomId): void {
    const storage = this.#storageOf(room);
    storage.remove();
    this.#removedRooms.push(storage);
    this.#openRooms.delete(room);
    this.#summaries.delete(room);
  }

  #openRoom(room: RoomId): SqliteRoom {
    const empty = this.#emptyRooms.get(room);
    const known = this.#contradictory.has(room) ? "contradictory" : this.#summaries.get(room);
    return new SqliteRoom(this.#roomContext, room, empty, known);
  }

  #beforeCommit(): void {
    for (const storage of this.#openRooms.values()) storage.save();
    this.#runTime.saveIfDue(this.#file);
    this.#file.run(
      `DELETE FROM receipts WHERE (room, user, id) IN
        (SELECT room, user, id FROM receipts WHERE ran <= ? ORDER BY ran LIMIT ?)`,
      this.#runTime.ranMs() - RECEIPTS_MS,
      RECEIPTS_DELETED_PER_COMMIT,
    );
  }

  #recordDamage(error: unknown): void {
    if (isDamage(error)) this.#damage.reportFile(error);
  }

  #afterTransaction(error: unknown): void {
    this.#access.report(error);
    this.#recordDamage(error);
    this.#usage.afterTransaction(error !== undefined);
    const now = this.#clock.now();
    // A rolled-back transaction has dropped nothing, but an epoch that clients may have seen must be kept.
    if (error === undefined) {
      const used = [...this.#removedRooms, ...this.#openRooms.values()];
      this.#dropped += used.reduce((sum, { dropped }) => sum + dropped, 0);
    }
    this.#removedRooms = [];
    for (const [room, storage] of this.#openRooms) {
      const hasRow = storage.isStored && error === undefined;
      if (hasRow) {
        // A rebuilt row is stored now.
        this.#rebuiltEpochs.delete(room);
        this.#contradictory.delete(room);
        this.#summaries.set(room, storage.summary());
      } else this.#summaries.delete(room);
      if (!hasRow && storage.head()?.top === 0) this.#emptyRooms.keep(room, storage.head(), now);
      else if (hasRow) this.#emptyRooms.keep(room, undefined, now);
    }
    this.#openRooms.clear();
  }

  #takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#usage.afterTransaction(true);
    return dropped;
  }

  #logContext(): LogContext {
    return {
      now: this.#clock.date(),
      ranMs: this.#runTime.ranMs(),
      epoch: this.#newEpoch(),
      retention: this.#retention,
    };
  }
}
