// @ts-check
/**
 * What is read aloud of what others say: at most one announcement in two seconds, and where more came meanwhile, only how
 * many. It reads no clock: whoever asks says what time it is.
 * @module
 */

/** @typedef {{kind: "one", name: string, text: string} | {kind: "many", count: number}} Announcement */

/** Between two announcements. */
export const PAUSE_MS = 2_000;
const MAX_LENGTH = 200;

/** Gathers what is to be announced. */
export class Announcer {
  #count = 0;
  #name = "";
  #text = "";
  #nextAt = -Infinity;

  /**
   * Somebody else has said something, just now.
   * @param {{name: string, text: string}} message
   */
  hear({ name, text }) {
    this.#count += 1;
    this.#name = name;
    this.#text = text;
  }

  /** Forgets what was not announced yet. */
  clear() {
    this.#count = 0;
  }

  /**
   * In how many milliseconds there will be something to announce; undefined where there is nothing.
   * @param {number} now
   */
  waitMs(now) {
    return this.#count === 0 ? undefined : Math.max(0, this.#nextAt - now);
  }

  /**
   * What is to be announced now, once.
   * @param {number} now
   * @returns {Announcement | undefined}
   */
  take(now) {
    if (this.waitMs(now) !== 0) return undefined;
    const count = this.#count;
    this.#count = 0;
    this.#nextAt = now + PAUSE_MS;
    if (count > 1) return { kind: "many", count };
    const isLong = this.#text.length > MAX_LENGTH;
    const text = isLong ? `${this.#text.slice(0, MAX_LENGTH)}…` : this.#text;
    return { kind: "one", name: this.#name, text };
  }
}
