/**
 * Puts the entries of one room in order, each exactly once, unless a log that is read from its beginning sets the cursor
 * back. While entries are missing, a cursor buffers new ones; after the missing ones have been read from the log, it
 * returns both in order. The hub has one cursor for each room, and a joining subscriber has one until it has caught up.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const e = (seq: number) => ({ position: { epoch: "a", seq } });
 * const cursor = new LogCursor();
 * assert.equal(cursor.accept(e(5)), "buffered");
 * assert.deepEqual(cursor.completeRead(cursor.beginRead(), { top: e(5).position, entries: [] }), []);
 * assert.deepEqual([cursor.accept(e(6)), cursor.accept(e(6)), cursor.accept(e(8))], ["next", "duplicate", "buffered"]);
 * const missed = { top: e(8).position, entries: [e(7), e(8)] };
 * assert.deepEqual(cursor.completeRead(cursor.beginRead(), missed), [e(7), e(8)]);
 * assert.equal(cursor.isLive, true);
 * ```
 * @module
 */
import { isSamePosition, type Position } from "../position.ts";
import { readAfter } from "./log_reading.ts";

/** Maximum number of buffered items. Dropped items are in the log too, and are read from there. */
const MAX_BUFFERED = 1_000;

/** Maximum number of epochs remembered. */
const MAX_CURSOR_EPOCHS = 16;

/** A read of the log in progress. */
export interface CursorRead {
  /** The number of items dropped before the read began. */
  readonly droppedBefore: number;
}

/** The log's answer: the part of a `Replay` that a cursor needs. */
export interface CursorReadResult<T> {
  /** The newest position of the log. */
  readonly top: Position;
  /** The entries after {@linkcode LogCursor.readAfter}, in order. If they do not reach the top, there are more. */
  readonly entries: readonly T[];
  /** Entries up to this number are of epochs that the log has forgotten; undefined if there are none of them. */
  readonly forgotten?: number | undefined;
}

/** A limit on the buffer's total size, in addition to {@linkcode MAX_BUFFERED} items. */
export interface BufferLimit<T> {
  /** The size of one item. */
  readonly sizeOf: (item: T) => number;
  /** Maximum total size; a single item may be larger. */
  readonly maxSize: number;
}

/** A reader's position in a room's log. It buffers until its first completed read. */
export class LogCursor<T extends { readonly position: Position }> {
  #last: Position | undefined;
  #readAfter: Position | undefined;
  // The highest number reached in each epoch. Reduced when the cursor is set back.
  readonly #reached = new Map<string, number>();
  readonly #limit: BufferLimit<T> | undefined;
  #buffer: T[] = [];
  #bufferedSize = 0;
  #droppedCount = 0;
  // The highest position of each epoch: only the log knows which epoch is newer.
  readonly #observedTops = new Map<string, Position>();
  #isLive = false;

  /** Starts before the first read. */
  constructor(limit?: BufferLimit<T>) {
    this.#limit = limit;
  }

  /** The position of the last item returned; undefined before the first {@linkcode completeRead}. */
  get last(): Position | undefined {
    return this.#last;
  }

  /** The position after which the log must be read: {@linkcode last}, unless the log has forgotten its epoch. */
  get readAfter(): Position | undefined {
    return this.#readAfter;
  }

  /** Whether the next item can be delivered at once. If not, the log must be read. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Whether the log is ahead of this cursor, or may be: the order of epochs is not known here. */
  isBehind(top: Position): boolean {
    return this.#classify(top) !== "duplicate";
  }

