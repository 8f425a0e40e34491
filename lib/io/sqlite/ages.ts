/**
 * Finds rows by age and by count. Ages increase with numbers, so a binary search avoids reading all rows of a room.
 * @module
 */
import type { RoomId } from "../../core/names/names.ts";
import type { Statements } from "./file/statements.ts";

/** A table whose rows have a number (`seq`) and a run time (`ran`). */
export type AgedTable = "entries" | "messages";

/** The number of the row at an offset from the room's oldest row; undefined if there are fewer rows. */
export function seqAtOffset(
  file: Statements,
  table: AgedTable,
  room: RoomId,
  offset: number,
): number | undefined {
  const sql = `SELECT seq FROM ${table} WHERE room = ? ORDER BY seq LIMIT 1 OFFSET ?`;
  return file.row(sql, room, offset)?.numberOrUndefined("seq");
}

/** A row of one of these tables. */
export interface AgedRow {
  /** The number of its entry. */
  readonly seq: number;
  /** When it was added, as run time in milliseconds. */
  readonly ran: number;
}

/** The oldest row of a room; undefined if there is none. @param from The lowest number to look at. */
export function firstRow(
  file: Statements,
  table: AgedTable,
  room: RoomId,
  from: number = 0,
): AgedRow | undefined {
  const sql = `SELECT seq, ran FROM ${table} WHERE room = ? AND seq >= ? ORDER BY seq LIMIT 1`;
  const row = file.row(sql, room, from);
  const seq = row?.numberOrUndefined("seq");
  // A row with a damaged age counts as new, so it is dropped by count only.
  return seq === undefined ? undefined : { seq, ran: row?.numberOrUndefined("ran") ?? Infinity };
}

/** The number of the oldest row that is not older than `since`; undefined if there is none. */
export function oldestSeqSince(
  file: Statements,
  table: AgedTable,
  room: RoomId,
  since: number,
): number | undefined {
  const probe = (seq: number) => firstRow(file, table, room, seq);
  const oldest = probe(0);
  if (oldest === undefined || oldest.ran >= since) return oldest?.seq;
  const sql = `SELECT seq FROM ${table} WHERE room = ? AND typeof(seq) = 'integer'
    ORDER BY seq DESC LIMIT 1`;
  let [old, end] = [oldest.seq, (file.row(sql, room)?.numberOrUndefined("seq") ?? oldest.seq) + 1];
  let fresh: number | undefined;
  while (old + 1 < end) {
    const middle = Math.floor((old + end) / 2);
    const found = probe(middle);
    if (found === undefined || found.ran >= since) {
      fresh = found?.seq ?? fresh;
      end = middle;
    } else old = found.seq;
  }
  return fresh;
}
