/**
 * Reads and validates the rows of one room. A row that cannot be read is reported, and replaced where something must stand
 * in its place.
 * @module
 */
import { asItStands, type Entry, type Message } from "../../core/entries.ts";
import type { RoomId } from "../../core/names.ts";
import type { Position } from "../../core/positions.ts";
import type { Head, KeptReceipt } from "../../core/room_log.ts";
import {
  EntrySchema,
  HeadSchema,
  MessageSchema,
  type MessageState,
  MessageStateSchema,
  parseJson,
  ReceiptSchema,
  type Schema,
  tombstone,
} from "../log_schemas.ts";
import type { Damage, DamagedRow } from "./damage.ts";
import type { Row, Statements } from "./statements.ts";

/** A room's own row. */
export interface StoredRoom {
  /** How far its log has come. */
  readonly head: Head;
  /** Number of messages. */
  readonly messages: number;
  /** Number of read marks. */
  readonly marks: number;
  /** When the newest entry was entered, on the scale of ages. */
  readonly enteredAt: number;
  /** Whether the row was rebuilt and has to be written. */
  readonly isMended: boolean;
}

/** Reads the rows of one room. */
export class RowReader {
  readonly #file: Statements;
  readonly #room: RoomId;
  readonly #damage: Damage;
  readonly #epochFor: (room: RoomId) => string;

  /** Reads rows on request. @param epochFor Returns an epoch that was never used before. */
  constructor(
    file: Statements,
    room: RoomId,
    damage: Damage,
    epochFor: (room: RoomId) => string,
  ) {
    this.#file = file;
    this.#room = room;
    this.#damage = damage;
    this.#epochFor = epochFor;
  }

  /** Reports a damaged row of the room. */
  report(table: DamagedRow["table"], seq?: number): void {
    this.#damage.report({ table, room: this.#room, seq });
  }

  /** The room's own row. If it cannot be read, it is rebuilt from the room's content, in a new epoch. */
  room(row: Row): StoredRoom {
    const head = parseJson(HeadSchema, row.textOrNone("head") ?? "");
    const [messages, marks] = [row.numberOrNone("messages"), row.numberOrNone("marks")];
    const enteredAt = row.numberOrNone("ran");
    const isWhole = head && messages !== undefined && marks !== undefined &&
      enteredAt !== undefined;
    if (isWhole) return { head, messages, marks, enteredAt, isMended: false };
    this.report("rooms");
    return {
      head: head ?? this.#mendedHead(),
      messages: this.count("messages"),
      marks: this.count("reads"),
      enteredAt: enteredAt ?? 0,
      isMended: true,
    };
  }

  /** A receipt; undefined if it cannot be read. */
  receipt(row: Row): KeptReceipt | undefined {
    const receipt = parseJson(ReceiptSchema, row.textOrNone("body") ?? "");
    if (receipt === undefined) this.report("receipts");
    return receipt;
  }

  /** A message; undefined if it cannot be read. */
  message(row: Row): Message | undefined {
    return this.#message(MessageSchema, row.textOrNone("body"), row.numberOrNone("seq"));
  }

  #message<T extends MessageState>(
    schema: Schema<T>,
    body: string | undefined,
    seq: number | undefined,
  ): T | undefined {
    const message = parseJson(schema, body ?? "");
    if (message !== undefined && message.position.seq === seq) return message;
    this.report("messages", seq);
    return undefined;
  }

  /**
   * An entry as it stands now; the row also has its message. An unreadable entry is rebuilt from its message, or replaced
   * by a tombstone, so that the numbers have no gap.
   */
  entry(row: Row, seq: number, since: number, head: Head | undefined): Entry {
    const about = row.numberOrNone("about");
    const isKept = (row.numberOrNone("ran") ?? -Infinity) >= since;
    const body = row.textOrNone("message");
    const message = isKept ? this.#message(MessageStateSchema, body, about) : undefined;
    const entry = parseJson(EntrySchema, row.textOrNone("body") ?? "");
    if (entry?.position.seq === seq) return asItStands({ ...entry, room: this.#room }, message);
    const whole = about === seq && isKept ? parseJson(MessageSchema, body ?? "") : undefined;
    if (whole === undefined) return this.tombstone(seq, head);
    this.report("entries", seq);
    return this.#toldBy(whole);
  }

  #toldBy({ position, at, user, name, id, text, reply }: Message): Entry {
    const deed = { kind: "said", text, ...(reply && { reply }) } as const;
    return { room: this.#room, position, at, user, name, id, deed };
  }

  /** Reports an entry that is missing or cannot be read, and returns a tombstone in its place. */
  tombstone(seq: number, head: Head | undefined): Entry {
    this.report("entries", seq);
    return tombstone(this.#room, placeOf(seq, head), head?.at ?? 0);
  }

  /** In a new epoch, so that earlier positions are unknown and cannot refer to other entries. */
  #mendedHead(): Head {
    const top = Math.max(this.#newest("entries"), this.#newest("messages"));
    return { eras: [{ epoch: this.#epochFor(this.#room), after: top }], top, at: 0 };
  }

  #newest(table: "entries" | "messages"): number {
    const sql = `SELECT seq FROM ${table} WHERE room = ? AND typeof(seq) = 'integer'
      ORDER BY seq DESC LIMIT 1`;
    return this.#file.row(sql, this.#room)?.numberOrNone("seq") ?? 0;
  }

  /** Number of rows of the room. Reads all of them. */
  count(table: "messages" | "reads"): number {
    const sql = `SELECT count(*) AS count FROM ${table} WHERE room = ?`;
    return this.#file.row(sql, this.#room)?.numberOrNone("count") ?? 0;
  }
}

/** The position of a number; its epoch is the last one that began before it. */
function placeOf(seq: number, head: Head | undefined): Position {
  const era = head?.eras.findLast(({ after }) => after < seq) ?? head?.eras[0];
  return { epoch: era?.epoch ?? "0", seq };
}
