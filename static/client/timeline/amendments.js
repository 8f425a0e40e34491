// @ts-check
/**
 * Applies entries to messages. A message is never mutated but replaced, so that comparing identities shows whether it
 * has changed.
 * @module
 */

/** @typedef {import("../frames.js").Message} Message */
/** @typedef {import("../frames.js").Said} Said */
/** @typedef {import("../frames.js").Edited | import("../frames.js").Deleted | import("../frames.js").Reacted} Amendment */

/**
 * The message that an entry creates: the entry without what only entries have. A replayed one states whether the message was
 * edited or deleted since.
 * @param {Said & { replayed?: boolean }} entry
 * @returns {Message}
 */
export function toMessage({ type: _t, room: _r, replayed: _p, edited, ...message }) {
  const since = message.deleted || edited === undefined ? {} : { edited };
  return Object.freeze({ ...message, ...since });
}

/** Whether a message removes all earlier ones of its room. @param {Pick<Message, "event">} message */
export function isClearing({ event }) {
  return event?.kind === "clear" && event.room === undefined;
}

/**
 * The message after an amendment; the same object if it changes nothing.
 * @param {Message} message
 * @param {Amendment} entry
 * @returns {Message}
 */
export function amend(message, entry) {
  const isModerated = entry.type === "deleted" && entry.user !== message.user;
  // A replayed message is deleted from the start; by whom, only the entry of the deletion tells.
  if (message.deleted && (!isModerated || message.deletedBy)) return message;
  if (entry.type === "edited" && !entry.deleted) {
    return Object.freeze({ ...message, text: entry.text, edited: entry.at });
  }
  if (entry.type === "reacted") return withReaction(message, entry.user, entry.emoji, entry.on);
  const { reactions: _r, mentions: _m, metadata: _d, ...plain } = message;
  const deleted = { ...plain, text: "", deleted: /** @type {const} */ (true) };
  if (!isModerated) return Object.freeze(deleted);
  const { user, name, reason } = entry;
  return Object.freeze({ ...deleted, deletedBy: { user, name, ...(reason && { reason }) } });
}

/**
 * The message after a user has added or removed a reaction. An emoji keeps its place among the others.
 * @param {Message} message
 * @param {string} user
 * @param {string} emoji
 * @param {boolean} on
 * @returns {Message}
 */
export function withReaction(message, user, emoji, on) {
  const { reactions = {}, ...plain } = message;
  const before = Object.hasOwn(reactions, emoji) ? reactions[emoji] ?? [] : [];
  if (!on && !before.includes(user)) return message;
  const others = before.filter((other) => other !== user);
  const { [emoji]: _, ...rest } = reactions;
  const changed = on
    ? { ...reactions, [emoji]: [...others, user] }
    : others.length > 0
    ? { ...reactions, [emoji]: others }
    : rest;
  return Object.freeze(
    Object.keys(changed).length > 0 ? { ...plain, reactions: changed } : plain,
  );
}

/**
 * The sequence number of a position; 0 if there is none.
 * @param {string | undefined} position
 */
export function seqOf(position) {
  return Number(position?.slice(position.indexOf(":") + 1) ?? 0);
}

/** @param {string} position */
const epochOf = (position) => position.slice(0, position.indexOf(":"));

/** Whether a position follows another one of the same epoch. @param {string} position @param {string} mark */
export function isLater(position, mark) {
  return epochOf(position) === epochOf(mark) && seqOf(position) > seqOf(mark);
}

// Positions of different epochs cannot be ordered. Applying an amendment twice is safe, since later ones are applied again
// too; so if the order is unknown, apply it.
/** @param {string} position @param {string} mark */
function isAfter(position, mark) {
  return epochOf(position) !== epochOf(mark) || seqOf(position) > seqOf(mark);
}

/** Reconciles pages of history with the amendments received meanwhile. */
export class PendingAmendments {
  #isStarted = false;
  /** @type {Amendment[]} */
  #amendments = [];
  /** The positions at which pages are valid, for messages whose page is ahead of the received entries. @type {Map<string, string>} */
  #pagePositions = new Map();

  /** Starts remembering amendments of messages that are not loaded. */
  start() {
    this.#isStarted = true;
  }

  /** Forgets all remembered amendments. */
  stop() {
    this.#isStarted = false;
    this.#amendments = [];
  }

  /** @param {Amendment} entry Of a message that is not loaded. */
  remember(entry) {
    if (this.#isStarted) this.#amendments.push(entry);
  }

  /**
   * The message of a page, after the amendments since the page's position.
   * @param {Message} message
   * @param {string} position The position at which the page is valid.
   * @returns {Message}
   */
  applyTo(message, position) {
    this.#pagePositions.set(message.position, position);
    return this.#amendments
      .filter((entry) => entry.of === message.position && isAfter(entry.position, position))
      .reduce(amend, message);
  }

  /**
   * Whether the message's page already included this amendment.
   * @param {Amendment} entry
   */
  isKnown(entry) {
    const mark = this.#pagePositions.get(entry.of);
    if (mark === undefined || !isAfter(entry.position, mark)) return mark !== undefined;
    this.#pagePositions.delete(entry.of);
    return false;
  }
}
