// @ts-check
/**
 * Decides which messages of others are read aloud: at most one announcement in two seconds, and only a count if several
 * messages arrived meanwhile. Pure: callers pass the time.
 * @module
 */

import { excerpt } from "../../text/excerpt.js";

/** @typedef {{kind: "one", name: string, text: string} | {kind: "many", count: number}} Announcement */

/** Minimum time between two announcements. */
export const ANNOUNCEMENT_PAUSE_MS = 2_000;
const MAX_LENGTH = 200;

/** Collects announcements. */
export class AnnouncementThrottle {
  #count = 0;
  #name = "";
  #text = "";
  #nextAt = -Infinity;

  /**
   * Adds a new message of another user.
   * @param {{name: string, text: string}} message
   */
  add({ name, text }) {
    this.#count += 1;
    this.#name = name;
    this.#text = text;
  }

  /** Drops pending announcements. */
  clear() {
    this.#count = 0;
  }

  /**
   * Milliseconds until the next announcement; undefined if there is none.
   * @param {number} now
   */
  delayMs(now) {
    return this.#count === 0 ? undefined : Math.max(0, this.#nextAt - now);
  }

  /**
   * The announcement that is due now; returned once.
   * @param {number} now
   * @returns {Announcement | undefined}
   */
  next(now) {
    if (this.delayMs(now) !== 0) return undefined;
    const count = this.#count;
    this.#count = 0;
    this.#nextAt = now + ANNOUNCEMENT_PAUSE_MS;
    if (count > 1) return { kind: "many", count };
    const isLong = this.#text.length > MAX_LENGTH;
    const text = isLong ? `${excerpt(this.#text, MAX_LENGTH)}…` : this.#text;
    return { kind: "one", name: this.#name, text };
  }
}
