// @ts-check
/**
 * What entries do to messages. A message is never changed but replaced, so that whoever holds one can tell by its identity
 * whether it is still what it was.
 * @module
 */

/**
 * @typedef {{readonly position: string, readonly at: number, readonly user: string, readonly name: string,
 *   readonly id: string, readonly text: string, readonly reply?: string, readonly edited?: number,
 *   readonly deleted?: true, readonly reactions?: Readonly<Record<string, readonly string[]>>}} Message
 */
/** @typedef {{position: string, at: number, user: string, name: string, id: string, replayed: boolean}} Stamp */
/** @typedef {Stamp & {type: "said", text: string, reply?: string, edited?: number, deleted?: true}} Said */
/**
 * @typedef {Stamp & {of: string} & ({type: "edited", text: string, deleted?: true} | {type: "deleted"}
 *   | {type: "reacted", emoji: string, on: boolean})} Amendment
 */
/**
 * What `room.events` tells.
 * @typedef {{type: "opened", messages: readonly Message[], more: boolean, position: string, reason: string | null,
 *     read: string | null, unread: number}
 *   | {type: "resumed"} | Said | Amendment | (Stamp & {type: "renamed", from: string})
 *   | {type: "lost", after: string, until: string, reason: string}} RoomEvent
 */

/**
 * The message that an entry creates. A replayed entry already tells whether the message was edited or deleted since.
 * @param {Said} entry
 * @returns {Message}
 */
export function toMessage({ position, at, user, name, id, text, reply, edited, deleted }) {
  const since = deleted ? { deleted } : edited === undefined ? {} : { edited };
  return Object.freeze({ position, at, user, name, id, text, ...(reply && { reply }), ...since });
}

/**
 * The message after the deed; the same one where the deed does nothing to it.
 * @param {Message} message
 * @param {Amendment} entry
 * @returns {Message}
 */
export function amend(message, entry) {
  if (message.deleted) return message;
  if (entry.type === "edited" && !entry.deleted) {
    return Object.freeze({ ...message, text: entry.text, edited: entry.at });
  }
  if (entry.type === "reacted") return react(message, entry.user, entry.emoji, entry.on);
  const { reactions: _, ...plain } = message;
  return Object.freeze({ ...plain, text: "", deleted: /** @type {const} */ (true) });
}

/**
 * The message after somebody has put an emoji to it or taken it back. An emoji keeps its place among the others.
 * @param {Message} message
 * @param {string} user
 * @param {string} emoji
 * @param {boolean} on
 * @returns {Message}
 */
export function react(message, user, emoji, on) {
  const { reactions = {}, ...plain } = message;
  const there = Object.hasOwn(reactions, emoji) ? reactions[emoji] ?? [] : [];
  if (!on && !there.includes(user)) return message;
  const others = there.filter((other) => other !== user);
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
 * The number in a position; 0 where there is none.
 * @param {string | undefined} position
 */
export function seqOf(position) {
  return Number(position?.slice(position.indexOf(":") + 1) ?? 0);
}

/** @param {string} position */
const epochOf = (position) => position.slice(0, position.indexOf(":"));

// Of two epochs nobody can tell which is the later. To do again what was done already ends the same, since what came
// after it comes again too; so where it cannot be told, it is done.
/** @param {string} position @param {string} mark */
function isAfter(position, mark) {
  return epochOf(position) !== epochOf(mark) || seqOf(position) > seqOf(mark);
}

/** What stands between pages of history and what is told meanwhile. */
export class Late {
  #isOpen = false;
  /** @type {Amendment[]} */
  #amendments = [];
  /** Where a page was true, for messages whose page is ahead of what was told. @type {Map<string, string>} */
  #known = new Map();

  /** From now on, amendments of what is not there are remembered. */
  begin() {
    this.#isOpen = true;
  }

  /** What was remembered is let go of. */
  end() {
    this.#isOpen = false;
    this.#amendments = [];
  }

  /** @param {Amendment} entry Of a message that is not there. */
  remember(entry) {
    if (this.#isOpen) this.#amendments.push(entry);
  }

  /**
   * The message of a page, after what was told since the page was true.
   * @param {Message} message
   * @param {string} position Where the page was true.
   * @returns {Message}
   */
  catchUp(message, position) {
    this.#known.set(message.position, position);
    return this.#amendments
      .filter((entry) => entry.of === message.position && isAfter(entry.position, position))
      .reduce(amend, message);
  }

  /**
   * Whether the page that the message came with had this already.
   * @param {Amendment} entry
   */
  isKnown(entry) {
    const mark = this.#known.get(entry.of);
    if (mark === undefined || !isAfter(entry.position, mark)) return mark !== undefined;
    this.#known.delete(entry.of);
    return false;
  }
}
