// @ts-check
/**
 * The two rooms of the service that moderators read: `_reports`, and `_audit`, which has everything that moderators do. They
 * are joined beside the user's own rooms, for owners and moderators only.
 * @module
 */

import { Value } from "../../client/observable.js";
import { Timeline } from "../../client/timeline/timeline.js";
import { isLocked, sanctionsOf } from "./sanctions.js";
import { moderatesService } from "./ranks.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {import("../../client/timeline/timeline.js").Message} Message */
/** A message of `_audit`. @typedef {{ readonly message: Message, readonly event: import("../../client/frames.js").EventOfRoom }} AuditEntry */

const LIMIT = 200;
/** Maximum number of pages of `_audit` that are read for the mutes and bans. */
const MAX_PAGES = 10;

/** One of the rooms, with its messages. */
class FollowedRoom {
  timeline = new Timeline();
  room;

  /** @param {Room} room @param {() => void} onChange */
  constructor(room, onChange) {
    this.room = room;
    room.events.subscribe((event) => this.timeline.apply(event));
    this.timeline.changes.subscribe(onChange);
    for (const it of [room.unread, room.state]) it.subscribe(onChange);
  }
}

/** Both rooms. */
export class ModeratorRooms {
  /** Changes whenever there is something to draw again. */
  changes = new Value(0);
  #chat;
  /** @type {FollowedRoom | null} */
  #reports = null;
  /** @type {FollowedRoom | null} */
  #audit = null;

  /** @param {import("../../client.js").Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    chat.me.subscribe(() => this.#follow());
    chat.server.subscribe(() => this.#onChange());
  }

  /** Whether the user moderates the service. */
  get areOpen() {
    return this.#reports !== null;
  }

  /** The reports and what moderators say about them, newest first. @returns {readonly Message[]} */
  get reports() {
    return [...this.#reports?.timeline.messages ?? []].reverse();
  }

  /** What moderators have done, oldest first. @returns {readonly AuditEntry[]} */
  get audit() {
    return (this.#audit?.timeline.messages ?? []).flatMap((message) =>
      message.event ? [{ message, event: message.event }] : []
    );
  }

  /** Number of unread reports. */
  get unread() {
    return this.#reports?.room.unread.value ?? 0;
  }

  /** Whether guests are locked out. */
  get isLocked() {
    const events = this.audit.map(({ event }) => event);
    return isLocked(events, this.#chat.server.value?.locked ?? false);
  }

  /** The mutes and bans that are in force, as far as they are loaded. */
  get sanctions() {
    return sanctionsOf(this.audit.map(({ event }) => event), Date.now());
  }

  /** The fault for which a room could not be joined; null if it was not refused. @param {"reports" | "audit"} which */
  faultOf(which) {
    const state = this.#roomOf(which)?.room.state.value;
    return state?.kind === "refused" ? state.error.code : null;
  }

  /** Joins a room again that was refused. */
  retry() {
    for (const it of [this.#reports, this.#audit]) {
      if (it?.room.state.value.kind === "refused") this.#chat.join(it.room.name);
    }
  }

  /** Whether there are older reports, or older events. @param {"reports" | "audit"} which */
  hasOlder(which) {
    return this.#roomOf(which)?.timeline.more ?? false;
  }

  /** Loads older ones. @param {"reports" | "audit"} which */
  async loadOlder(which) {
    const followed = this.#roomOf(which);
    await followed?.timeline.loadOlder(followed.room, LIMIT);
  }

  /** Loads enough of what moderators have done to know who is muted and banned. */
  async loadSanctions() {
    for (let page = 0; page < MAX_PAGES && this.hasOlder("audit"); page++) {
      await this.loadOlder("audit");
    }
  }

  /** Says something to the other moderators. @param {string} text */
  async say(text) {
    await this.#reports?.room.say(text).sent;
  }

  /** Turns a message down that waits. @param {string} position */
  async turnDown(position) {
    await this.#reports?.room.delete(position).sent;
  }

  /** Marks all reports as read. */
  markRead() {
    const newest = this.#reports?.timeline.messages.at(-1);
    if (newest && this.unread > 0) this.#reports?.room.markRead(newest.position);
  }

  /** @param {"reports" | "audit"} which */
  #roomOf(which) {
    return which === "reports" ? this.#reports : this.#audit;
  }

  #follow() {
    const isModerator = moderatesService(this.#chat.me.value?.role);
    if (isModerator === this.areOpen) return;
    if (isModerator) {
      const follow = (/** @type {string} */ name) =>
        new FollowedRoom(this.#chat.join(name, { limit: LIMIT }), () => this.#onChange());
      this.#reports = follow("_reports");
      this.#audit = follow("_audit");
    } else {
      this.#reports?.room.leave();
      this.#audit?.room.leave();
      this.#reports = this.#audit = null;
    }
    this.#onChange();
  }

  #onChange() {
    this.changes.set(this.changes.value + 1);
  }
}
