// @ts-check
/// <reference lib="dom" />
/**
 * What is new to the reader: where it begins, what of it is read aloud, and how far all was read. Seen is only what stands
 * at the end of the log while the page is looked at.
 * @module
 */
import { Aloud } from "./log_aloud.js";
import { Divider } from "./log_divider.js";

/** @typedef {import("../client/timeline.js").Timeline} Timeline */
/** @typedef {import("./log_types.js").Message} Message */
/** @typedef {import("./log_types.js").Room} Room */

/** One reader of one room at a time. */
export class Reader {
  /** Where the new messages begin. */
  divider = new Divider();
  #aloud;
  #marked = "";

  /** @param {HTMLElement} live @param {import("./log_types.js").Surroundings} surroundings */
  constructor(live, surroundings) {
    this.#aloud = new Aloud(live, surroundings);
  }

  /** Leaves the room. */
  clear() {
    this.divider.clear();
    this.#aloud.clear();
    this.#marked = "";
  }

  /**
   * Comes to a room.
   * @param {Room} room
   * @param {Timeline} timeline
   * @param {string | undefined} user
   */
  open({ read, unread }, timeline, user) {
    this.divider.open(timeline, { read: read.value, unread: unread.value, user });
  }

  /**
   * Another one has said something.
   * @param {Message} message
   * @param {{isReplayed: boolean, isAtEnd: boolean}} how
   */
  hear(message, { isReplayed, isAtEnd }) {
    this.divider.came(message.position, isAtEnd && isLookedAt());
    if (!isReplayed) this.#aloud.hear(message);
  }

  /**
   * Stands at the end of the log. Nothing is seen of it where the page is not looked at.
   * @param {Room} room
   * @param {string | undefined} newest
   */
  see(room, newest) {
    if (!newest || !isLookedAt()) return;
    this.divider.seen();
    if (this.#marked !== newest) room.markRead(newest);
    this.#marked = newest;
  }
}

function isLookedAt() {
  return document.visibilityState === "visible" && document.hasFocus();
}
