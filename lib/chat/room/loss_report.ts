/**
 * Frames for a range of the log that was read to fill a gap: its entries, and `lost` wherever the log no longer has
 * what came before the next one. Filling a gap may take several reads, and what one read lacks may be in the next. So a
 * loss is reported only when the next entry, or the end, shows its extent.
 * @module
 */
import type { Entry } from "../../core/log/entry.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import type { RoomId } from "../../core/names/names.ts";
import { formatPosition, type Position } from "../../core/log/position.ts";
import { entryFrame } from "../../core/protocol/json_protocol.ts";
import type { LossReason } from "../../core/log/epochs.ts";

/** One read of the log, as a cursor has accepted it. */
export interface GapRead {
  /** The cursor's position before the read; undefined if it had none. */
  readonly after: Position | undefined;
  /** Why the log could not return everything after that position. */
  readonly lossReason: LossReason | undefined;
  /** The entries that the cursor releases, in order. */
  readonly entries: readonly Entry[];
  /** The cursor's position if it is live now; undefined if more must be read. */
  readonly end: Position | undefined;
}

/** Turns consecutive reads into frames, and keeps a loss in mind until its extent is known. */
export class LossReport {
  readonly #room: RoomId;
  #gap: { after: Position; readonly reason: LossReason; isReported: boolean } | undefined;

  /** Starts without losses. */
  constructor(room: RoomId) {
    this.#room = room;
  }

  /** Returns the frames of one read, in the order of the log. Pass all reads of a gap, in their order. */
  framesFor({ after, lossReason, entries, end }: GapRead): Frame[] {
    if (after && lossReason) {
      const from = this.#gap && !this.#gap.isReported ? this.#gap.after : after;
      this.#gap = { after: from, reason: lossReason, isReported: false };
    }
    const frames = entries.flatMap((entry) => [...this.#lostBefore(entry), entryFrame(entry)]);
    if (end === undefined) return frames;
    if (this.#gap && !this.#gap.isReported) frames.push(this.#lostFrame(this.#gap, end));
    this.#gap = undefined;
    return frames;
  }

  /** Once entries were missing, more may be: if entries are not consecutive, those in between are lost. */
  #lostBefore({ position }: Entry): Frame[] {
    const gap = this.#gap;
    if (gap === undefined) return [];
    const follows = gap.isReported && position.seq === gap.after.seq + 1;
    const until = { epoch: position.epoch, seq: position.seq - 1 };
    const frames = follows ? [] : [this.#lostFrame(gap, until)];
    gap.after = position;
    gap.isReported = true;
    return frames;
  }

  #lostFrame(
    gap: { readonly after: Position; readonly reason: LossReason },
    until: Position,
  ): Frame {
    return lostFrame(this.#room, gap.after, until, gap.reason);
  }
}

/** The frame that reports entries between two positions as lost. */
export function lostFrame(
  room: RoomId,
  after: Position,
  until: Position,
  reason: LossReason,
): Frame {
  return { type: "lost", room, after: formatPosition(after), until: formatPosition(until), reason };
}
