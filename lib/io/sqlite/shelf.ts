/**
 * One room in the embedded store's file. A shelf is good for one transaction, or for one reading: it remembers the
 * room's head meanwhile and writes it once, by {@linkcode SqliteShelf.save}; it must be thrown away where the transaction
 * is taken back.
 * @module
 */
import type { Entry, Message, UserId } from "../../core/entries.ts";
import type { RoomId } from "../../core/names.ts";
import type { Position } from "../../core/positions.ts";
import type { Head, KeptReceipt, Shelf } from "../../core/room_log.ts";
import type { Statements } from "./statements.ts";

/** A room as the file has it. */
export class SqliteShelf implements Shelf {
  readonly #file: Statements;
  readonly #room: RoomId;
  #head: Head | undefined;
  /** How many there are: to count them would be to read them all. */
  #messages: number;
  #isChanged: boolean;

  /** The room. @param spare The head of a room that is not in the file yet. */
  constructor(file: Statements, room: RoomId, spare?: Head) {
    this.#file = file;
    this.#room = room;
    const row = file.row("SELECT head, messages FROM rooms WHERE room = ?", room);
    this.#head = row ? JSON.parse(row.text("head")) : spare;
    this.#messages = row?.number("messages") ?? 0;
    this.#isChanged = row === undefined && spare !== undefined;
  }

  /** Writes what has changed in the room's own row. */
  save(): void {
    if (!this.#isChanged) return;
    this.#file.run(
      `INSERT INTO rooms (room, head, messages) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET head = excluded.head, messages = excluded.messages`,
      this.#room,
      JSON.stringify(this.#head),
      this.#messages,
    );
    this.#isChanged = false;
  }

  head(): Head | undefined {
    return this.#head;
  }

  setHead(head: Head): void {
    this.#head = head;
    this.#isChanged = true;
  }

  receipt(user: UserId, id: string): KeptReceipt | undefined {
    const sql = "SELECT body FROM receipts WHERE room = ? AND user = ? AND id = ?";
    const row = this.#file.row(sql, this.#room, user, id);
    return row && JSON.parse(row.text("body"));
  }

  keepReceipt(user: UserId, id: string, receipt: KeptReceipt): void {
    const sql = "INSERT INTO receipts (room, user, id, at, body) VALUES (?, ?, ?, ?, ?)";
    this.#file.run(sql, this.#room, user, id, receipt.at, JSON.stringify(receipt));
  }

  floor(since: number): number {
    const sql = "SELECT seq FROM entries WHERE room = ? AND at >= ? ORDER BY seq LIMIT 1";
    const oldest = this.#file.row(sql, this.#room, since)?.number("seq");
    return oldest === undefined ? this.#head?.top ?? 0 : oldest - 1;
  }

  entries(after: number, limit: number): readonly Entry[] {
    const sql = "SELECT body FROM entries WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?";
    const rows = this.#file.rows(sql, this.#room, after, limited(limit));
    return rows.map((row): Entry => JSON.parse(row.text("body")));
  }

  addEntry(entry: Entry): void {
    const sql = "INSERT INTO entries (room, seq, at, body) VALUES (?, ?, ?, ?)";
    this.#file.run(sql, this.#room, entry.position.seq, entry.at, JSON.stringify(entry));
  }

  message(seq: number): Message | undefined {
    const sql = "SELECT body FROM messages WHERE room = ? AND seq = ?";
    const row = this.#file.row(sql, this.#room, seq);
    return row && JSON.parse(row.text("body"));
  }

  setMessage(message: Message): void {
    const { position: { seq }, at } = message;
    const body = JSON.stringify(message);
    const update = "UPDATE messages SET body = ? WHERE room = ? AND seq = ?";
    if (this.#file.run(update, body, this.#room, seq) > 0) return;
    const insert = "INSERT INTO messages (room, seq, at, body) VALUES (?, ?, ?, ?)";
    this.#messages += this.#file.run(insert, this.#room, seq, at, body);
    this.#isChanged = true;
  }

  messages(before: number, since: number, limit: number): readonly Message[] {
    const sql = `SELECT body FROM messages WHERE room = ? AND seq < ? AND at >= ?
      ORDER BY seq DESC LIMIT ?`;
    const rows = this.#file.rows(sql, this.#room, before, since, limited(limit));
    return rows.map((row): Message => JSON.parse(row.text("body")));
  }

  /** How many messages have greater numbers and are not older than `since`. */
  count(after: number, since: number): number {
    const sql = "SELECT count(*) AS count FROM messages WHERE room = ? AND seq > ? AND at >= ?";
    return this.#file.row(sql, this.#room, after, since)?.number("count") ?? 0;
  }

  trim(keep: { entries: number; messages: number; since: number }): void {
    const last = Math.max((this.#head?.top ?? 0) - keep.entries, this.floor(keep.since));
    this.#file.run("DELETE FROM entries WHERE room = ? AND seq <= ?", this.#room, last);
    const first = this.#firstMessage(this.#messages - keep.messages, keep.since);
    const sql = "DELETE FROM messages WHERE room = ? AND seq < ?";
    const dropped = this.#file.run(sql, this.#room, first);
    this.#messages -= dropped;
    this.#isChanged ||= dropped > 0;
  }

  /** What the user has read last. */
  read(user: UserId): Position | undefined {
    const sql = "SELECT epoch, seq FROM reads WHERE room = ? AND user = ?";
    const row = this.#file.row(sql, this.#room, user);
    return row && { epoch: row.text("epoch"), seq: row.number("seq") };
  }

  /** Keeps what the user has read last. */
  setRead(user: UserId, { epoch, seq }: Position): void {
    this.#file.run(
      `INSERT INTO reads (room, user, epoch, seq) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq`,
      this.#room,
      user,
      epoch,
      seq,
    );
  }

  /** The number of the oldest message that is neither one of so many oldest nor older than `since`. */
  #firstMessage(surplus: number, since: number): number {
    const sql = `SELECT seq FROM messages WHERE room = ? AND at >= ?
      ORDER BY seq LIMIT 1 OFFSET ?`;
    const place = (since: number, offset: number) =>
      this.#file.row(sql, this.#room, since, offset)?.number("seq") ?? Infinity;
    const fresh = place(since, 0);
    return surplus > 0 ? Math.max(fresh, place(-Infinity, surplus)) : fresh;
  }
}

/** As SQLite wants it, for whom a negative limit is none. */
function limited(limit: number): number {
  return limit === Infinity ? -1 : limit;
}
