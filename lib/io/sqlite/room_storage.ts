/**
 * One room in the embedded store's file. Use an instance for a single transaction or read: it caches the room's row, and
 * writes it once, in {@linkcode SqliteRoom.save}. Discard it after a rollback. Rows are validated: damaged ones are reported,
 * and skipped or replaced by a tombstone.
 * @module
 */
import { entryJson, headJson } from "../stored_entry.ts";
import { type Entry, type Message, messagePositionOf, type UserId } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Head } from "../../core/log/epochs.ts";
import { MAX_UNREAD } from "../../core/log/reading/read_markers.ts";
import type { RoomStorage, StoredReceipt } from "../../core/log/room_log.ts";
import type { DamageTracker } from "./damage_tracker.ts";
import { type AgedRow, firstRow, oldestSeqSince, seqAtOffset } from "./ages.ts";
import { StoredReadMarkers } from "./read_markers.ts";
import { StoredState } from "./room_state.ts";
import { RowReader } from "./rows.ts";
import type { Statements } from "./file/statements.ts";

/** Maximum number of entries, and of messages, dropped at a time; the sweep drops the rest. */
const MAX_TRIMMED = 500;

/** Dependencies that all rooms of a store share. */
export interface SqliteRoomContext {
  /** The file, open for the current transaction or read. */
  readonly file: Statements;
  /** Logs and counts damaged rows. */
  readonly damage: DamageTracker;
  /** Returns an unused epoch for a room whose head is damaged. */
  readonly epochFor: (room: RoomId) => string;
}

/** What a committed transaction knows about a room, so that the next one need not read it. */
export interface StoredRoomSummary {
  /** Number of fields of the room's state; undefined if it is not known. */
  readonly fields: number | undefined;
  /**
   * The number of the oldest entry, and when it or the oldest message was added, whichever was earlier; undefined if that is not
   * known.
   */
  readonly oldest: AgedRow | undefined;
}

/** The stored log of one room, for one transaction or read. */
export class SqliteRoom implements RoomStorage {
  readonly #file: Statements;
  readonly #room: RoomId;
  readonly #rows: RowReader;
  #head: Head | undefined;
  /** Number of messages, cached in the room's row: counting would read all of them. */
  #messages = 0;
  /** The read markers of users in this room. */
  readonly readMarkers: StoredReadMarkers;
  /** The fields of the room's state. */
  readonly state: StoredState;
  #enteredAt = 0;
  #storedReadMarkers: number;
  #isStored = false;
  #isChanged = false;
  #dropped = 0;
  #oldest: AgedRow | undefined;
  /** Whether {@linkcode trim} has left rows that must be dropped. */
  hasMoreToTrim = false;