  /** Classifies an item: deliver it if it is `next`. Buffered items are returned by {@linkcode completeRead}. */
  accept(item: T): "next" | "duplicate" | "buffered" {
    if (this.#isLive) {
      const order = this.#classify(item.position);
      if (order === "next") this.#advance(item.position);
      if (order !== "gap") return order;
      this.#isLive = false;
    }
    const size = this.#limit?.sizeOf(item) ?? 0;
    const isTooMuch = this.#bufferedSize + size > (this.#limit?.maxSize ?? 0);
    // The newest item is enough: it keeps the cursor from going live until the log has returned those before it.
    if (this.#buffer.length >= MAX_BUFFERED || isTooMuch) this.#dropBuffer();
    this.#buffer.push(item);
    this.#bufferedSize += size;
    return "buffered";
  }

  /** Records a position that the log has reached. If entries are missing, the cursor is no longer live. */
  observeTop(top: Position): void {
    if (this.#isLive) this.#isLive = !this.isBehind(top);
    else if (top.seq >= (this.#observedTops.get(top.epoch)?.seq ?? 0)) {
      this.#observedTops.set(top.epoch, top);
    }
  }

  /** Records the log's own newest position. If it is ahead of the cursor or behind it, the cursor is no longer live. */
  reconcileTop(top: Position): void {
    this.observeTop(top);
    if (this.#hasReached(top) && !isSamePosition(top, this.#last)) this.markBehind();
  }

  /** Buffers all items until the log has been read. */
  markBehind(): void {
    this.#isLive = false;
  }

  /** Begins a read of the log after {@linkcode readAfter}. */
  beginRead(): CursorRead {
    this.markBehind();
    this.#observedTops.clear();
    // Items received so far are among the entries that will be read, or the log has lost them.
    this.#dropBuffer();
    return { droppedBefore: this.#droppedCount };
  }

  /** Ends a read and returns the items to deliver now, in order. The cursor is live unless more must be read. */
  completeRead({ droppedBefore }: CursorRead, result: CursorReadResult<T>): readonly T[] {
    const { top, entries } = result;
    const items: T[] = [];
    for (const item of entries) {
      const isNew = !this.#hasReached(item.position);
      if (isNew) this.#forgetFrom(item.position);
      this.#advance(item.position);
      if (isNew) items.push(item);
    }
    // Compare numbers only: a new epoch may have begun after the newest entry and have no entry yet.
    if (this.#last && entries.length > 0 && this.#last.seq < top.seq) {
      this.#readAfter = readAfter(result, this.#last);
      return items;
    }
    this.#advance(top);
    // If the cursor had gone further, the log has lost those entries since.
    this.#reached.set(top.epoch, top.seq);
    this.#isLive = true;
    const buffered = this.#buffer;
    // Items dropped since the read began must be read from the log.
    const hasDropped = this.#droppedCount > droppedBefore;
    this.#dropBuffer();
    this.#droppedCount = 0;
    for (const item of buffered) if (this.accept(item) === "next") items.push(item);
    for (const observed of [...this.#observedTops.values()]) this.observeTop(observed);
    if (hasDropped) this.#isLive = false;
    return items;
  }

  #dropBuffer(): void {
    this.#droppedCount += this.#buffer.length;
    this.#buffer = [];
    this.#bufferedSize = 0;
  }

  #classify(position: Position): "next" | "duplicate" | "gap" {
    if (this.#hasReached(position)) return "duplicate";
    const { epoch, seq } = position;
    return epoch === this.#last?.epoch && seq === this.#last.seq + 1 ? "next" : "gap";
  }

  #hasReached({ epoch, seq }: Position): boolean {
    return seq <= (this.#reached.get(epoch) ?? -1);
  }

  /**
   * Sets the cursor back to before an item that the log has returned: forgets what was reached with the item's number and greater
   * ones, in all epochs. Within one log, numbers increase from one epoch to the next. So if the log still has those entries,
   * they follow the item, and are returned again.
   */
  #forgetFrom({ seq }: Position): void {
    for (const [epoch, reached] of this.#reached) {
      if (reached >= seq) this.#reached.set(epoch, seq - 1);
    }
  }

  #advance(position: Position): void {
    const { epoch, seq } = position;
    this.#last = position;
    this.#readAfter = position;
    this.#reached.set(epoch, Math.max(seq, this.#reached.get(epoch) ?? 0));
    if (this.#reached.size <= MAX_CURSOR_EPOCHS) return;
    const [oldest] = this.#reached.keys();
    if (oldest !== undefined) this.#reached.delete(oldest);
  }
}
