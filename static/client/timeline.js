// @ts-check
/**
 * One room's messages as they stand now, the oldest first, made from what the room tells. What a newcomer would get wrong:
 * a page of history is true at its own position, which may be before or after what was told meanwhile, so that an edit on
 * its way must be applied to it once: neither never nor to a text that is newer already.
 * @module
 */
import { amend, Late, seqOf, toMessage } from "./timeline_amend.js";
import { addNote, notesAfterPage } from "./timeline_notes.js";
import { Feed } from "./values.js";

/** @typedef {import("./timeline_amend.js").Message} Message */
/** @typedef {import("./timeline_amend.js").RoomEvent} RoomEvent */
/** @typedef {{messages: readonly Message[], more: boolean, position: string}} Page */
/** @typedef {{history(options?: {before?: string, limit?: number}): Promise<Page>}} Source */
/** @typedef {import("./timeline_notes.js").Note} Note */
/**
 * What a view has to touch.
 * @typedef {{type: "nothing"} | {type: "replaced"} | {type: "changed", message: Message}
 *   | {type: "added", message: Message, replayed: boolean} | {type: "prepended", count: number}
 *   | {type: "noted", note: Note}} Change
 */

const NOTHING = /** @type {Change} */ ({ type: "nothing" });

/** What one room has said, as far as it was told or asked for. */
export class Timeline {
  /**
   * What changed, told after it has.
   * @type {Feed<Change>}
   */
  changes = new Feed();
  /** Whether there are older messages that are not here. */
  more = false;
  /** Whether the room has been opened: before that, nothing is known of it. */
  isOpen = false;
  /** @type {Message[]} */
  #messages = [];
  // A message's place, counted from the first that ever was here: so it stays when older ones are put before it.
  /** @type {Map<string, number>} */
  #places = new Map();
  #first = 0;
  /** @type {readonly Note[]} */
  #notes = [];
  #late = new Late();
  /** @type {Promise<Change> | undefined} */
  #asking;
  #opening = 0;
  #maxMessages;

  /** @param {number} [maxMessages] Of more than these, the oldest go. */
  constructor(maxMessages = 20_000) {
    this.#maxMessages = maxMessages;
  }

  /** The first message's place; a message keeps its place whatever comes before or after it. */
  get firstPlace() {
    return this.#first;
  }

  /** All of them, the oldest first; always the same list. @returns {readonly Message[]} */
  get messages() {
    return this.#messages;
  }

  /** What is to be told between the messages, the oldest first. @returns {readonly Note[]} */
  get notes() {
    return this.#notes;
  }

  /**
   * Where a message stands in {@linkcode messages}; -1 where it is not here.
   * @param {string} position
   */
  indexOf(position) {
    const place = this.#places.get(position);
    return place === undefined ? -1 : place - this.#first;
  }

  /**
   * The message said at this position, if it is here.
   * @param {string} position
   * @returns {Message | undefined}
   */
  get(position) {
    return this.#messages[this.indexOf(position)];
  }

  /**
   * Takes what the room tells; the same entry again changes nothing.
   * @param {RoomEvent} event
   * @returns {Change}
   */
  take(event) {
    return this.#tell(this.#take(event));
  }

  /**
   * Asks for what was said before the first message, and puts it there. Rejects as `room.history` does.
   * @param {Source} room
   * @param {number} [limit]
   * @returns {Promise<Change>}
   */
  older(room, limit = 50) {
    if (this.#asking) return this.#asking;
    const asking = this.#ask(room, limit).finally(() => {
      if (this.#asking === asking) this.#asking = undefined;
    });
    this.#asking = asking;
    return asking;
  }