  /**
   * Reads the room's row.
   *
   * @param empty The head if the room is not stored.
   * @param known What the last transaction knew about it, or that the room's row must be rebuilt.
   */
  constructor(
    { file, damage, epochFor }: SqliteRoomContext,
    room: RoomId,
    empty?: Head,
    known?: StoredRoomSummary | "contradictory",
  ) {
    this.#file = file;
    this.#room = room;
    this.#rows = new RowReader(file, room, damage, epochFor);
    const row = file.row("SELECT head, messages, marks, ran FROM rooms WHERE room = ?", room);
    const isContradictory = known === "contradictory";
    const summary = isContradictory ? undefined : known;
    const stored = isContradictory ? this.#rows.rebuiltRoom(row) : row && this.#rows.room(row);
    this.#head = stored?.head ?? empty;
    this.#storedReadMarkers = stored?.readMarkers ?? 0;
    this.readMarkers = new StoredReadMarkers(
      file,
      room,
      this.#storedReadMarkers,
      () => this.#rows.report("reads"),
    );
    const reportState = () => this.#rows.report("room_state");
    this.state = new StoredState(file, room, reportState, summary?.fields);
    this.#oldest = summary?.oldest;
    if (stored === undefined) return;
    this.#isStored = true;
    this.#isChanged = stored.isRebuilt;
    ({ messages: this.#messages, enteredAt: this.#enteredAt } = stored);
  }

  /** When the newest entry was added, as run time in milliseconds. */
  get enteredAt(): number {
    return this.#enteredAt;
  }

  /** What is known about the room. Reads nothing: it is called after the commit. */
  summary(): StoredRoomSummary {
    return { fields: this.state.knownCount, oldest: this.#oldest };
  }

  /** Number of rows dropped so far. */
  get dropped(): number {
    return this.#dropped + this.readMarkers.dropped + this.state.dropped;
  }

  /** Whether the room has a row in the table `rooms`. */
  get isStored(): boolean {
    return this.#isStored;
  }

  /** Writes the room's row if it has changed; rooms without entries are not stored. */
  save(): void {
    const isChanged = this.#isChanged || this.readMarkers.count !== this.#storedReadMarkers;
    if (!isChanged || this.#head === undefined || this.#head.top === 0) return;
    this.#file.run(
      `INSERT INTO rooms (room, head, messages, marks, ran) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET head = excluded.head, messages = excluded.messages,
          marks = excluded.marks, ran = excluded.ran`,
      this.#room,
      headJson(this.#head),
      this.#messages,
      this.readMarkers.count,
      this.#enteredAt,
    );
    this.#storedReadMarkers = this.readMarkers.count;
    this.#isStored = true;
    this.#isChanged = false;
  }

  head(): Head | undefined {
    return this.#head;
  }

  setHead(head: Head): void {
    this.#head = head;
    this.#isChanged = true;
  }

  receipt(user: UserId, id: string): StoredReceipt | undefined {
    const sql = "SELECT body FROM receipts WHERE room = ? AND user = ? AND id = ?";
    const row = this.#file.row(sql, this.#room, user, id);
    return row && this.#rows.receipt(row);
  }

  keepReceipt(user: UserId, id: string, receipt: StoredReceipt, ranMs: number): void {
    // REPLACE, because there may be a damaged receipt.
    const sql =
      "INSERT OR REPLACE INTO receipts (room, user, id, ran, body) VALUES (?, ?, ?, ?, ?)";
    this.#file.run(sql, this.#room, user, id, ranMs, JSON.stringify(receipt));
  }

  floor(since: number): number {
    const fresh = oldestSeqSince(this.#file, "entries", this.#room, since);
    return fresh === undefined ? this.#head?.top ?? 0 : fresh - 1;
  }

  *entries(after: number, since: number): Generator<Entry> {
    const rows = this.#file.each(
      `SELECT entries.seq, entries.body, about, messages.body AS message, messages.ran AS ran
        FROM entries LEFT JOIN messages ON messages.room = entries.room AND messages.seq = about
        WHERE entries.room = ? AND entries.seq > ? ORDER BY entries.seq`,
      this.#room,
      after,
    );
    let next = after + 1;
    for (const row of rows) {
      const seq = row.numberOrUndefined("seq");
      // Rows with a damaged number sort last; tombstones fill their gaps.
      if (seq === undefined) break;
      for (; next < seq; next++) yield this.#rows.tombstone(next, this.#head);
      yield this.#rows.entry(row, seq, since, this.#head);
      next = seq + 1;
    }
    for (const top = this.#head?.top ?? 0; next <= top; next++) {
      yield this.#rows.tombstone(next, this.#head);
    }
  }

  addEntry(entry: Entry, ranMs: number): void {
    const sql = "INSERT INTO entries (room, seq, ran, body, about) VALUES (?, ?, ?, ?, ?)";
    const about = messagePositionOf(entry)?.seq ?? null;
    this.#file.run(sql, this.#room, entry.position.seq, ranMs, entryJson(entry), about);
    this.#enteredAt = ranMs;
  }

  message(seq: number, since: number): Message | undefined {
    const sql = "SELECT seq, body FROM messages WHERE room = ? AND seq = ? AND ran >= ?";
    const row = this.#file.row(sql, this.#room, seq, since);
    return row && this.#rows.message(row);
  }

  setMessage(message: Message, ranMs: number): void {
    const { position: { seq } } = message;
    const body = JSON.stringify(message);
    const isNew = seq > (this.#head?.top ?? 0);
    const update = "UPDATE messages SET body = ? WHERE room = ? AND seq = ?";
    const isUpdated = !isNew &&
      this.#overwriting(() => this.#file.run(update, body, this.#room, seq) > 0);
    if (isUpdated) {
      if (message.deleted) this.#overwriting(() => this.#dropMentions("seq = ?", seq));
      return;
    }
    const insert = "INSERT INTO messages (room, seq, ran, body) VALUES (?, ?, ?, ?)";
    this.#messages += this.#file.run(insert, this.#room, seq, ranMs, body);
    this.#isChanged = true;
    for (const user of message.mentions ?? []) {
      const mention = "INSERT OR IGNORE INTO mentions (room, seq, user) VALUES (?, ?, ?)";
      this.#file.run(mention, this.#room, seq, user);
    }
  }

  #dropMentions(which: "seq = ?" | "seq < ?", seq: number): void {
    this.#file.run(`DELETE FROM mentions WHERE room = ? AND ${which}`, this.#room, seq);
  }

  *messages(before: number, since: number): Generator<Message> {
    const oldest = oldestSeqSince(this.#file, "messages", this.#room, since);
    if (oldest === undefined) return;
    yield* this.#messagesBetween(oldest, before, "DESC");
  }

  *messagesAfter(after: number, since: number): Generator<Message> {
    const oldest = oldestSeqSince(this.#file, "messages", this.#room, since);
    if (oldest === undefined) return;
    yield* this.#messagesBetween(Math.max(oldest, after + 1), Infinity, "ASC");
  }

  *#messagesBetween(first: number, end: number, order: "ASC" | "DESC"): Generator<Message> {
    const rows = this.#file.each(
      `SELECT seq, body FROM messages WHERE room = ? AND seq < ? AND seq >= ? ORDER BY seq ${order}`,
      this.#room,
      end,
      first,
    );
    for (const row of rows) {
      const message = this.#rows.message(row);
      if (message) yield message;
    }
  }

  /** Number of messages after `seq` that are not older than `since`; at most `MAX_UNREAD`. */
  countAfter(seq: number, since: number): number {
    const oldest = oldestSeqSince(this.#file, "messages", this.#room, since);
    if (oldest === undefined) return 0;
    const sql = `SELECT count(*) AS count FROM
      (SELECT 1 FROM messages WHERE room = ? AND seq > ? LIMIT ?)`;
    const after = Math.max(seq, oldest - 1);
    return this.#file.row(sql, this.#room, after, MAX_UNREAD)?.number("count") ?? 0;
  }

  /** Number of those that mention a user. */
  countMentions(user: UserId, seq: number, since: number): number {
    const oldest = oldestSeqSince(this.#file, "messages", this.#room, since);
    if (oldest === undefined) return 0;
    const sql = `SELECT count(*) AS count FROM
      (SELECT 1 FROM mentions WHERE room = ? AND user = ? AND seq > ? LIMIT ?)`;
    const after = Math.max(seq, oldest - 1);
    return this.#file.row(sql, this.#room, user, after, MAX_UNREAD)?.number("count") ?? 0;
  }

  stateField(field: string): string | undefined {
    return this.state.get(field);
  }

  setStateField(field: string, value: string | undefined): void {
    this.state.set(field, value);
  }

  countStateFields(): number {
    return this.state.count;
  }

  stateFieldNames(): Iterable<string> {
    return this.state.names();
  }

  clearMessages(before: number): void {
    const sql = "DELETE FROM messages WHERE room = ? AND seq < ?";
    const cleared = this.#overwriting(() => this.#file.run(sql, this.#room, before));
    this.#overwriting(() => this.#dropMentions("seq < ?", before));
    this.#messages -= cleared;
    this.#dropped += cleared;
    this.#isChanged = true;
  }

  /** Overwrites in the file what a statement removes from it. */
  #overwriting<T>(write: () => T): T {
    // By default, SQLite does not overwrite pages that are freed as a whole, such as those of a body of more than about 1,000 bytes.
    this.#file.rows("PRAGMA secure_delete = ON");
    try {
      return write();
    } finally {
      this.#file.rows("PRAGMA secure_delete = FAST");
    }
  }

  trim(keep: { entries: number; messages: number; since: number }): void {
    if (!this.#mayExceed(keep)) return;
    const before = this.#dropped;
    this.#trim(keep);
    this.#oldest = this.#dropped === before ? this.#readOldest() : undefined;
  }

  /** Whether there may be something to trim. In most rooms, the last transaction has found that there is nothing. */
  #mayExceed(keep: { entries: number; messages: number; since: number }): boolean {
    const oldest = this.#oldest;
    return oldest === undefined || oldest.ran < keep.since || this.#messages > keep.messages ||
      oldest.seq <= (this.#head?.top ?? 0) - keep.entries;
  }

  #readOldest(): AgedRow | undefined {
    const entry = firstRow(this.#file, "entries", this.#room);
    const message = firstRow(this.#file, "messages", this.#room);
    return entry && { ...entry, ran: Math.min(entry.ran, message?.ran ?? Infinity) };
  }

  #trim(keep: { entries: number; messages: number; since: number }): void {
    const surplus = (this.#head?.top ?? 0) - keep.entries;
    if (surplus > 0 || keep.since > -Infinity) {
      const fresh = oldestSeqSince(this.#file, "entries", this.#room, keep.since) ?? Infinity;
      this.#drop("entries", Math.max(surplus + 1, fresh));
    }
    const more = this.#messages - keep.messages;
    if (more > 0 || keep.since > -Infinity) {
      const fresh = oldestSeqSince(this.#file, "messages", this.#room, keep.since) ?? Infinity;
      this.hasMoreToTrim ||= more > MAX_TRIMMED;
      const newest = more > 0 ? this.#messageAfter(Math.min(more, MAX_TRIMMED)) : 0;
      const dropped = this.#drop("messages", Math.max(newest, fresh));
      this.#messages -= dropped;
      this.#isChanged ||= dropped > 0;
    }
  }

  /** Deletes all rows of the room. Do not use the instance again: what it has cached is no longer true. */
  remove(): void {
    const tables = ["room_state", "reads", "receipts", "mentions", "messages", "entries", "rooms"];
    for (const table of tables) {
      this.#dropped += this.#file.run(`DELETE FROM ${table} WHERE room = ?`, this.#room);
    }
    // Without a head, save() writes nothing.
    this.#isStored = false;
    this.#head = undefined;
  }

  /** The number of the first message to keep, after `count` older ones. */
  #messageAfter(count: number): number {
    const seq = seqAtOffset(this.#file, "messages", this.#room, count);
    if (seq !== undefined) return seq;
    // There are fewer messages: the cached count was wrong.
    this.#messages = this.#rows.count("messages");
    this.#isChanged = true;
    return 0;
  }

  /** Drops up to about `MAX_TRIMMED` rows before a number, oldest first. Returns how many. */
  #drop(table: "entries" | "messages", before: number): number {
    const oldest = seqAtOffset(this.#file, table, this.#room, 0);
    if (oldest === undefined || oldest >= before) return 0;
    const last = before - oldest > MAX_TRIMMED
      ? seqAtOffset(this.#file, table, this.#room, MAX_TRIMMED) ?? before
      : before;
    this.hasMoreToTrim ||= last < before;
    const sql = `DELETE FROM ${table} WHERE room = ? AND seq < ?`;
    const dropped = this.#file.run(sql, this.#room, Math.min(before, last));
    if (table === "messages") this.#dropMentions("seq < ?", Math.min(before, last));
    this.#dropped += dropped;
    return dropped;
  }
}
