// @ts-check
/// <reference lib="dom" />
/**
 * Has what others say read aloud, by a live region that is not the log itself: a log that is drawn anew, extended and
 * trimmed would be read from its beginning.
 * @module
 */
import { Announcer } from "./log_announcer.js";
import { counted, fill } from "./log_strings.js";

/** @typedef {import("./log_types.js").Surroundings} Surroundings */

/** Writes announcements into a live region. */
export class Aloud {
  #live;
  #surroundings;
  #announcer = new Announcer();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {HTMLElement} live @param {Surroundings} surroundings */
  constructor(live, surroundings) {
    this.#live = live;
    this.#surroundings = surroundings;
  }

  /**
   * Somebody else has said something.
   * @param {{name: string, text: string}} message
   */
  hear(message) {
    this.#announcer.hear(message);
    this.#plan();
  }

  /** Says nothing more of what was heard. */
  clear() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#announcer.clear();
    this.#live.replaceChildren();
  }

  #plan() {
    const wait = this.#announcer.waitMs(this.#surroundings.now());
    if (wait === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#speak();
      this.#plan();
    }, wait);
  }

  #speak() {
    const { strings, now } = this.#surroundings;
    const what = this.#announcer.take(now());
    if (!what) return;
    const words = what.kind === "one"
      ? fill(strings.saidAloud, { name: what.name, text: what.text })
      : counted(strings, "newMessages", what.count);
    // A new node each time, since the same words in the same node are no change.
    const line = document.createElement("p");
    line.textContent = words;
    this.#live.replaceChildren(line);
  }
}
