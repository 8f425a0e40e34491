/**
 * The state of one room: its settings, members, mutes and bans. Most rooms have none, so the first access counts the fields, and if
 * there are none, nothing else is read.
 * @module
 */
import type { RoomId } from "../../core/names/names.ts";
import { endedFields } from "../../core/log/state_expiry.ts";
import type { Row, Statements } from "./file/statements.ts";

/** The fields of a room's state, for one transaction or read. */
export class StoredState {
  readonly #file: Statements;
  readonly #room: RoomId;
  readonly #reportDamage: () => void;
  /** Number of fields; undefined if they have not been counted. */
  #count: number | undefined;
  /** Fields that were read or written; undefined for those that do not exist. */
  readonly #known = new Map<string, string | undefined>();
  #dropped = 0;

  /** Reads nothing yet. @param count The number of fields, if it is known. */
  constructor(file: Statements, room: RoomId, reportDamage: () => void, count?: number) {
    this.#file = file;
    this.#room = room;
    this.#reportDamage = reportDamage;
    this.#count = count;
  }

  /** Current number of fields, if it was read or needed so far. */
  get knownCount(): number | undefined {
    return this.#count;
  }

  /** Current number of fields. */
  get count(): number {
    const sql = "SELECT count(*) AS count FROM room_state WHERE room = ?";
    return this.#count ??= this.#file.row(sql, this.#room)?.number("count") ?? 0;
  }

  /** Number of ended fields dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The text of a field; undefined if there is none or it is damaged. */
  get(field: string): string | undefined {
    if (this.count === 0 || this.#known.has(field)) return this.#known.get(field);
    const sql = "SELECT value FROM room_state WHERE room = ? AND field = ?";
    const row = this.#file.row(sql, this.#room, field);
    const value = row?.textOrUndefined("value");
    if (row && value === undefined) this.#reportDamage();
    this.#known.set(field, value);
    return value;
  }

  /** Sets a field, or removes it. */
  set(field: string, value: string | undefined): void {
    const { count } = this;
    this.#known.set(field, value);
    if (value === undefined) {
      const remove = "DELETE FROM room_state WHERE room = ? AND field = ?";
      this.#count = count - this.#file.run(remove, this.#room, field);
      return;
    }
    const update = "UPDATE room_state SET value = ? WHERE room = ? AND field = ?";
    if (this.#file.run(update, value, this.#room, field) > 0) return;
    const insert = "INSERT INTO room_state (room, field, value) VALUES (?, ?, ?)";
    this.#count = count + this.#file.run(insert, this.#room, field, value);
  }

  /** The names of all fields, also of damaged ones. */
  names(): readonly string[] {
    if (this.count === 0) return [];
    const sql = "SELECT field FROM room_state WHERE room = ?";
    return this.#file.rows(sql, this.#room).flatMap((row) => row.textOrUndefined("field") ?? []);
  }

  /** All fields, without damaged ones. */
  all(): ReadonlyMap<string, string> {
    const sql = "SELECT field, value FROM room_state WHERE room = ?";
    return this.#read(this.#file.each(sql, this.#room));
  }

  /** Some fields, without damaged ones. Does not count the fields, which takes longer the more there are. */
  pick(fields: readonly string[]): ReadonlyMap<string, string> {
    const sql = `SELECT field, value FROM room_state
      WHERE room = ? AND field IN (SELECT value FROM json_each(?))`;
    return this.#read(this.#file.each(sql, this.#room, JSON.stringify(fields)));
  }

  #read(rows: Iterable<Row>): ReadonlyMap<string, string> {
    const fields = new Map<string, string>();
    for (const row of rows) {
      const [field, value] = [row.textOrUndefined("field"), row.textOrUndefined("value")];
      if (field === undefined || value === undefined) this.#reportDamage();
      else fields.set(field, value);
    }
    return fields;
  }

  /** Drops what has ended. @param date Milliseconds since 1970. */
  dropEnded(date: number): void {
    if (this.count === 0) return;
    const before = this.count;
    for (const field of endedFields(this.all(), date)) this.set(field, undefined);
    this.#dropped += before - this.count;
  }
}
