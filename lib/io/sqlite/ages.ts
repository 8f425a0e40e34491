/**
 * Finding rows by age and by count, without reading all rows of a room: ages go up with the numbers, so what is too old is
 * found by halving.
 * @module
 */
import type { RoomId } from "../../core/names.ts";
import type { Statements } from "./statements.ts";

/** A table that has a number and an age in each row. */
export type AgedTable = "entries" | "messages";

/** The number of the row that has so many older ones before it in the room; undefined where there are fewer. */
export function seqAt(
  file: Statements,
  table: AgedTable,
  room: RoomId,
  offset: number,
): number | undefined {
  const sql = `SELECT seq FROM ${table} WHERE room = ? ORDER BY seq LIMIT 1 OFFSET ?`;
  return file.row(sql, room, offset)?.numberOrNone("seq");
}

/** The number of the oldest row that is not older than `since`; undefined where there is none. */
export function freshFrom(
  file: Statements,
  table: AgedTable,
  room: RoomId,
  since: number,
): number | undefined {
  const probe = (seq: number) => {
    const sql = `SELECT seq, ran FROM ${table} WHERE room = ? AND seq >= ? ORDER BY seq LIMIT 1`;
    const row = file.row(sql, room, seq);
    // A row whose age cannot be read counts as new: it goes when it is one too many.
    const found = row?.numberOrNone("seq");
    if (found === undefined) return undefined;
    return { seq: found, ran: row?.numberOrNone("ran") ?? Infinity };
  };
  const oldest = probe(0);
  if (oldest === undefined || oldest.ran >= since) return oldest?.seq;
  const sql = `SELECT seq FROM ${table} WHERE room = ? AND typeof(seq) = 'integer'
    ORDER BY seq DESC LIMIT 1`;
  let [old, end] = [oldest.seq, (file.row(sql, room)?.numberOrNone("seq") ?? oldest.seq) + 1];
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
