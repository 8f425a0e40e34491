// @ts-check
/**
 * How far one has read in a room, and how much one has not. The server's mark goes only forward and counts one's own messages
 * too; so what one says oneself is marked as well.
 * @module
 */

import { isUpTo, parsePosition } from "./frames.js";
import { Value } from "./values.js";

// A reader who scrolls through a busy room must not spend what it may send on telling so.
const REPEAT_MS = 1_000;
// Who never reads, as most programs do not, must not fill the memory. Beyond that the number is no news to anybody.
const MAX_NEWS = 10_000;

/** The mark in one room. */
export class Reading {
  /** The position up to which one has read. @type {Value<string | null>} */
  read = new Value(/** @type {string | null} */ (null));
  /** How many messages stand after it. */
  unread = new Value(0);
  #surroundings;
  #tell;
  /** The numbers of the messages that came since the joining and are not read, in their order. @type {number[]} */
  #news = [];
  /** @type {string | null} */
  #wanted = null;
  #stopTimer = () => {};
  #toldAt = -Infinity;
  #countsMissed = false;

  /**
   * @param {import("./surroundings.js").Surroundings} surroundings
   * @param {(position: string) => boolean} tell Tells the server; false if it cannot be told now.
   */
  constructor(surroundings, tell) {
    this.#surroundings = surroundings;
    this.#tell = tell;
  }

  /**
   * As the server has it, with what was missed. A mark that was set while there was no connection is told now; the server did
   * not know of it when it counted, so that what was missed is counted here instead.
   * @param {string | undefined} read
   * @param {number} unread
   * @param {boolean} goesOn Whether what was missed will come.
   */
  begin(read, unread, goesOn) {
    this.#news = [];
    this.#countsMissed = this.#wanted !== null;
    // What does not come can only be counted by the server, though it counts too much.
    if (!this.#countsMissed || !goesOn) this.unread.set(unread);
    if (this.#countsMissed) this.#flush();
    else this.read.set(read ?? null);
  }

  /**
   * Somebody has said something.
   * @param {string} position
   * @param {boolean} isOwn
   * @param {boolean} wasMissed
   */
  said(position, isOwn, wasMissed) {
    if (wasMissed && !this.#countsMissed) return;
    if (isOwn && this.unread.value === 0) return this.mark(position);
    if (isOwn) return;
    this.#news.push(seqOf(position));
    if (this.#news.length > MAX_NEWS) this.#news = this.#news.slice(-MAX_NEWS / 2);
    this.unread.set(this.unread.value + 1);
  }

  /**
   * One has read up to here.
   * @param {string} position
   */
  mark(position) {
    if (isUpTo(position, this.read.value ?? undefined)) return;
    this.read.set(position);
    // By their numbers alone: these go up also from one epoch to the next, but for what was lost between them.
    const seq = seqOf(position);
    const later = this.#news.slice(this.#news.findLastIndex((it) => it <= seq) + 1);
    // What was unread when one joined stands before all that came since, so to read any of that is to have read it.
    this.unread.set(later.length);
    this.#news = later;
    this.#wanted = position;
    this.#flush();
  }

  /** Nobody looks any more: what waits to be told is told now. */
  rest() {
    this.#toldAt = -Infinity;
    this.#flush();
  }

  /** The connection is lost, or the room left. */
  end() {
    this.#stopTimer();
    this.#toldAt = -Infinity;
  }

  #flush() {
    this.#stopTimer();
    const now = this.#surroundings.now();
    const passedMs = now - this.#toldAt;
    // Less than nothing where the clock was put back.
    if (passedMs >= 0 && passedMs < REPEAT_MS) {
      this.#stopTimer = this.#surroundings.after(() => this.#flush(), REPEAT_MS - passedMs);
      return;
    }
    if (this.#wanted === null || !this.#tell(this.#wanted)) return;
    this.#toldAt = now;
    this.#wanted = null;
  }
}

/** @param {string} position */
const seqOf = (position) => parsePosition(position)?.seq ?? 0;