  /**
   * Puts an answer of `room.history` before the first message.
   * @param {Page} page
   * @returns {Change}
   */
  page(page) {
    const fresh = page.messages.filter(({ position }) => !this.#places.has(position));
    const made = fresh.map((message) => this.#late.catchUp(message, page.position));
    this.#first -= made.length;
    made.forEach(({ position }, i) => this.#places.set(position, this.#first + i));
    this.#messages.unshift(...made);
    this.more = page.more;
    this.#notes = notesAfterPage(this.#notes, made.at(-1)?.position);
    return this.#tell({ type: "prepended", count: made.length });
  }

  /** @param {Source} room @param {number} limit @returns {Promise<Change>} */
  async #ask(room, limit) {
    const opening = this.#opening;
    const before = this.#messages[0]?.position;
    this.#late.begin();
    try {
      const page = await room.history(before ? { before, limit } : { limit });
      // Opened anew meanwhile, or the first one let go of: what was asked for is no page before what is here now.
      const isNext = opening === this.#opening && (!before || this.#places.has(before));
      return isNext ? this.page(page) : NOTHING;
    } finally {
      if (opening === this.#opening) this.#late.end();
    }
  }

  /** @param {RoomEvent} event @returns {Change} */
  #take(event) {
    switch (event.type) {
      case "opened":
        return this.#open(event);
      case "said":
        return this.#add(event);
      case "edited":
      case "deleted":
      case "reacted":
        return this.#amend(event);
      case "renamed":
        if (event.replayed) return NOTHING;
        return this.#note({ type: "renamed", name: event.name, from: event.from, at: event.at });
      case "lost":
        return this.#lose(event);
      default:
        return NOTHING;
    }
  }

  /** @param {Extract<RoomEvent, {type: "opened"}>} event @returns {Change} */
  #open({ messages, more, reason }) {
    this.#opening += 1;
    this.#asking = undefined;
    this.#late = new Late();
    this.#messages = [...messages];
    this.#first = 0;
    this.#places = new Map(messages.map(({ position }, i) => [position, i]));
    this.more = more;
    this.isOpen = true;
    const at = messages[0]?.at ?? 0;
    this.#notes = reason ? [{ type: "missing", reason, after: null, at }] : [];
    return { type: "replaced" };
  }

  /** @param {Extract<RoomEvent, {type: "said"}>} entry @returns {Change} */
  #add(entry) {
    if (this.#places.has(entry.position)) return NOTHING;
    const message = toMessage(entry);
    this.#places.set(message.position, this.#first + this.#messages.length);
    this.#messages.push(message);
    // Many at once, since each time all that stay are moved in memory.
    if (this.#messages.length > this.#maxMessages) this.#trim(Math.ceil(this.#maxMessages / 20));
    return { type: "added", message, replayed: entry.replayed };
  }

  /** @param {import("./timeline_amend.js").Amendment} entry @returns {Change} */
  #amend(entry) {
    const index = this.indexOf(entry.of);
    const message = this.#messages[index];
    if (!message) this.#late.remember(entry);
    if (!message || this.#late.isKnown(entry)) return NOTHING;
    const changed = amend(message, entry);
    if (changed === message) return NOTHING;
    this.#messages[index] = changed;
    return { type: "changed", message: changed };
  }

  /** @param {Extract<RoomEvent, {type: "lost"}>} event @returns {Change} */
  #lose({ reason, until }) {
    const length = this.#messages.length;
    if (reason === "rewound") this.#rewind(until);
    const change = this.#note({ type: "missing", reason, at: this.#messages.at(-1)?.at ?? 0 });
    return this.#messages.length === length ? change : { type: "replaced" };
  }

  // Numbers go on from epoch to epoch, so that what has a greater one than where the old epoch ended is not in the log.
  /** @param {string} until */
  #rewind(until) {
    this.#late = new Late();
    while (seqOf(this.#messages.at(-1)?.position) > seqOf(until)) {
      const gone = this.#messages.pop();
      if (gone) this.#places.delete(gone.position);
    }
    this.#notes = this.#notes.filter(({ after }) => after === null || this.#places.has(after));
  }

  /** @param {number} count */
  #trim(count) {
    for (const { position } of this.#messages.splice(0, count)) this.#places.delete(position);
    this.#first += count;
    this.more = true;
    this.#notes = this.#notes.filter(({ after }) => after !== null && this.#places.has(after));
  }

  /**
   * @param {{type: "renamed", name: string, from: string, at: number}
   *   | {type: "missing", reason: string, at: number}} what
   * @returns {Change}
   */
  #note(what) {
    const note = { ...what, after: this.#messages.at(-1)?.position ?? null };
    const notes = addNote(this.#notes, note);
    if (notes === this.#notes) return NOTHING;
    this.#notes = notes;
    return { type: "noted", note };
  }

  /** @param {Change} change */
  #tell(change) {
    if (change.type !== "nothing") this.changes.tell(change);
    return change;
  }
}
