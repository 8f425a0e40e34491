// @ts-check
/**
 * Where what is new begins. The mark is set by the first message that comes while nobody watches, and stays when the
 * reader has come back and seen the end, so that one finds where one was; the next absence sets another.
 * @module
 */
import { seqOf } from "../client/timeline_amend.js";

/** @typedef {import("../client/timeline.js").Timeline} Timeline */

/** Remembers the first new message, and how many there are. */
export class Divider {
  /** The position of the first new message; null where there is none. @type {string | null} */
  before = null;
  /** How many are new, by others. */
  count = 0;
  #isSeen = true;

  /** How many are new and not seen yet. */
  get unseen() {
    return this.#isSeen ? 0 : this.count;
  }

  /**
   * Begins anew, with what was not read when the room was opened.
   * @param {Timeline} timeline
   * @param {{read: string | null, unread: number, user: string | undefined}} reader
   */
  open({ messages }, { read, unread, user }) {
    this.clear();
    if (read === null) return;
    const first = firstAfter(messages, read);
    const fresh = messages.slice(first).filter((it) => it.user !== user && !it.deleted);
    if (fresh.length === 0) return;
    const isAllHere = first > 0 || messages[0]?.position === read;
    this.before = fresh[0]?.position ?? null;
    this.count = isAllHere ? fresh.length : Math.max(fresh.length, unread);
    this.#isSeen = false;
  }

  /**
   * Another one's message came.
   * @param {string} position
   * @param {boolean} isWatched
   */
  came(position, isWatched) {
    if (isWatched) return;
    if (this.#isSeen) {
      this.before = position;
      this.count = 0;
      this.#isSeen = false;
    }
    this.count += 1;
  }

  /** The reader has seen the end. */
  seen() {
    this.#isSeen = true;
  }

  /** There is nothing new: whoever says something has read. */
  clear() {
    this.before = null;
    this.count = 0;
    this.#isSeen = true;
  }
}

// The mark may be of an edit or of a message that is here no more. Numbers go on from epoch to epoch.
/** @param {Timeline["messages"]} messages @param {string} read */
function firstAfter(messages, read) {
  let index = messages.length;
  while (index > 0 && seqOf(messages[index - 1]?.position) > seqOf(read)) index -= 1;
  return index;
}
