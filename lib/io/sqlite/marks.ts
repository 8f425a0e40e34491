/**
 * Read marks of one room. Anyone can become a new user and set a mark, so their number is limited, and marks of users who
 * do not come back expire.
 * @module
 */
import type { UserId } from "../../core/entries.ts";
import type { RoomId } from "../../core/names.ts";
import type { Position } from "../../core/positions.ts";
import { MAX_MARKS } from "../../core/room_log.ts";
import { PositionSchema } from "../log_schemas.ts";
import type { Statements } from "./statements.ts";

/** Marks deleted per step. */
const FORGOTTEN_AT_A_TIME = 500;

/** How far a user has read. */
export interface Mark {
  /** What was read last. */
  readonly read: Position;
  /** When the mark was set or its user was last seen, on the scale of ages. */
  readonly ranMs: number;
}

/** The read marks of one room, in one transaction. */
export class Marks {
  readonly #file: Statements;
  readonly #room: RoomId;
  readonly #reportDamage: () => void;
  #count: number;
  #forgotten = 0;

  /** The stored marks. @param count Their number, since counting would read all of them. */
  constructor(file: Statements, room: RoomId, count: number, reportDamage: () => void) {
    this.#file = file;
    this.#room = room;
    this.#count = count;
    this.#reportDamage = reportDamage;
  }

  /** Present number of marks. */
  get count(): number {
    return this.#count;
  }

  /** Number of marks dropped so far. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The user's mark; undefined if there is none or it cannot be read. */
  get(user: UserId): Mark | undefined {
    const sql = "SELECT epoch, seq, ran FROM reads WHERE room = ? AND user = ?";
    const row = this.#file.row(sql, this.#room, user);
    if (row === undefined) return undefined;
    const read = { epoch: row.textOrNone("epoch"), seq: row.numberOrNone("seq") };
    const position = PositionSchema.read(read);
    if (position) return { read: position, ranMs: row.numberOrNone("ran") ?? 0 };
    this.#reportDamage();
    return undefined;
  }

  /** Sets the user's mark; drops the oldest one if there are too many. */
  set(user: UserId, { read: { epoch, seq }, ranMs }: Mark): void {
    const update = "UPDATE reads SET epoch = ?, seq = ?, ran = ? WHERE room = ? AND user = ?";
    if (this.#file.run(update, epoch, seq, ranMs, this.#room, user) > 0) return;
    const insert = "INSERT INTO reads (room, user, epoch, seq, ran) VALUES (?, ?, ?, ?, ?)";
    this.#count += this.#file.run(insert, this.#room, user, epoch, seq, ranMs);
    if (this.#count > MAX_MARKS) this.#drop(Infinity, this.#count - MAX_MARKS);
  }

  /** Drops some of the marks that were set before `since`. */
  forgetSome(since: number): void {
    if (this.#count > 0 && since > -Infinity) this.#drop(since, FORGOTTEN_AT_A_TIME);
  }

  #drop(before: number, limit: number): void {
    const dropped = this.#file.run(
      `DELETE FROM reads WHERE (room, user) IN
        (SELECT room, user FROM reads WHERE room = ? AND ran < ? ORDER BY ran LIMIT ?)`,
      this.#room,
      before,
      limit,
    );
    this.#forgotten += dropped;
    this.#count -= dropped;
  }
}
