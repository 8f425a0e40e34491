// @ts-check
/// <reference lib="dom" />
/**
 * Announces messages of others to screen readers through a separate live region: screen readers would read a log that is
 * rendered again, extended or trimmed from its beginning.
 * @module
 */
import { localeOf } from "../../base/dates.js";
import { eventText } from "../rows/event_words.js";
import { AnnouncementThrottle } from "./announcement_throttle.js";
import { fillTemplate, withCount } from "../../i18n/log_en.js";

/** @typedef {import("../types.js").LogContext} LogContext */

/** Writes announcements into a live region. */
export class LiveRegion {
  #live;
  #context;
  #throttle = new AnnouncementThrottle();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {HTMLElement} live @param {LogContext} context */
  constructor(live, context) {
    this.#live = live;
    this.#context = context;
  }

  /**
   * Announces a message of another user.
   * @param {import("../types.js").Message} message
   */
  add(message) {
    const { strings, language } = this.#context;
    const locale = localeOf(language, navigator.languages);
    // The sentence of an event names its author.
    this.#throttle.add(
      message.event ? { name: "", text: eventText(message, strings, locale) } : message,
    );
    this.#schedule();
  }

  /** Drops pending announcements. */
  clear() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#throttle.clear();
    this.#live.replaceChildren();
  }

  #schedule() {
    const wait = this.#throttle.delayMs(this.#context.now());
    if (wait === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#write();
      this.#schedule();
    }, wait);
  }

  #write() {
    const { strings, now } = this.#context;
    const what = this.#throttle.next(now());
    if (!what) return;
    const words = what.kind === "one" && what.name === ""
      ? what.text
      : what.kind === "one"
      ? fillTemplate(strings.saidAloud, { name: what.name, text: what.text })
      : withCount(strings, "newMessages", what.count);
    // A new node each time, since the same text in the same node is no change.
    const line = document.createElement("p");
    line.textContent = words;
    this.#live.replaceChildren(line);
  }
}
