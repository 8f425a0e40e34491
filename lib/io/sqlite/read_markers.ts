/**
 * The read markers of one room. Any client can create users and set markers, so their number is limited, and markers of users who
 * do not return expire.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import { MAX_READ_MARKERS } from "../../core/log/reading/read_markers.ts";
import { PositionSchema } from "../stored_entry.ts";
import type { Statements } from "./file/statements.ts";

/** Maximum number of markers deleted per step. */
const MAX_DROPPED_PER_STEP = 500;

/** A user's read marker. */
export interface StoredReadMarker {
  /** Position of the last entry that the user has read. */
  readonly read: Position;
  /** When the marker was set or its user was last seen, as run time in milliseconds. */
  readonly ranMs: number;
}

/** The read markers of one room, for one transaction or read. */
export class StoredReadMarkers {
  readonly #file: Statements;
  readonly #room: RoomId;
  readonly #reportDamage: () => void;
  #count: number;
  #dropped = 0;

  /** Reads nothing yet. @param count Number of markers, as stored with the room: counting would read all of them. */
  constructor(file: Statements, room: RoomId, count: number, reportDamage: () => void) {
    this.#file = file;
    this.#room = room;
    this.#count = count;
    this.#reportDamage = reportDamage;
  }

  /** Current number of markers. */
  get count(): number {
    return this.#count;
  }

  /** Number of markers dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The user's marker; undefined if there is none or it is damaged. */
  get(user: UserId): StoredReadMarker | undefined {
    const sql = "SELECT epoch, seq, ran FROM reads WHERE room = ? AND user = ?";
    const row = this.#file.row(sql, this.#room, user);
    if (row === undefined) return undefined;
    const read = { epoch: row.textOrUndefined("epoch"), seq: row.numberOrUndefined("seq") };
    const position = PositionSchema.parse(read);
    if (position) return { read: position, ranMs: row.numberOrUndefined("ran") ?? 0 };
    this.#reportDamage();
    return undefined;
  }

  /** Sets the user's marker; drops the oldest one if there are too many. */
  set(user: UserId, { read: { epoch, seq }, ranMs }: StoredReadMarker): void {
    const update = "UPDATE reads SET epoch = ?, seq = ?, ran = ? WHERE room = ? AND user = ?";
    if (this.#file.run(update, epoch, seq, ranMs, this.#room, user) > 0) return;
    const insert = "INSERT INTO reads (room, user, epoch, seq, ran) VALUES (?, ?, ?, ?, ?)";
    this.#count += this.#file.run(insert, this.#room, user, epoch, seq, ranMs);
    if (this.#count > MAX_READ_MARKERS) this.#drop(Infinity, this.#count - MAX_READ_MARKERS);
  }

  /** Drops up to 500 of the markers that were set before `since`. */
  dropExpired(since: number): void {
    if (this.#count > 0 && since > -Infinity) this.#drop(since, MAX_DROPPED_PER_STEP);
  }

  #drop(before: number, limit: number): void {
    const dropped = this.#file.run(
      `DELETE FROM reads WHERE (room, user) IN
        (SELECT room, user FROM reads WHERE room = ? AND ran < ? ORDER BY ran LIMIT ?)`,
      this.#room,
      before,
      limit,
    );
    this.#dropped += dropped;
    this.#count -= dropped;
  }
}
