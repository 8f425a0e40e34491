// @ts-check
/// <reference lib="dom" />
/**
 * Tracks what is new to the reader: where it begins, what is announced, and the read marker. Messages count as seen only
 * at the end of the log while the user is looking at the page.
 * @module
 */
import { LiveRegion } from "./live_region.js";
import { UnreadDivider } from "./unread_divider.js";
import { isLooking } from "../../base/user_presence.js";

/** @typedef {import("../../../client/timeline/timeline.js").Timeline} Timeline */
/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").Room} Room */

/** Tracks one room at a time. */
export class ReadTracker {
  /** The divider above the first new message. */
  divider = new UnreadDivider();
  #liveRegion;
  #marked = "";

  /** @param {HTMLElement} live @param {import("../types.js").LogContext} context */
  constructor(live, context) {
    this.#liveRegion = new LiveRegion(live, context);
  }

  /** Leaves the room. */
  clear() {
    this.divider.clear();
    this.#liveRegion.clear();
    this.#marked = "";
  }

  /**
   * Starts with a room.
   * @param {Room} room
   * @param {Timeline} timeline
   * @param {string | undefined} user
   * @param {ReadonlyMap<string, unknown>} blocked The users whose messages are hidden.
   */
  open({ read, unread }, timeline, user, blocked) {
    this.divider.open(timeline, { read: read.value, unread: unread.value, user, blocked });
  }

  /**
   * Handles a message of another user.
   * @param {Message} message
   * @param {{isReplayed: boolean, isAtEnd: boolean}} how
   */
  onMessage(message, { isReplayed, isAtEnd }) {
    this.divider.onMessage(message.position, isAtEnd && isLooking());
    if (!isReplayed) this.#liveRegion.add(message);
  }

  /**
   * The reader is at the end of the log: if the user is looking at the page, everything is seen. An empty room is marked too,
   * so that its first message counts as new.
   * @param {Room} room
   * @param {string | null | undefined} newest
   */
  markSeen(room, newest) {
    if (!newest || !isLooking()) return;
    this.divider.markSeen();
    if (this.#marked !== newest) room.markRead(newest);
    this.#marked = newest;
  }
}
