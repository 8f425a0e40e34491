/**
 * What comes next in one room, each entry once and in order. A seat holds what comes in while it waits for what was
 * missed; when that has been read from the log, it puts both together. The hub has one for each room, and whoever joins
 * has one until it has caught up.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const e = (seq: number) => ({ position: { epoch: "a", seq } });
 * const seat = new Seat();
 * assert.equal(seat.take(e(5)), "held");
 * assert.deepEqual(seat.catchUp(seat.round(), { top: e(5).position, entries: [] }), []);
 * assert.deepEqual([seat.take(e(6)), seat.take(e(6)), seat.take(e(8))], ["next", "old", "held"]);
 * const missed = { top: e(8).position, entries: [e(7), e(8)] };
 * assert.deepEqual(seat.catchUp(seat.round(), missed), [e(7), e(8)]);
 * assert.equal(seat.isLive, true);
 * ```
 * @module
 */
import { isSamePosition, type Position } from "./positions.ts";

/** So many are held at most. What is dropped is in the log too, and is read from there. */
const MAX_HELD = 1_000;

/** So many epochs are remembered. */
const MAX_EPOCHS = 16;

/** A reading of the log that is under way. */
export interface Round {
  /** How many items had been dropped when it began. */
  readonly letGo: number;
}

/** What the log answered: all that a seat needs of a `Replay`. */
export interface Missed<T> {
  /** The newest position of the log. */
  readonly top: Position;
  /** What came after {@linkcode Seat.last}, in order; if it does not reach the top, there is more. */
  readonly entries: readonly T[];
}

/** A limit by weight, besides {@linkcode MAX_HELD} items. */
export interface HeldLimit<T> {
  /** The weight of one item. */
  readonly weigh: (item: T) => number;
  /** Maximum weight held; one item alone may be heavier. */
  readonly max: number;
}

/** One place in the order of a room; it waits until it has caught up for the first time. */
export class Seat<T extends { readonly position: Position }> {
  #last: Position | undefined;
  // How far it has come in each epoch. A log that has forgotten the last one gives everything again.
  readonly #passed = new Map<string, number>();
  readonly #limit: HeldLimit<T> | undefined;
  #held: T[] = [];
  #heldWeight = 0;
  #dropped = 0;
  // The farthest of each epoch: which epoch is the newer one, only the log knows.
  readonly #noticed = new Map<string, Position>();
  #isLive = false;

  /** A seat that has given out nothing yet. */
  constructor(limit?: HeldLimit<T>) {
    this.#limit = limit;
  }

  /** The position of what was given out last; undefined before the first {@linkcode catchUp}. */
  get last(): Position | undefined {
    return this.#last;
  }

  /** Whether what comes next is given out at once; otherwise the log must be read. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Whether the log has come further than what was given out, as far as can be told: epochs have no order here. */
  lacks(top: Position): boolean {
    return this.#order(top) !== "old";
  }

  /** Whether this one is the next, to be given out now. What is held is given out by {@linkcode catchUp}. */
  take(item: T): "next" | "old" | "held" {
    if (this.#isLive) {
      const order = this.#order(item.position);
      if (order === "next") this.#pass(item.position);
      if (order !== "hole") return order;
      this.#isLive = false;
    }
    const weight = this.#limit?.weigh(item) ?? 0;
    const isTooMuch = this.#heldWeight + weight > (this.#limit?.max ?? 0);
    // The newest is enough: it keeps the seat waiting until the log has brought those before it.
    if (this.#held.length >= MAX_HELD || isTooMuch) this.#drop();
    this.#held.push(item);
    this.#heldWeight += weight;
    return "held";
  }

  /** Takes notice of how far the log has come; the seat waits if something is missing. */
  notice(top: Position): void {
    if (this.#isLive) this.#isLive = !this.lacks(top);
    else if (top.seq >= (this.#noticed.get(top.epoch)?.seq ?? 0)) this.#noticed.set(top.epoch, top);
  }

  /** Takes notice of what the log itself says; the seat waits if that is more than was given out, or behind it. */
  check(top: Position): void {
    this.notice(top);
    if (this.#hasPassed(top) && !isSamePosition(top, this.#last)) this.doubt();
  }

  /** Lets the seat wait until the log has been read. */
  doubt(): void {
    this.#isLive = false;
  }

  /** Begins a reading of the log after {@linkcode last}. */
  round(): Round {
    this.doubt();
    this.#noticed.clear();
    // What has come in by now is among the entries read, or the log has lost it.
    this.#drop();
    return { letGo: this.#dropped };
  }

  /** Ends a reading: what is to be given out now, in order. Live again, unless more must be read. */
  catchUp({ letGo }: Round, { top, entries }: Missed<T>): readonly T[] {
    const items = entries.filter(({ position }) => !this.#hasPassed(position));
    for (const { position } of entries) this.#pass(position);
    // By number: an epoch may have begun behind the newest entry without one of its own.
    if (entries.length > 0 && (this.#last?.seq ?? 0) < top.seq) return items;
    this.#pass(top);
    // If it had come further before, the log has lost that since.
    this.#passed.set(top.epoch, top.seq);
    this.#isLive = true;
    const later = this.#held;
    // What was dropped since the reading began must be read from the log.
    const hasLetGo = this.#dropped > letGo;
    this.#drop();
    this.#dropped = 0;
    for (const item of later) if (this.take(item) === "next") items.push(item);
    for (const noticed of [...this.#noticed.values()]) this.notice(noticed);
    if (hasLetGo) this.#isLive = false;
    return items;
  }

  #drop(): void {
    this.#dropped += this.#held.length;
    this.#held = [];
    this.#heldWeight = 0;
  }

  #order(position: Position): "next" | "old" | "hole" {
    if (this.#hasPassed(position)) return "old";
    const { epoch, seq } = position;
    return epoch === this.#last?.epoch && seq === this.#last.seq + 1 ? "next" : "hole";
  }

  #hasPassed({ epoch, seq }: Position): boolean {
    return seq <= (this.#passed.get(epoch) ?? -1);
  }

  #pass(position: Position): void {
    const { epoch, seq } = position;
    this.#last = position;
    this.#passed.set(epoch, Math.max(seq, this.#passed.get(epoch) ?? 0));
    if (this.#passed.size <= MAX_EPOCHS) return;
    const [oldest] = this.#passed.keys();
    if (oldest !== undefined) this.#passed.delete(oldest);
  }
}
