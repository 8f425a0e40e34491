// @ts-check
/**
 * The private and direct rooms of the user, and the listed rooms. The server is asked for them after connecting, and when it
 * reports that the user got into a room. Own rooms are joined, so that they are in the sidebar with their unread messages. If the
 * room limit does not allow all of them, those with unread messages come first, and the server is asked again every minute about
 * the others.
 * @module
 */

import { Value } from "../../client/observable.js";
import { isPrivateRoom } from "../base/room_kinds.js";
import { makePlace } from "./places.js";

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
 * @property {import("../../client/observable.js").Value<import("../preferences.js").BlockedUsers>} blocked What they write does not count.
 * @property {(fn: () => void, ms: number) => void} repeat Calls the function again and again.
 */

const RELOAD_MS = 60_000;

/** The rooms that the server lists. */
export class OwnRooms {
  /** The rooms of the last list. @type {readonly RoomSummary[]} */
  all = [];
  /** The own rooms for which there is no place. @readonly @type {Value<readonly RoomSummary[]>} */
  unjoined = new Value(/** @type {readonly RoomSummary[]} */ ([]));
  #context;
  /** Those whose unread messages the user was told of. @type {Set<string>} */
  #reported = new Set();
  /** @type {WeakSet<Room>} */
  #watched = new WeakSet();
  /** Rooms that the user is leaving. @type {WeakSet<Room>} */
  #leaving = new WeakSet();
  /** Reads lists until the last one is not older than the last call. @type {Promise<void> | null} */
  #loading = null;
  #isStale = false;

  /** @param {OwnRoomsContext} context */
  constructor(context) {
    this.#context = context;
    const { chat, rooms } = context;
    rooms.makePlace = (name) => makePlace(chat, rooms, name);
    chat.state.subscribe(({ kind }) => kind === "online" && void this.load());
    chat.memberships.subscribe(({ on }) => on && void this.load());
    chat.rooms.subscribe((rooms) => {
      for (const it of rooms) if (isPrivateRoom(it.name)) this.#watch(it);
      this.#update();
    });
    // The server reports no messages of rooms that are not joined.
    context.repeat(
      () =>
        chat.state.value.kind === "online" && this.unjoined.value.length > 0 && void this.load(),
      RELOAD_MS,
    );
  }

  /** Asks for the list, and waits for it. Without an answer, the last one remains. @returns {Promise<void>} */
  load() {
    this.#isStale = true;
    return this.#loading ??= this.#readList();
  }

  async #readList() {
    while (this.#isStale) {
      this.#isStale = false;
      try {
        this.#accept((await this.#context.chat.listRooms()).rooms);
      } catch {
        // Asked again with the next connection.
      }
    }
    this.#loading = null;
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
    const { rooms, blocked } = this.#context;
    this.all = all.map((it) => blocked.value.has(it.with?.user ?? "") ? { ...it, unread: 0 } : it);
    const own = this.all.filter(({ room }) => isPrivateRoom(room));
    for (const it of own) this.learn(it);
    const [unread, others] = [own.filter(hasUnread), own.filter((it) => !hasUnread(it))];
    for (const { room } of unread) if (rooms.makePlace(room)) rooms.join(room);
    for (const { room } of others) if (!rooms.isFull) rooms.join(room);
    this.#update();
    this.#reportUnread();
  }

  /** Finds the own rooms that are not joined. What the server said of the others is out of date. */
  #update() {
    const joined = new Set(this.#context.rooms.all.map(({ name }) => name));
    this.all = this.all.map((it) => joined.has(it.room) ? { ...it, unread: 0 } : it);
    this.unjoined.set(this.all.filter(({ room }) => isPrivateRoom(room) && !joined.has(room)));
  }

  /** Says once of each room that its unread messages cannot be shown. */
  #reportUnread() {
    const { rooms, translator, toasts } = this.#context;
    const unread = this.unjoined.value.filter(hasUnread).map(({ room }) => room);
    for (const it of unread) {
      if (this.#reported.has(it)) continue;
      const values = { room: translator.roomName(it), count: rooms.all.length };
      toasts.show(translator.text("roomUnread", values));
    }
    this.#reported = new Set(unread);
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

  /** Removes a room that the user is no longer a member of from the page. @param {Room} room */
  #drop(room) {
    const { chat, rooms, roomNames, translator, toasts, showNext } = this.#context;
    if (!chat.rooms.value.includes(room)) return;
    const place = translator.roomName(room.name);
    const wasThere = room.position !== null;
    const isActive = rooms.active.value === room;
    this.all = this.all.filter((it) => it.room !== room.name);
    const next = rooms.leave(room);
    if (isActive) showNext(next);
    roomNames.learn([[room.name, ""]]);
    if (this.#leaving.has(room)) toasts.show(translator.text("roomLeft", { room: place }));
    else if (wasThere) toasts.show(translator.text("roomGone", { room: place }));
    else if (isActive) {
      // By a link, or because the user was removed while away.
      const why = translator.faultReason("not_allowed");
      toasts.show(translator.text("roomRefused", { room: place, why }));
    }
  }
}

/** @param {RoomSummary} room */
function hasUnread({ unread = 0 }) {
  return unread > 0;
}
