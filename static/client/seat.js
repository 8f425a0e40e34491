// @ts-check
/**
 * What comes next in one room: each entry once, in order and without a hole, over as many connections as it takes. The server
 * promises that on each of them; this holds it to it. Pure.
 * @module
 */

import { parsePosition } from "./frames.js";

/** One's place in a room's log. */
export class Seat {
  /** The position to come back to: that of the last entry one was given. @type {string | null} */
  position = null;
  /** What has to come before one has caught up; null when one has. @type {string | null} */
  #top = null;

  /** Whether all that was missed has come. */
  get hasCaughtUp() {
    return this.#top === null;
  }

  /**
   * One has joined.
   * @param {{ position: string, top: string, recovered?: boolean }} joined
   * @returns {boolean} Whether one goes on where one was; else what one had is to be replaced.
   */
  join({ position, top, recovered }) {
    const goesOn = recovered === true && this.position !== null;
    if (!goesOn) this.position = position;
    this.#top = top;
    this.#look();
    return goesOn;
  }

  /**
   * An entry has come.
   * @param {string} position
   * @returns {"next" | "old" | "hole"} In the last case nothing has changed: the entry is to be asked for again.
   */
  take(position) {
    const [last, here] = [parsePosition(this.position ?? undefined), parsePosition(position)];
    const isSameEpoch = last !== null && last.epoch === here?.epoch;
    if (isSameEpoch && here.seq <= last.seq) return "old";
    if (isSameEpoch && here.seq > last.seq + 1) return "hole";
    this.position = position;
    this.#look();
    return "next";
  }

  /**
   * Some of what happened cannot be given: the next entry follows on this position.
   * @param {string} until
   */
  skip(until) {
    this.position = until;
    this.#look();
  }

  /**
   * Whether one has come as far as a position of the log as it is now.
   * @param {string} position
   */
  isPast(position) {
    // By their numbers alone: within one log they go up, also from one epoch to the next.
    const [here, there] = [this.position ?? undefined, position].map((it) =>
      parsePosition(it)?.seq
    );
    return here !== undefined && there !== undefined && here >= there;
  }

  #look() {
    if (this.#top !== null && this.isPast(this.#top)) this.#top = null;
  }
}
