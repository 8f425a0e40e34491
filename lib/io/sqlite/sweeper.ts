/**
 * Deletes expired rows from all rooms, a few rooms per transaction, and returns unused pages to the file system. The sweep
 * decides by the rooms' rows, and reads entries and messages only in rooms that may have expired ones.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { parseStoredRoom, type RoomId } from "../../core/names/names.ts";
import { readMarkersRetainedSince } from "../../core/log/reading/read_markers.ts";
import { applyRetention, retainedSince, roomsRetainedSince } from "../../core/log/retention.ts";
import type { LogContext } from "../../core/log/room_log.ts";
import { logger } from "../logger.ts";
import { isDamage } from "./file/errors.ts";
import type { DamageTracker } from "./damage_tracker.ts";
import type { SqliteRoom } from "./room_storage.ts";
import type { Statements } from "./file/statements.ts";

/** Room rows read per step. */
const ROOMS_PER_STEP = 200;
/** Rooms swept per transaction. */
const ROOMS_PER_TRANSACTION = 20;
/** Maximum number of unused pages that one transaction returns to the file system. */
const PAGES_PER_TRANSACTION = 256;
/** No further transaction returns pages in a sweep that has returned this many. */
const PAGES_PER_SWEEP = 16_384;
/** Unused pages kept for new rows. */
const SPARE_PAGES = 256;

/** What the sweeper needs from its store. */
export interface SqliteSweeperContext {
  /** The file, as it is open now. */
  readonly file: () => Statements;
  /** Runs a function in a transaction. */
  readonly write: <T>(fn: () => T) => Promise<T>;
  /** The room's storage in the current transaction. */
  readonly storageOf: (room: RoomId) => SqliteRoom;
  /** Deletes a room in the current transaction. */
  readonly removeRoom: (room: RoomId) => void;
  /** Current time, run time and retention. */
  readonly logContext: () => LogContext;
  /** Logs and counts damaged rows. */
  readonly damage: DamageTracker;
  /** Returns the number of rows dropped since the last call. */
  readonly takeDropped: () => number;
}

/** Sweeps one store. */
export class SqliteSweeper {
  readonly #context: SqliteSweeperContext;

  /** Does nothing until {@linkcode sweep} is called. */
  constructor(context: SqliteSweeperContext) {
    this.#context = context;
  }

  /** Deletes expired rows. Rejects with `BusUnavailable`. @param isWanted Whether an expired room must be kept. */
  async sweep(isWanted: (room: RoomId) => boolean): Promise<void> {
    const { file, write, takeDropped } = this.#context;
    const failures: unknown[] = [];
    await this.#sweepAll(isWanted, failures);
    // Every transaction deletes expired receipts, so run one even if no room had anything to drop.
    await write(() => {});
    const pages = await this.#shrink();
    const dropped = takeDropped();
    if (dropped > 0 || pages > 0) {
      const pageSize = file().row("PRAGMA page_size")?.number("page_size") ?? 0;
      logger.info("store.rows_deleted", { rows: dropped, bytes: pages * pageSize });
    }
    // A damaged room must not keep the others from being swept.
    if (failures.length > 0) throw failures[0];
  }

  /** @param failures Receives the errors of damaged rooms. */
  async #sweepAll(isWanted: (room: RoomId) => boolean, failures: unknown[]): Promise<void> {
    const { file } = this.#context;
    for (let after = "";;) {
      const sql = `SELECT room, messages, marks,
          EXISTS (SELECT 1 FROM room_state WHERE room_state.room = rooms.room) AS has_state
        FROM rooms WHERE room > ? ORDER BY room LIMIT ?`;
      const rows = file().rows(sql, after, ROOMS_PER_STEP);
      if (rows.length === 0) return;
      const due = rows.filter((row) =>
        row.number("has_state") > 0 ||
        this.#isDue(row.numberOrUndefined("messages"), row.numberOrUndefined("marks"))
      ).map((row) => row.textOrUndefined("room") ?? "");
      for (let some = due.splice(0, ROOMS_PER_TRANSACTION); some.length > 0;) {
        const left = await this.#sweepRooms(some, isWanted, failures);
        some = [...left, ...due.splice(0, ROOMS_PER_TRANSACTION - left.length)];
      }
      const last = rows.at(-1)?.textOrUndefined("room");
      if (last === undefined) return;
      after = last;
      await setImmediate();
    }
  }

  /** Sweeps rooms, and each alone if one is damaged. Returns those in which more must be dropped. */
  async #sweepRooms(
    rooms: readonly string[],
    isWanted: (room: RoomId) => boolean,
    failures: unknown[],
  ): Promise<readonly string[]> {
    try {
      return await this.#context.write(() =>
        rooms.filter((room) => this.#sweepRoom(room, isWanted))
      );
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (rooms.length === 1) {
        failures.push(error);
        return [];
      }
      const left: string[] = [];
      for (const room of rooms) left.push(...await this.#sweepRooms([room], isWanted, failures));
      return left;
    }
  }

  /** Whether a room may have rows to drop, judging by its own row. */
  #isDue(messages = Infinity, readMarkers = Infinity): boolean {
    const context = this.#context.logContext();
    return retainedSince(context) > -Infinity || messages > context.retention.messages ||
      readMarkers > 0;
  }

  /** Sweeps one room. Returns whether more must be dropped. */
  #sweepRoom(text: string, isWanted: (room: RoomId) => boolean): boolean {
    const { storageOf, removeRoom, logContext, damage } = this.#context;
    const room = parseStoredRoom(text);
    // No client can join a room with an invalid name; report it and continue with the other rooms.
    if (room !== text) {
      damage.report({ table: "rooms", room: text });
      return false;
    }
    const [storage, context] = [storageOf(room), logContext()];
    const before = storage.dropped;
    storage.state.dropEnded(context.now);
    const isOld = storage.enteredAt < roomsRetainedSince(context);
    // A room whose settings were changed is kept, with them.
    if (isOld && !isWanted(room) && storage.state.count === 0) {
      removeRoom(room);
      return false;
    }
    storage.hasMoreToTrim = false;
    applyRetention(storage, context);
    storage.readMarkers.dropExpired(readMarkersRetainedSince(context));
    return storage.hasMoreToTrim && storage.dropped > before;
  }

  /** Returns unused pages to the file system. Returns how many. */
  async #shrink(): Promise<number> {
    const { file, write } = this.#context;
    const spare = () =>
      (file().row("PRAGMA freelist_count")?.number("freelist_count") ?? 0) - SPARE_PAGES;
    let freed = 0;
    for (let left = spare(); left > 0 && freed < PAGES_PER_SWEEP; left = spare()) {
      const step = Math.min(left, PAGES_PER_TRANSACTION);
      await write(() => file().rows(`PRAGMA incremental_vacuum(${step})`));
      // A file without incremental auto-vacuum keeps its pages.
      if (spare() >= left) return freed;
      freed += step;
      await setImmediate();
    }
    return freed;
  }
}
