// @ts-check
/**
 * One room's messages in their current state, oldest first, built from the room's events. A page of history is
 * valid at its own position, which may be before or after the events received meanwhile: apply a concurrent edit to it
 * exactly once, and never to a text that is already newer.
 * @module
 */
import {
  amend,
  isClearing as clearsRoom,
  isLater,
  PendingAmendments,
  seqOf,
  toMessage,
} from "./amendments.js";
import { addNote, notesAfterPage } from "./notes.js";
import { Feed } from "../observable.js";

/** @typedef {import("./amendments.js").Message} Message */
/** @typedef {import("../events.js").RoomEvent} RoomEvent */
/**
 * `reason`: the log does not know the position that was asked for, so these are the newest messages.
 * @typedef {{messages: readonly Message[], more: boolean, position: string, reason?: string}} HistoryPage
 */
/** @typedef {{history(options?: {before?: string, limit?: number}): Promise<HistoryPage>}} HistorySource */
/** @typedef {import("./notes.js").Note} Note */
/**
 * What a view must update. `hasOverlap`: some of the earlier messages keep their places.
 * @typedef {{type: "nothing"} | {type: "replaced", hasOverlap: boolean} | {type: "changed", message: Message}
 *   | {type: "added", message: Message, replayed: boolean} | {type: "prepended", count: number}
 *   | {type: "noted", note: Note}} TimelineChange
 */

const NOTHING = /** @type {TimelineChange} */ ({ type: "nothing" });

/** The loaded messages of one room. */
export class Timeline {
  /**
   * Reports each change after it was made.
   * @type {Feed<TimelineChange>}
   */
  changes = new Feed();
  /** Whether older messages exist that are not loaded. */
  more = false;
  /** Whether the room has been opened. Before that, its state is unknown. */
  isOpen = false;
  /** The room's position when it was opened: later messages arrived since. @type {string | null} */
  openedAt = null;
  /** @type {Message[]} */
  #messages = [];
  // A message's ordinal counts from the first message ever loaded, so it stays the same when older ones are prepended.
  /** @type {Map<string, number>} */
  #ordinals = new Map();
  #firstOrdinal = 0;
  /** @type {readonly Note[]} */
  #notes = [];
  #pendingAmendments = new PendingAmendments();
  /** @type {Promise<TimelineChange> | undefined} */
  #loading;
  #openCount = 0;
  #maxMessages;

  /** @param {number} [maxMessages] Beyond this number, the oldest messages are dropped. */
  constructor(maxMessages = 20_000) {
    this.#maxMessages = maxMessages;
  }

  /** The first message's ordinal. A message keeps its ordinal whatever is added before or after it. */
  get firstOrdinal() {
    return this.#firstOrdinal;
  }

  /** All loaded messages, oldest first; always the same array. @returns {readonly Message[]} */
  get messages() {
    return this.#messages;
  }

  /** The notes between the messages, oldest first. @returns {readonly Note[]} */
  get notes() {
    return this.#notes;
  }

  /**
   * The index of a message in {@linkcode messages}; -1 if it is not loaded.
   * @param {string} position
   */
  indexOf(position) {
    const ordinal = this.#ordinals.get(position);
    return ordinal === undefined ? -1 : ordinal - this.#firstOrdinal;
  }

  /**
   * The message at this position, if it is loaded.
   * @param {string} position
   * @returns {Message | undefined}
   */
  get(position) {
    return this.#messages[this.indexOf(position)];
  }

  /**
   * Shows messages cached on an earlier visit. Does nothing once the room has been opened.
   * @param {readonly Message[]} messages Oldest first.
   * @returns {TimelineChange}
   */
  fill(messages) {
    if (this.isOpen) return NOTHING;
    this.#replace(messages, 0);
    return this.#emitChange({ type: "replaced", hasOverlap: false });
  }

