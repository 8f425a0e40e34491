/**
 * Reads and validates the rows of one room. Damaged rows are reported, and replaced where a gap would be wrong.
 * @module
 */
import { contentOf } from "../../core/log/content.ts";
import {
  type Entry,
  type Message,
  type MessageState,
  withCurrentContent,
} from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import { type Head, isOfLog, positionInLog } from "../../core/log/epochs.ts";
import type { StoredReceipt } from "../../core/log/room_log.ts";
import {
  EntrySchema,
  HeadSchema,
  MessageSchema,
  MessageStateSchema,
  parseJson,
  ReceiptSchema,
  type Schema,
  tombstone,
} from "../stored_entry.ts";
import type { DamagedRow, DamageTracker } from "./damage_tracker.ts";
import type { Row, Statements } from "./file/statements.ts";

/** A room's row in the table `rooms`. */
export interface StoredRoom {
  /** The log's epochs and its newest number. */
  readonly head: Head;
  /** Number of messages. */
  readonly messages: number;
  /** Number of read markers. */
  readonly readMarkers: number;
  /** When the newest entry was added, as run time in milliseconds. */
  readonly enteredAt: number;
  /** Whether the row was rebuilt and must be written. */
  readonly isRebuilt: boolean;
}

/** Reads the rows of one room. */
export class RowReader {
  readonly #file: Statements;
  readonly #room: RoomId;
  readonly #damage: DamageTracker;
  readonly #epochFor: (room: RoomId) => string;

  /** Reads nothing yet. @param epochFor Returns an unused epoch for a room whose head is damaged. */
  constructor(
    file: Statements,
    room: RoomId,
    damage: DamageTracker,
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

  /** Reads the room's row. If it is damaged, it is rebuilt from the room's content; a damaged head gets a new epoch. */
  room(row: Row): StoredRoom {
    const head = parseJson(HeadSchema, row.textOrUndefined("head") ?? "");
    const [messages, readMarkers] = [
      row.numberOrUndefined("messages"),
      row.numberOrUndefined("marks"),
    ];
    const enteredAt = row.numberOrUndefined("ran");
    const isComplete = head && messages !== undefined && readMarkers !== undefined &&
      enteredAt !== undefined;
    if (isComplete) return { head, messages, readMarkers, enteredAt, isRebuilt: false };
    return this.rebuiltRoom(row, head);
  }

  /** Rebuilds the room's row from the room's content. @param head Undefined if it is missing, damaged or contradicts that. */
  rebuiltRoom(row: Row | undefined, head?: Head): StoredRoom {
    this.report("rooms");
    return {
      head: head ?? this.#rebuiltHead(),
      messages: this.count("messages"),
      readMarkers: this.count("reads"),
      enteredAt: row?.numberOrUndefined("ran") ?? 0,
      isRebuilt: true,
    };
  }

  /** Reads a receipt; undefined if it is damaged. */
  receipt(row: Row): StoredReceipt | undefined {
    const receipt = parseJson(ReceiptSchema, row.textOrUndefined("body") ?? "");
    if (receipt === undefined) this.report("receipts");
    return receipt;
  }

  /** Reads a message; undefined if it is damaged. */
  message(row: Row): Message | undefined {
    return this.#message(MessageSchema, row.textOrUndefined("body"), row.numberOrUndefined("seq"));
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
   * Reads an entry, with the current content of its message from the same row. A damaged entry is rebuilt from its message or
   * replaced by a tombstone, so that the numbers have no gap.
   */
  entry(row: Row, seq: number, since: number, head: Head | undefined): Entry {
    const about = row.numberOrUndefined("about");
    const [ran, body] = [row.numberOrUndefined("ran"), row.textOrUndefined("message")];
    // An entry need not have a message, and its message can be removed before it.
    const isFound = ran !== undefined || body !== undefined;
    const isKept = isFound && (ran ?? -Infinity) >= since;
    const message = isKept ? this.#message(MessageStateSchema, body, about) : undefined;
    const entry = parseJson(EntrySchema, row.textOrUndefined("body") ?? "");
    if (entry?.position.seq === seq) {
      const position = this.#positionOf(entry, head);
      return withCurrentContent({ ...entry, position, room: this.#room }, message);
    }
    const whole = about === seq && isKept ? parseJson(MessageSchema, body ?? "") : undefined;
    if (whole === undefined) return this.tombstone(seq, head);
    this.report("entries", seq);
    return this.#entryFromMessage(whole);
  }

  /** The position of an entry. If it has another epoch than the log had, that is damage: no reader could continue after it. */
  #positionOf({ position }: Pick<Entry, "position">, head: Head | undefined): Position {
    if (head === undefined || isOfLog(head, position)) return position;
    this.report("entries", position.seq);
    return positionInLog(head, position.seq);
  }

  #entryFromMessage({ position, at, user, name, id, reply, event, ...message }: Message): Entry {
    const action = {
      kind: "said",
      ...contentOf(message),
      ...(reply && { reply }),
      ...(event && { event }),
    } as const;
    return { room: this.#room, position, at, user, name, id, action };
  }

  /** Reports an entry that is missing or damaged, and returns a tombstone in its place. */
  tombstone(seq: number, head: Head | undefined): Entry {
    this.report("entries", seq);
    const position = head ? positionInLog(head, seq) : { epoch: "0", seq };
    return tombstone(this.#room, position, head?.at ?? 0);
  }

  /** Starts a new epoch, so that positions of earlier epochs cannot refer to other entries. */
  #rebuiltHead(): Head {
    const top = Math.max(this.#newestSeq("entries"), this.#newestSeq("messages"));
    return { epochs: [{ epoch: this.#epochFor(this.#room), after: top }], top, at: 0 };
  }

  #newestSeq(table: "entries" | "messages"): number {
    const sql = `SELECT seq FROM ${table} WHERE room = ? AND typeof(seq) = 'integer'
      ORDER BY seq DESC LIMIT 1`;
    return this.#file.row(sql, this.#room)?.numberOrUndefined("seq") ?? 0;
  }

  /** Counts the rows of the room. Reads all of them. */
  count(table: "messages" | "reads"): number {
    const sql = `SELECT count(*) AS count FROM ${table} WHERE room = ?`;
    return this.#file.row(sql, this.#room)?.numberOrUndefined("count") ?? 0;
  }
}
