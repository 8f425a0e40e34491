/**
 * Deletes expired rows from all rooms, a few rooms per transaction, and returns unused pages to the file system. The sweep
 * decides by the rooms' own rows and reads entries and messages only where some of them must go.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { parseRoom, type RoomId } from "../../core/names.ts";
import { marksSinceOf, roomsSinceOf, sinceOf, type Terms, trim } from "../../core/room_log.ts";
import { log } from "../log.ts";
import type { Damage } from "./damage.ts";
import type { SqliteShelf } from "./shelf.ts";
import type { Statements } from "./statements.ts";

/** Rooms examined per step. */
const LOOKED_AT_A_TIME = 200;
/** Rooms swept per transaction. */
const SWEPT_AT_A_TIME = 20;
/** Pages returned per transaction. */
const FREED_AT_A_TIME = 256;
/** Pages returned per sweep. */
const FREED_PER_SWEEP = 16_384;
/** Unused pages that are kept for new rows. */
const SPARE_PAGES = 256;

/** What the sweeper needs of its store. */
export interface SweepContext {
  /** The file, as it is open now. */
  readonly file: () => Statements;
  /** Runs something in a transaction. */
  readonly write: <T>(deed: () => T) => Promise<T>;
  /** The room in the transaction that is under way. */
  readonly shelf: (room: RoomId) => SqliteShelf;
  /** The present terms. */
  readonly terms: () => Terms;
  /** Takes reports of damaged rows. */
  readonly damage: Damage;
  /** Number of rows dropped since the last call. */
  readonly takeDropped: () => number;
}

/** Sweeps one store. */
export class Sweeper {
  readonly #context: SweepContext;

  /** Sweeps on request. */
  constructor(context: SweepContext) {
    this.#context = context;
  }

  /** Drops what is too old. Rejects with `BusUnavailable`. @param isWanted Whether a room must stay. */
  async sweep(isWanted: (room: RoomId) => boolean): Promise<void> {
    const { file, write, takeDropped } = this.#context;
    for (let after = "";;) {
      const sql = `SELECT room, messages, marks, ran FROM rooms WHERE room > ?
        ORDER BY room LIMIT ?`;
      const rows = file().rows(sql, after, LOOKED_AT_A_TIME);
      if (rows.length === 0) break;
      const due = rows.filter((row) =>
        this.#isDue(row.numberOrNone("messages"), row.numberOrNone("marks"))
      ).map((row) => row.textOrNone("room") ?? "");
      for (let some = due.splice(0, SWEPT_AT_A_TIME); some.length > 0;) {
        const left = await write(() => some.filter((room) => this.#sweepRoom(room, isWanted)));
        some = [...left, ...due.splice(0, SWEPT_AT_A_TIME - left.length)];
      }
      const last = rows.at(-1)?.textOrNone("room");
      if (last === undefined) break;
      after = last;
      await setImmediate();
    }
    // Every transaction drops old receipts, even if no room had anything to drop.
    await write(() => {});
    const pages = await this.#shrink();
    const dropped = takeDropped();
    if (dropped === 0 && pages === 0) return;
    const pageSize = file().row("PRAGMA page_size")?.number("page_size") ?? 0;
    log.info("store.freed", { rows: dropped, bytes: pages * pageSize });
  }

  /** Whether a room may have something to drop, by its row alone. */
  #isDue(messages = Infinity, marks = Infinity): boolean {
    const terms = this.#context.terms();
    return sinceOf(terms) > -Infinity || messages > terms.retention.messages || marks > 0;
  }

  /** Sweeps one room. Returns whether there is more to drop. */
  #sweepRoom(text: string, isWanted: (room: RoomId) => boolean): boolean {
    const { shelf: shelfOf, terms: termsNow, damage } = this.#context;
    const room = parseRoom(text);
    // No client can reach a room with an invalid name; the other rooms are swept all the same.
    if (room !== text) {
      damage.report({ table: "rooms", room: text });
      return false;
    }
    const [shelf, terms] = [shelfOf(room), termsNow()];
    const before = shelf.dropped;
    if (shelf.enteredAt < roomsSinceOf(terms) && !isWanted(room)) {
      shelf.remove();
      return false;
    }
    shelf.hasMoreToTrim = false;
    trim(shelf, terms);
    shelf.marks.forgetSome(marksSinceOf(terms));
    return shelf.hasMoreToTrim && shelf.dropped > before;
  }

  /** Gives unused pages back. Returns their number. */
  async #shrink(): Promise<number> {
    const { file, write } = this.#context;
    const spare = () =>
      (file().row("PRAGMA freelist_count")?.number("freelist_count") ?? 0) - SPARE_PAGES;
    let freed = 0;
    for (let left = spare(); left > 0 && freed < FREED_PER_SWEEP; left = spare()) {
      const step = Math.min(left, FREED_AT_A_TIME);
      await write(() => file().rows(`PRAGMA incremental_vacuum(${step})`));
      // A file that was never made shrinkable keeps its pages.
      if (spare() >= left) return freed;
      freed += step;
      await setImmediate();
    }
    return freed;
  }
}
