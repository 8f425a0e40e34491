// @ts-check
/**
 * The read marker of the user in one room, set here or on another connection, and the number of unread messages. The
 * server's marker only moves forward and counts the user's own messages, so those are marked as read too.
 * @module
 */

import { isUpTo, parsePosition } from "../frames.js";
import { Value } from "../observable.js";

// Scrolling through a busy room must not use up the rate limit.
const SEND_INTERVAL_MS = 1_000;
// Most programs never mark anything as read and must not fill the memory. Above this number, the exact count does not matter.
const MAX_NEW_SEQS = 10_000;

/** The read marker of one room. */
export class ReadMarker {
  /** The position up to which the user has read. @type {Value<string | null>} */
  read = new Value(/** @type {string | null} */ (null));
  /** The number of messages after it. */
  unread = new Value(0);
  /** The number of those that mention the user. */
  mentions = new Value(0);
  #platform;
  #sendMarker;
  /** The sequence numbers of the unread messages received since the join, in order. @type {number[]} */
  #newSeqs = [];
  /** Those of them that mention the user. @type {number[]} */
  #newMentions = [];
  /** The number of unread messages before those, as counted by the server. */
  #backlog = 0;
  /** The number of those that mention the user. */
  #mentionBacklog = 0;
  /** The sequence number of the newest of them, as far as known. */
  #backlogEnd = 0;
  /** @type {string | null} */
  #unsent = null;
  #stopTimer = () => {};
  #sentAt = -Infinity;
  #countsMissed = false;
  #isZeroSent = false;

  /**
   * @param {import("../connection/platform.js").Platform} platform
   * @param {(position: string) => boolean} sendMarker Sends the marker; false if there is no connection.
   */
  constructor(platform, sendMarker) {
    this.#platform = platform;
    this.#sendMarker = sendMarker;
  }

  /**
   * Applies the server's state, including missed messages. A marker set while offline is sent now. The server did not know it
   * when it counted, so missed messages are counted here instead.
   * @param {import("../frames.js").Joined} joined
   * @param {boolean} isResumed Whether the missed entries will be replayed.
   */
  onJoined({ read, unread, mentions = 0, top, messages = [] }, isResumed) {
    this.#newSeqs = [];
    this.#newMentions = [];
    if (!isResumed) this.#backlogEnd = seqOf(messages.at(-1)?.position ?? top);
    this.#countsMissed = this.#unsent !== null;
    // Messages that are not replayed can only be counted by the server, though it counts too many.
    if (!this.#countsMissed || !isResumed) {
      this.unread.set(unread);
      this.mentions.set(mentions);
    }
    this.#backlog = this.unread.value;
    this.#mentionBacklog = this.mentions.value;
    if (this.#countsMissed) this.#sendUnsent();
    else this.read.set(read ?? (this.#isAtZero ? this.read.value : null));
  }

  // A room without entries is not stored, and neither is a marker in it: send it again once there is a message.
  get #isAtZero() {
    return parsePosition(this.read.value ?? undefined)?.seq === 0;
  }

  /**
   * Counts a message.
   * @param {string} position
   * @param {boolean} isOwn
   * @param {boolean} wasMissed
   * @param {boolean} isMention Whether it mentions the user.
   */
  onMessage(position, isOwn, wasMissed, isMention) {
    const isCounted = !wasMissed || this.#countsMissed;
    if (!isCounted) this.#backlogEnd = seqOf(position);
    // The marker of another connection may arrive before the message.
    else if (isUpTo(position, this.read.value ?? undefined)) return;
    if (isOwn && isCounted && this.unread.value === 0) return this.mark(position);
    if (isOwn) return;
    if (this.#isAtZero && !this.#isZeroSent) {
      this.#isZeroSent = true;
      this.#unsent ??= this.read.value;
      this.#sendUnsent();
    }
    if (!isCounted) return;
    this.#newSeqs = withSeq(this.#newSeqs, position);
    this.unread.set(this.unread.value + 1);
    if (!isMention) return;
    this.#newMentions = withSeq(this.#newMentions, position);
    this.mentions.set(this.mentions.value + 1);
  }

  /** All earlier messages were removed. */
  onCleared() {
    this.#newSeqs = [];
    this.#newMentions = [];
    this.#backlog = this.#mentionBacklog = 0;
    this.unread.set(0);
    this.mentions.set(0);
  }

  /**
   * Marks everything up to this position as read.
   * @param {string} position
   */
  mark(position) {
    if (!this.#advance(position)) return;
    this.#unsent = position;
    this.#sendUnsent();
  }

  /**
   * The user has read up to this position on another connection, as the server reports.
   * @param {string} position
   */
  onMarkedElsewhere(position) {
    if (this.#advance(position) && isUpTo(this.#unsent ?? undefined, position)) this.#unsent = null;
  }

  /** @param {string} position @returns {boolean} Whether the marker has moved forward. */
  #advance(position) {
    const isNone = parsePosition(position) === null;
    if (isNone || isUpTo(position, this.read.value ?? undefined)) return false;
    // Compare numbers only: they grow across epochs too, except for entries lost between them.
    const seq = seqOf(position);
    this.#newSeqs = this.#newSeqs.filter((it) => it > seq);
    this.#newMentions = this.#newMentions.filter((it) => it > seq);
    // Not every number belongs to a message, so this count may be too high; the next join corrects it.
    this.#backlog = Math.min(this.#backlog, Math.max(0, this.#backlogEnd - seq));
    this.read.set(position);
    this.unread.set(this.#backlog + this.#newSeqs.length);
    // Where those of before the join are is not known.
    this.#mentionBacklog = Math.min(this.#mentionBacklog, this.#backlog);
    this.mentions.set(this.#mentionBacklog + this.#newMentions.length);
    return true;
  }

  /** Drops a marker that was set offline: another user has set it. */
  forget() {
    this.#unsent = null;
  }

  /** Sends a pending marker immediately: the page may not come back. */
  flush() {
    this.#sentAt = -Infinity;
    this.#sendUnsent();
  }

  /** The connection is lost, or the room was left. */
  stop() {
    this.#stopTimer();
    this.#sentAt = -Infinity;
  }

  #sendUnsent() {
    this.#stopTimer();
    const now = this.#platform.now();
    const passedMs = now - this.#sentAt;
    // Negative if the clock was set back.
    if (passedMs >= 0 && passedMs < SEND_INTERVAL_MS) {
      this.#stopTimer = this.#platform.after(() => this.#sendUnsent(), SEND_INTERVAL_MS - passedMs);
      return;
    }
    if (this.#unsent === null || !this.#sendMarker(this.#unsent)) return;
    this.#sentAt = now;
    this.#unsent = null;
  }
}

/** @param {number[]} seqs @param {string} position */
function withSeq(seqs, position) {
  seqs.push(seqOf(position));
  return seqs.length > MAX_NEW_SEQS ? seqs.slice(-MAX_NEW_SEQS / 2) : seqs;
}

/** @param {string} position */
const seqOf = (position) => parsePosition(position)?.seq ?? 0;
