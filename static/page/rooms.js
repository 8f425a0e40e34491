// @ts-check
/**
 * The rooms that one is in, the one that is looked at, and what was said in each. Which room is looked at is told by the
 * page's address; this follows it, and remembers both for the next visit.
 * @module
 */

import { Timeline } from "../client/timeline.js";
import { Value } from "../client/values.js";

/** @typedef {import("../client.js").Room} Room */
/** @typedef {import("../client/room_events.js").RoomEvent} RoomEvent */

/** The rooms of this page. */
export class Rooms {
  /** The one that is looked at. */
  active = new Value(/** @type {Room | null} */ (null));
  #chat;
  #settings;
  #heard;
  /** @type {Map<Room, Timeline>} */
  #timelines = new Map();

  /**
   * @param {import("../client.js").Chat} chat
   * @param {import("./settings.js").Settings} settings
   * @param {(room: Room, event: RoomEvent) => void} heard Is told all that happens in any room.
   */
  constructor(chat, settings, heard) {
    this.#chat = chat;
    this.#settings = settings;
    this.#heard = heard;
  }

  /** All of them, in the order of joining. @returns {readonly Room[]} */
  get all() {
    return this.#chat.rooms.value;
  }

  /** Whether one may be in no more of them. */
  get isFull() {
    return this.all.length >= (this.#chat.limits.value?.maxRooms ?? Infinity);
  }

  /** What was said in a room. @param {Room} room @returns {Timeline} */
  timelineOf(room) {
    const known = this.#timelines.get(room);
    if (known) return known;
    const made = new Timeline();
    this.#timelines.set(room, made);
    return made;
  }

  /** Joins a room, if one is not there; does not go there. @param {string} name */
  join(name) {
    const known = this.all.find((room) => room.name === name);
    if (known) return known;
    const room = this.#chat.join(name);
    const timeline = this.timelineOf(room);
    room.events.subscribe((event) => {
      timeline.take(event);
      this.#heard(room, event);
    });
    this.#remember();
    return room;
  }

  /** Goes to a room, and joins it first if need be. @param {string} name */
  goTo(name) {
    const room = this.join(name);
    this.#settings.room = name;
    this.active.set(room);
    return room;
  }

  /** Leaves a room. @param {Room} room @returns {Room | null} Where to go from there. */
  leave(room) {
    const index = this.all.indexOf(room);
    const next = this.all[index + 1] ?? this.all[index - 1] ?? null;
    room.leave();
    this.#timelines.delete(room);
    this.#remember();
    if (this.active.value === room && next === null) this.active.set(null);
    return next;
  }

  /** The room so many places on from the one that is looked at. @param {number} step @returns {Room | undefined} */
  beside(step) {
    const index = this.all.findIndex((room) => room === this.active.value);
    return this.all[(index + step + this.all.length) % this.all.length];
  }

  #remember() {
    this.#settings.rooms = this.all.map(({ name }) => name);
  }
}
