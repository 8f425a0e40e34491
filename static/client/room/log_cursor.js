// @ts-check
/**
 * The position in one room's log: delivers each entry once, in order and without gaps, across reconnects. The server
 * promises this for each connection; the cursor verifies it. Pure.
 * @module
 */

import { parsePosition } from "../frames.js";

/** The client's position in a room's log. */
export class LogCursor {
  /** The position to resume from: that of the last delivered entry. @type {string | null} */
  position = null;
  /** The position to reach before the client has caught up; null once it has. @type {string | null} */
  #top = null;

  /** Whether all missed entries have arrived. */
  get hasCaughtUp() {
    return this.#top === null;
  }

  /**
   * Handles an answer to a join.
   * @param {{ position: string, top: string, recovered?: boolean }} joined
   * @returns {boolean} True if the client resumes at its position; false if its messages must be replaced.
   */
  onJoined({ position, top, recovered }) {
    const isResumed = recovered === true && this.position !== null;
    if (!isResumed) this.position = position;
    this.#top = top;
    this.#checkCaughtUp();
    return isResumed;
  }

  /**
   * Checks an arriving entry and advances if it is the next one.
   * @param {string} position
   * @returns {"next" | "duplicate" | "gap"} After `gap` nothing has changed: request the entry again.
   */
  accept(position) {
    const [last, here] = [parsePosition(this.position ?? undefined), parsePosition(position)];
    const isSameEpoch = last !== null && last.epoch === here?.epoch;
    if (isSameEpoch && here.seq <= last.seq) return "duplicate";
    if (isSameEpoch && here.seq > last.seq + 1) return "gap";
    this.position = position;
    this.#checkCaughtUp();
    return "next";
  }

  /**
   * Skips entries that are no longer available: the next entry follows this position.
   * @param {string} until
   */
  skip(until) {
    this.position = until;
    this.#checkCaughtUp();
  }

  /**
   * Whether the client has reached a position of the current log.
   * @param {string} position
   */
  isPast(position) {
    // Compare numbers only: within one log they grow, even across epochs.
    const [here, there] = [this.position ?? undefined, position].map((it) =>
      parsePosition(it)?.seq
    );
    return here !== undefined && there !== undefined && here >= there;
  }

  #checkCaughtUp() {
    if (this.#top !== null && this.isPast(this.#top)) this.#top = null;
  }
}
