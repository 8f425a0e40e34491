// @ts-check
/**
 * One room, as the caller sees it: what is told there, and what can be done there. What is done is kept and sent until the
 * room's log has it, also over lost connections; so nothing here has to be asked for again. Messages are not kept: see
 * timeline.js.
 * @module
 */

import { DisconnectedError } from "./errors.js";
import { rosterOf } from "./roster.js";

/** @typedef {import("./delivery.js").Delivery} Delivery */
/** @typedef {import("./frames.js").Deed} Deed */
/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./roster.js").Roster} Roster */
/** @typedef {import("./stay.js").Host} Host */
/** @typedef {import("./stay.js").Stay} Stay */

/** A room. Made by `Chat.join()`. */
export class Room {
  #stay;
  #host;
  #leave;

  /** @internal @param {Stay} stay @param {Host} host @param {(room: Room) => void} leave */
  constructor(stay, host, leave) {
    this.#stay = stay;
    this.#host = host;
    this.#leave = leave;
    /** The room's name. @readonly */
    this.name = stay.name;
    /** How one stands to it. @readonly */
    this.state = stay.state;
    /** One's name here; null before one has joined. @readonly */
    this.me = stay.me;
    /** Who is here. @readonly */
    this.members = stay.members;
    /** Who is writing, without oneself. @readonly */
    this.typing = stay.typists.value;
    /** How many messages one has not read. @readonly */
    this.unread = stay.reading.unread;
    /** The position up to which one has read. @readonly */
    this.read = stay.reading.read;
    /** The newest message, for a preview. @readonly */
    this.last = stay.last;
    /** What happens, in order and each once. @readonly */
    this.events = stay.events;
  }

  /** The position of the last entry that one was given; null before the first joining. */
  get position() {
    return this.#stay.seat.position;
  }

  /**
   * Says something. It is kept and sent again until the room's log has it.
   * @param {string} text
   * @param {{ reply?: string }} [options] `reply`: the position of what it answers.
   * @returns {Delivery}
   */
  say(text, { reply } = {}) {
    this.#stay.typists.rest();
    return this.#put(reply === undefined ? { type: "say", text } : { type: "say", text, reply });
  }

  /** Gives a message of one's own another text. @param {string} of Its position. @param {string} text */
  edit(of, text) {
    return this.#put({ type: "edit", of, text });
  }

  /** Takes a message of one's own back. @param {string} of Its position. */
  delete(of) {
    return this.#put({ type: "delete", of });
  }

  /** Puts an emoji to a message, or takes it back. @param {string} of Its position. @param {string} emoji @param {boolean} [on] */
  react(of, emoji, on = true) {
    return this.#put({ type: "react", of, emoji, on });
  }

  /** Tells the others that one writes, or has stopped. Call it at each key: it is told seldom enough. @param {boolean} [isTyping] */
  type(isTyping = true) {
    if (!this.#stay.isHere) return;
    if (isTyping && this.#stay.typists.isDue()) {
      this.#host.sender.sendNow({ type: "typing", room: this.name });
    }
    if (!isTyping && this.#stay.typists.rest()) {
      this.#host.sender.sendNow({ type: "typing", room: this.name, on: false });
    }
  }

  /** Marks all up to a message as read, on all devices. @param {string} position */
  markRead(position) {
    this.#stay.reading.mark(position);
  }

  /**
   * Older messages as they now stand, the oldest first.
   * @param {{ before?: string, limit?: number }} [options] The newest before a position (without it, of all); 0 to 200, 50 without it.
   * @returns {Promise<{ messages: readonly Message[], more: boolean, position: string }>} Rejects with a {@linkcode ChatError}.
   */
  history({ before, limit = 50 } = {}) {
    if (!this.#stay.isHere) return Promise.reject(new DisconnectedError());
    return this.#host.askPatiently({ type: "history", room: this.name, before, limit });
  }

  /** Asks who is here; 200 people at most are named. @returns {Promise<Roster>} Rejects with a {@linkcode ChatError}. */
  async who() {
    if (!this.#stay.isHere) throw new DisconnectedError();
    this.members.set(rosterOf(await this.#host.askPatiently({ type: "who", room: this.name })));
    return this.members.value;
  }

  /** Leaves. What was not sent yet is kept, and sent when one joins again. */
  leave() {
    this.#leave(this);
  }

  /** @param {Deed} deed */
  #put(deed) {
    return this.#host.outbox.put(this.name, deed);
  }
}
