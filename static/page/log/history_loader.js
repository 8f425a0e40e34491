// @ts-check
/**
 * Loads older messages: a page when the reader nears the oldest loaded one, and page after page when the reader goes to
 * the first message of the room.
 * @module
 */

/** @typedef {import("../../client/timeline/timeline.js").Timeline} Timeline */
/** @typedef {import("./types.js").Room} Room */

// The maximum of one request.
const PAGE_SIZE = 200;
// 10,000 messages: the maximum that a connection may read at once and a phone can hold.
const MAX_PAGES = 50;

/** Loads the history of one room at a time. */
export class HistoryLoader {
  /** Whether the last request for older messages failed. */
  hasFailed = false;
  #onChange;
  /** @type {{room: Room, timeline: Timeline} | undefined} */
  #current;
  /** The latest request for the first message. @type {symbol | undefined} */
  #request;

  /** @param {() => void} onChange Called when the row above the first message must change. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {Room} room @param {Timeline} timeline */
  show(room, timeline) {
    this.clear();
    this.#current = { room, timeline };
  }

  /** Leaves the room. */
  clear() {
    this.#current = undefined;
    this.hasFailed = false;
    this.stop();
  }

  /** Loads a page, if there are older messages. @returns {Promise<boolean>} Whether it has arrived. */
  async loadOlder() {
    const current = this.#current;
    if (!current?.timeline.isOpen || !current.timeline.more) return false;
    if (this.hasFailed) this.#onChange();
    this.hasFailed = false;
    try {
      await current.timeline.loadOlder(current.room, PAGE_SIZE);
      return current === this.#current;
    } catch {
      if (current !== this.#current) return false;
      this.hasFailed = true;
      this.#onChange();
      return false;
    }
  }

  /**
   * Loads all older messages up to the limit.
   * @returns {Promise<boolean>} Whether any arrived and are still wanted.
   */
  async loadFirst() {
    const request = this.#request = Symbol();
    let pages = 0;
    while (pages < MAX_PAGES && request === this.#request && await this.loadOlder()) pages += 1;
    return pages > 0 && request === this.#request;
  }

  /** The reader has gone elsewhere: stop loading up to the first message. */
  stop() {
    this.#request = undefined;
  }
}
