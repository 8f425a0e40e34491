// @ts-check
/**
 * The divider above the first new message. It is set by the first message that arrives while the user is away, and stays
 * when the user has returned and seen the end; the next absence sets another.
 * @module
 */
import { seqOf } from "../../../client/timeline/amendments.js";

/** @typedef {import("../../../client/timeline/timeline.js").Timeline} Timeline */

/** The first new message and the number of new messages. */
export class UnreadDivider {
  /** The position of the first new message; null if there is none. @type {string | null} */
  before = null;
  /** Number of new messages of other users. */
  count = 0;
  #isSeen = true;

  /** Number of new messages that the user has not seen. */
  get unseen() {
    return this.#isSeen ? 0 : this.count;
  }

  /**
   * Starts with the messages that were unread when the room was opened. Without a read marker, only messages that arrived
   * after joining are new.
   * @param {Timeline} timeline
   * @param {{read: string | null, unread: number, user: string | undefined, blocked?: ReadonlyMap<string, unknown>}} reader
   *   Messages of `blocked` users are hidden, so they are not new.
   */
  open({ messages, more, openedAt }, { read, unread, user, blocked }) {
    this.clear();
    const first = firstAfter(messages, read ?? openedAt);
    const others = messages.slice(first).filter((it) => it.user !== user && !it.deleted);
    const fresh = others.filter((it) => !blocked?.has(it.user));
    if (fresh.length === 0) return;
    const isAllHere = first > 0 || !more || messages[0]?.position === read;
    this.before = fresh[0]?.position ?? null;
    this.count = isAllHere
      ? fresh.length
      : Math.max(fresh.length, unread - others.length + fresh.length);
    this.#isSeen = false;
  }

  /**
   * Handles a message of another user.
   * @param {string} position
   * @param {boolean} isWatched
   */
  onMessage(position, isWatched) {
    if (isWatched) return;
    if (this.#isSeen) {
      this.before = position;
      this.count = 0;
      this.#isSeen = false;
    }
    this.count += 1;
  }

  /** The reader has seen the end. */
  markSeen() {
    this.#isSeen = true;
  }

  /** Removes the divider, also when the user sends a message: then everything is read. */
  clear() {
    this.before = null;
    this.count = 0;
    this.#isSeen = true;
  }
}

// Compare sequence numbers: the read marker may be the position of an edit or of a dropped message. Numbers continue across epochs.
/** @param {Timeline["messages"]} messages @param {string | null} read */
function firstAfter(messages, read) {
  let index = messages.length;
  while (index > 0 && seqOf(messages[index - 1]?.position) > seqOf(read ?? undefined)) index -= 1;
  return index;
}
