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
  /** When it was set, or its user was last seen, on the scale of ages. */
  readonly ranMs: number;
}

/** The read marks of one room, in one transaction. */
export class Marks {
  readonly #file: Statements;
  readonly #room: RoomId;
  readonly #reportDamage: () => void;
  #count: number;
  #forgotten = 0;

  /** Those that are stored. @param count How many there are: to count them would be to read them all. */
  constructor(file: Statements, room: RoomId, count: number, reportDamage: () => void) {
    this.#file = file;
    this.#room = room;
    this.#count = count;
    this.#reportDamage = reportDamage;
  }

  /** How many there are now. */
  get count(): number {
    return this.#count;
  }

  /** How many were forgotten so far. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The user's; undefined where there is none that can be read. */
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

  /** Sets the user's; in the place of the oldest, where there are too many. */
  set(user: UserId, { read: { epoch, seq }, ranMs }: Mark): void {
    const update = "UPDATE reads SET epoch = ?, seq = ?, ran = ? WHERE room = ? AND user = ?";
    if (this.#file.run(update, epoch, seq, ranMs, this.#room, user) > 0) return;
    const insert = "INSERT INTO reads (room, user, epoch, seq, ran) VALUES (?, ?, ?, ?, ?)";
    this.#count += this.#file.run(insert, this.#room, user, epoch, seq, ranMs);
    if (this.#count > MAX_MARKS) this.#drop(Infinity, this.#count - MAX_MARKS);
  }

  /** Forgets some of those that were set before `since`. */
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