  /**
   * Applies an event of the room. Applying the same entry again changes nothing.
   * @param {RoomEvent} event
   * @returns {TimelineChange}
   */
  apply(event) {
    return this.#emitChange(this.#applyEvent(event));
  }

  /**
   * Requests the messages before the first one and prepends them. Rejects as `room.history` does.
   * @param {HistorySource} room
   * @param {number} [limit]
   * @returns {Promise<TimelineChange>}
   */
  loadOlder(room, limit = 50) {
    if (this.#loading) return this.#loading;
    const loading = this.#fetchOlder(room, limit).finally(() => {
      if (this.#loading === loading) this.#loading = undefined;
    });
    this.#loading = loading;
    return loading;
  }

  /**
   * Prepends an answer of `room.history`. One with a reason replaces all messages but newer ones.
   * @param {HistoryPage} page
   * @returns {TimelineChange}
   */
  prependPage(page) {
    if (page.reason) return this.#emitChange(this.#onOpened(this.#withNewer(page, page.reason)));
    const fresh = page.messages.filter(({ position }) => !this.#ordinals.has(position));
    const made = fresh.map((message) => this.#pendingAmendments.applyTo(message, page.position));
    this.#firstOrdinal -= made.length;
    made.forEach(({ position }, i) => this.#ordinals.set(position, this.#firstOrdinal + i));
    this.#messages.unshift(...made);
    this.more = page.more;
    this.#notes = notesAfterPage(this.#notes, made.at(-1)?.position);
    return this.#emitChange({ type: "prepended", count: made.length });
  }

  /** @param {HistoryPage} page @param {string} reason */
  #withNewer({ messages, more, position }, reason) {
    const made = messages.map((it) =>
      this.get(it.position) ?? this.#pendingAmendments.applyTo(it, position)
    );
    const newer = this.#messages.filter((it) => isLater(it.position, position));
    return { messages: [...made, ...newer], more, position, reason };
  }

  /** @param {HistorySource} room @param {number} limit @returns {Promise<TimelineChange>} */
  async #fetchOlder(room, limit) {
    const openCount = this.#openCount;
    const before = this.#messages[0]?.position;
    this.#pendingAmendments.start();
    try {
      const page = await room.history(before ? { before, limit } : { limit });
      // If the room was reopened meanwhile, or its first message dropped, the page no longer precedes the loaded messages.
      const isNext = openCount === this.#openCount && (!before || this.#ordinals.has(before));
      return isNext ? this.prependPage(page) : NOTHING;
    } finally {
      if (openCount === this.#openCount) this.#pendingAmendments.stop();
    }
  }

  /** @param {RoomEvent} event @returns {TimelineChange} */
  #applyEvent(event) {
    switch (event.type) {
      case "opened":
        return this.#onOpened(event);
      case "said":
        return this.#add(event);
      case "edited":
      case "deleted":
      case "reacted":
        return this.#amend(event);
      case "renamed":
        if (event.replayed) return NOTHING;
        return this.#appendNote({
          type: "renamed",
          user: event.user,
          name: event.name,
          from: event.from,
          at: event.at,
        });
      case "lost":
        return this.#onLost(event);
      default:
        return NOTHING;
    }
  }

  /**
   * @param {Pick<Extract<RoomEvent, {type: "opened"}>, "messages" | "more" | "position" | "reason">} event
   * @returns {TimelineChange}
   */
  #onOpened({ messages, more, position, reason }) {
    this.#openCount += 1;
    this.#loading = undefined;
    this.#pendingAmendments = new PendingAmendments();
    // Messages that were already shown keep their places.
    const shared = this.isOpen ? -1 : messages.findIndex((it) => this.#ordinals.has(it.position));
    const first = (this.#ordinals.get(messages[shared]?.position ?? "") ?? 0) - Math.max(shared, 0);
    this.#replace(messages, first);
    this.more = more;
    this.isOpen = true;
    this.openedAt = position;
    const at = messages[0]?.at ?? 0;
    this.#notes = reason ? [{ type: "missing", reason, after: null, at }] : [];
    return { type: "replaced", hasOverlap: shared >= 0 };
  }

  /** @param {readonly Message[]} messages @param {number} first The ordinal of the first one. */
  #replace(messages, first) {
    this.#messages = [...messages];
    this.#firstOrdinal = first;
    this.#ordinals = new Map(messages.map(({ position }, i) => [position, first + i]));
  }

  /** @param {Extract<RoomEvent, {type: "said"}>} entry @returns {TimelineChange} */
  #add(entry) {
    if (this.#ordinals.has(entry.position)) return NOTHING;
    const message = toMessage(entry);
    const isClearing = clearsRoom(message);
    if (isClearing) this.#clear();
    this.#ordinals.set(message.position, this.#firstOrdinal + this.#messages.length);
    this.#messages.push(message);
    // Drop many at once: each removal moves all remaining messages in memory.
    if (this.#messages.length > this.#maxMessages) this.#trim(Math.ceil(this.#maxMessages / 20));
    return isClearing
      ? { type: "replaced", hasOverlap: false }
      : { type: "added", message, replayed: entry.replayed };
  }

  /** All messages were removed from the room. */
  #clear() {
    this.#openCount += 1;
    this.#loading = undefined;
    this.#pendingAmendments = new PendingAmendments();
    this.#replace([], this.#firstOrdinal + this.#messages.length);
    this.more = false;
    this.#notes = [];
  }

  /** @param {import("./amendments.js").Amendment} entry @returns {TimelineChange} */
  #amend(entry) {
    const index = this.indexOf(entry.of);
    const message = this.#messages[index];
    if (!message) this.#pendingAmendments.remember(entry);
    if (!message || this.#pendingAmendments.isKnown(entry)) return NOTHING;
    const changed = amend(message, entry);
    if (changed === message) return NOTHING;
    this.#messages[index] = changed;
    return { type: "changed", message: changed };
  }

  /** @param {Extract<RoomEvent, {type: "lost"}>} event @returns {TimelineChange} */
  #onLost({ reason, until }) {
    const length = this.#messages.length;
    if (reason === "rewound") this.#rewind(until);
    const change = this.#appendNote({
      type: "missing",
      reason,
      at: this.#messages.at(-1)?.at ?? 0,
    });
    return this.#messages.length === length ? change : { type: "replaced", hasOverlap: false };
  }

  // Numbers continue across epochs, so any number above the end of the old epoch is not in the log.
  /** @param {string} until */
  #rewind(until) {
    this.#pendingAmendments = new PendingAmendments();
    while (seqOf(this.#messages.at(-1)?.position) > seqOf(until)) {
      const gone = this.#messages.pop();
      if (gone) this.#ordinals.delete(gone.position);
    }
    this.#notes = this.#notes.filter(({ after }) => after === null || this.#ordinals.has(after));
  }

  /** @param {number} count */
  #trim(count) {
    for (const { position } of this.#messages.splice(0, count)) this.#ordinals.delete(position);
    this.#firstOrdinal += count;
    this.more = true;
    this.#notes = this.#notes.filter(({ after }) => after !== null && this.#ordinals.has(after));
  }

  /**
   * @param {{type: "renamed", user: string, name: string, from: string, at: number}
   *   | {type: "missing", reason: string, at: number}} what
   * @returns {TimelineChange}
   */
  #appendNote(what) {
    const note = { ...what, after: this.#messages.at(-1)?.position ?? null };
    const notes = addNote(this.#notes, note);
    if (notes === this.#notes) return NOTHING;
    this.#notes = notes;
    return { type: "noted", note };
  }

  /** @param {TimelineChange} change */
  #emitChange(change) {
    if (change.type !== "nothing") this.changes.emit(change);
    return change;
  }
}
