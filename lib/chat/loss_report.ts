/**
 * What is told of a stretch of the log that was read to heal a hole: its entries, and that something is lost wherever the
 * log cannot give what came before the next one. One healing may take several readings, and what one says is missing may
 * be there in the next, so a loss is told only where the next entry, or the end, shows how far it goes.
 * @module
 */
import type { Entry } from "../core/entries.ts";
import type { Frame } from "../core/frames.ts";
import type { RoomId } from "../core/names.ts";
import { formatPosition, type Position } from "../core/positions.ts";
import { frameOf } from "../core/protocol.ts";
import type { Gap } from "../core/room_log.ts";

/** One reading, as a seat has taken it. */
export interface Reading {
  /** Where the seat was before; undefined where it had nothing yet. */
  readonly after: Position | undefined;
  /** Why the log could not give all that came after it. */
  readonly gap: Gap | undefined;
  /** What the seat gives out. */
  readonly entries: readonly Entry[];
  /** Where the seat is now, if it is live; undefined where more must be read. */
  readonly end: Position | undefined;
}

/** Tells the readings of one healing. */
export class LossReport {
  readonly #room: RoomId;
  #gap: { after: Position; readonly reason: Gap; isTold: boolean } | undefined;

  /** Nothing is lost yet. */
  constructor(room: RoomId) {
    this.#room = room;
  }

  /** The frames of one reading, in their order. */
  tell({ after, gap, entries, end }: Reading): Frame[] {
    if (after && gap) {
      const from = this.#gap && !this.#gap.isTold ? this.#gap.after : after;
      this.#gap = { after: from, reason: gap, isTold: false };
    }
    const frames = entries.flatMap((entry) => [...this.#missingBefore(entry), frameOf(entry)]);
    if (end === undefined) return frames;
    if (this.#gap && !this.#gap.isTold) frames.push(this.#lost(this.#gap, end));
    this.#gap = undefined;
    return frames;
  }

  /** Once something was missing, more may be: entries that do not follow each other have lost what was between. */
  #missingBefore({ position }: Entry): Frame[] {
    const gap = this.#gap;
    if (gap === undefined) return [];
    const follows = gap.isTold && position.seq === gap.after.seq + 1;
    const until = { epoch: position.epoch, seq: position.seq - 1 };
    const frames = follows ? [] : [this.#lost(gap, until)];
    gap.after = position;
    gap.isTold = true;
    return frames;
  }

  #lost(gap: { readonly after: Position; readonly reason: Gap }, until: Position): Frame {
    return lost(this.#room, gap.after, until, gap.reason);
  }
}

/** That something between two positions cannot be given any more. */
export function lost(room: RoomId, after: Position, until: Position, reason: Gap): Frame {
  return { type: "lost", room, after: formatPosition(after), until: formatPosition(until), reason };
}
