// @ts-check
/**
 * The private and direct rooms of the user, and the listed rooms. The server is asked for them after connecting, and when it
 * reports that the user got into a room. Own rooms are joined, so that they are in the sidebar with their unread messages.
 * @module
 */

import { isPrivateRoom } from "../base/room_kinds.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {import("../../client/room_types.js").RoomSummary} RoomSummary */
/**
 * What the rooms need from the page.
 * @typedef {object} OwnRoomsContext
 * @property {import("../../client.js").Chat} chat
 * @property {import("./rooms.js").Rooms} rooms
 * @property {import("./room_names.js").RoomNames} roomNames
 * @property {import("../i18n/strings.js").Translator} translator
 * @property {{ show(words: string): void }} toasts
 * @property {(next: Room | null) => void} showNext Shows the room next to one that was left.
 */

/** Number of own rooms that are joined without being asked for. The palette finds the others. */
const MAX_JOINED = 20;

/** The rooms that the server lists. */
export class OwnRooms {
  /** The rooms of the last list. @type {readonly RoomSummary[]} */
  all = [];
  #context;
  /** @type {WeakSet<Room>} */
  #watched = new WeakSet();
  /** Rooms that the user is leaving. @type {WeakSet<Room>} */
  #leaving = new WeakSet();
  #isAsking = false;
  #isStale = false;

  /** @param {OwnRoomsContext} context */
  constructor(context) {
    this.#context = context;
    const { chat } = context;
    chat.state.subscribe(({ kind }) => kind === "online" && void this.load());
    chat.memberships.subscribe(({ on }) => on && void this.load());
    chat.rooms.subscribe((rooms) => {
      for (const it of rooms) if (isPrivateRoom(it.name)) this.#watch(it);
    });
  }

  /** Asks for the list. Without an answer, the last one remains. */
  async load() {
    this.#isStale = this.#isAsking;
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      this.#accept((await this.#context.chat.listRooms()).rooms);
    } catch {
      // Asked again with the next connection.
    }
    this.#isAsking = false;
    if (this.#isStale) await this.load();
  }

  /** Learns the name of a room that the user has just created or opened. @param {RoomSummary} room */
  learn({ room, title, with: other }) {
    const name = title ?? other?.name;
    if (name !== undefined) this.#context.roomNames.learn([[room, name]]);
  }

  /** Ends the user's membership in a private or direct room. @param {Room} room @returns {Promise<void>} Rejects with a ChatError. */
  async leave(room) {
    this.#leaving.add(room);
    try {
      await room.removeMember();
    } catch (error) {
      this.#leaving.delete(room);
      throw error;
    }
    this.#drop(room);
  }

  /** @param {readonly RoomSummary[]} all */
  #accept(all) {
    const { rooms } = this.#context;
    this.all = all;
    const own = all.filter(({ kind }) => kind === "private" || kind === "direct");
    for (const it of own) this.learn(it);
    for (const { room } of own.slice(0, MAX_JOINED)) if (!rooms.isFull) rooms.join(room);
  }

  /** @param {Room} room */
  #watch(room) {
    if (this.#watched.has(room)) return;
    this.#watched.add(room);
    room.state.subscribe((state) => {
      if (state.kind !== "refused" || state.error.code !== "not_allowed") return;
      // After all other listeners.
      queueMicrotask(() => this.#drop(room));
    });
  }

  /** Takes a room whose member the user is not any more from the page. @param {Room} room */
  #drop(room) {
    const { chat, rooms, roomNames, translator, toasts, showNext } = this.#context;
    if (!chat.rooms.value.includes(room)) return;
    const place = translator.roomName(room.name);
    const wasThere = room.position !== null;
    const isActive = rooms.active.value === room;
    const next = rooms.leave(room);
    if (isActive) showNext(next);
    roomNames.learn([[room.name, ""]]);
    this.all = this.all.filter((it) => it.room !== room.name);
    if (this.#leaving.has(room)) toasts.show(translator.text("roomLeft", { room: place }));
    else if (wasThere) toasts.show(translator.text("roomGone", { room: place }));
    else if (isActive) {
      // By a link, or because the user was removed while away.
      const why = translator.faultReason("not_allowed");
      toasts.show(translator.text("roomRefused", { room: place, why }));
    }
  }
}
