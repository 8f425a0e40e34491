// @ts-check
/**
 * The joined rooms, the current one, and the timeline of each. The page's URL decides which room is current; this class
 * follows it and remembers both for the next visit.
 * @module
 */

import { seqOf } from "../../client/timeline/amendments.js";
import { Timeline } from "../../client/timeline/timeline.js";
import { Value } from "../../client/observable.js";
import { kindOf } from "../../client/user_kind.js";
import { DEFAULT_ROOM } from "../preferences.js";
import { isPrivateRoom } from "../base/room_kinds.js";
import { isOut } from "./room_rights.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {import("../../client/events.js").RoomEvent} RoomEvent */

/** Whether a room belongs to the service: only the dialog of moderators shows it. @param {string} room */
export function isServiceRoom(room) {
  return /^_(?:reports|audit)$/i.test(room);
}

/** The rooms of this page. */
export class Rooms {
  /** The current room. */
  active = new Value(/** @type {Room | null} */ (null));
  /**
   * Whether a room can be joined, perhaps in the place of another; set by the part that knows which, once it is loaded.
   * @param {string} name
   */
  makePlace = (name) => !this.isFull || this.all.some((it) => it.name === name);
  #chat;
  #preferences;
  #onEvent;
  #onRenamed;
  /** @type {Map<Room, Timeline>} */
  #timelines = new Map();

  /**
   * @param {import("../../client.js").Chat} chat
   * @param {import("../preferences.js").Preferences} preferences
   * @param {(room: Room, event: RoomEvent) => void} onEvent Called with every event of any room.
   * @param {(room: Room, from: string) => void} [onRenamed] Called when the current room is replaced or renamed,
   *   because the server spells it differently.
   */
  constructor(chat, preferences, onEvent, onRenamed = () => {}) {
    this.#chat = chat;
    this.#preferences = preferences;
    this.#onEvent = onEvent;
    this.#onRenamed = onRenamed;
  }

  /** All joined rooms, in the order of joining, without those of the service. @returns {readonly Room[]} */
  get all() {
    return this.#chat.rooms.value.filter(({ name }) => !isServiceRoom(name));
  }

  /** The rooms to offer: unread ones first, then the others, the current one, and those the user has left. */
  get known() {
    const rank = (/** @type {Room} */ room) =>
      room === this.active.value ? 2 : this.unreadOf(room) > 0 ? 0 : 1;
    const joined = [...this.all].sort((a, b) => rank(a) - rank(b));
    const names = this.#preferences.roomNames;
    const left = [...this.#preferences.leftRooms, DEFAULT_ROOM].filter((it) =>
      !joined.some(({ name }) => name === it)
    );
    return [
      ...joined.map((room) => {
        const { name } = room;
        const title = room.settings.value.title || names.get(name);
        return { name, ...(title && { title }), isJoined: true };
      }),
      ...[...new Set(left)].map((name) => ({ name, isJoined: false })),
    ];
  }

  /** The other people in all rooms, each with one room: the current one if they are in it. */
  get people() {
    const me = this.#chat.me.value?.user;
    const active = this.active.value;
    /** @type {Map<string, { user: string, name: string, room: string }>} */
    const people = new Map();
    for (const room of active ? [active, ...this.all] : this.all) {
      for (const { user, name } of room.members.value.members) {
        if (user !== me && !people.has(user)) people.set(user, { user, name, room: room.name });
      }
    }
    return [...people.values()];
  }

  /** The people of a room as far as known: who is in it, and then who has written in it, the latest first. @param {Room} room */
  peopleIn(room) {
    /** @type {Map<string, { user: string, name: string, room: string }>} */
    const people = new Map();
    const authors = this.timelineOf(room).messages.toReversed();
    for (const { user, name } of [...room.members.value.members, ...authors]) {
      if (!people.has(user)) people.set(user, { user, name, room: room.name });
    }
    return [...people.values()];
  }

  /** The others whom the user could add to a room: who is in any room, or has written there lately, without blocked users. */
  get acquaintances() {
    const me = this.#chat.me.value?.user;
    /** @type {Map<string, { user: string, name: string }>} */
    const found = new Map();
    const authors = this.all.flatMap((room) =>
      this.timelineOf(room).messages.filter(({ user }) => kindOf(user) !== "guest").toReversed()
    );
    for (const { user, name } of [...this.people, ...authors]) {
      if (user === me || found.has(user) || this.#preferences.blocked.value.has(user)) continue;
      found.set(user, { user, name });
    }
    return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
  }

  /**
   * Number of unread messages in a room, without those of blocked users as far as they are loaded. The room counts a message
   * before it reports it, so ask only after the current event.
   * @param {Room} room
   */
  unreadOf(room) {
    return this.#withoutBlocked(room, room.unread.value, () => true);
  }

  /** Number of those messages that mention the user. @param {Room} room */
  mentionsOf(room) {
    const me = this.#chat.me.value?.user ?? "";
    return this.#withoutBlocked(room, room.mentions.value, (it) => it?.mentions?.includes(me));
  }

  /**
   * @param {Room} room
   * @param {number} unread
   * @param {(message: import("../../client/frames.js").Message | undefined) => boolean | undefined} isCounted
   */
  #withoutBlocked(room, unread, isCounted) {
    const { value: blocked } = this.#preferences.blocked;
    const messages = this.#timelines.get(room)?.messages ?? [];
    const read = seqOf(room.read.value ?? undefined);
    let i = blocked.size === 0 ? 0 : messages.length;
    while (unread > 0 && seqOf(messages[--i]?.position) > read) {
      if (blocked.has(messages[i]?.user ?? "") && isCounted(messages[i])) unread -= 1;
    }
    return unread;
  }

  /** Whether the room limit is reached. */
  get isFull() {
    return this.#chat.rooms.value.length >= this.limit;
  }

  /** Maximum number of joined rooms. */
  get limit() {
    return this.#chat.limits.value?.maxRooms ?? Infinity;
  }

  /** Whether the user has written something in a room that is not sent, or was refused. @param {Room} room */
  hasUnsent(room) {
    return this.#chat.outbox.value.some((it) =>
      it.room === room.name && it.state.value.kind !== "sent"
    );
  }

  /** The timeline of a room. @param {Room} room @returns {Timeline} */
  timelineOf(room) {
    const known = this.#timelines.get(room);
    if (known) return known;
    const made = new Timeline();
    this.#timelines.set(room, made);
    return made;
  }

  /** Joins a room if it is not joined; does not go there. @param {string} name */
  join(name) {
    const known = this.all.find((room) => room.name === name);
    // Whatever it was refused for may be over: a room may exist by now. Users who were removed rejoin with a button.
    if (known?.state.value.kind === "refused" && !isOut(known)) this.#chat.join(name);
    if (known) return known;
    const room = this.#chat.join(name);
    const timeline = this.timelineOf(room);
    room.events.subscribe((event) => {
      timeline.apply(event);
      this.#onEvent(room, event);
    });
    room.state.subscribe((state) => {
      // After all other listeners.
      if (state.kind === "refused" && state.error.code === "in_room") {
        queueMicrotask(() => this.#merge(room));
      } else if (state.kind === "joined" && room.name !== name) {
        this.#onRespelled(room, name);
        name = room.name;
      }
    });
    this.#saveRooms("", room.name);
    return room;
  }

  /** Goes to a room, joining it if necessary. @param {string} name */
  goTo(name) {
    const room = this.join(name);
    this.#preferences.room = name;
    this.active.set(room);
    return room;
  }

  /** Leaves a room. @param {Room} room @returns {Room | null} The room to show next. */
  leave(room) {
    const index = this.all.indexOf(room);
    const next = this.all[index + 1] ?? this.all[index - 1] ?? null;
    this.remove(room);
    // Only its members can come back into a private room.
    if (!isPrivateRoom(room.name)) {
      this.#preferences.leftRooms = [room.name, ...this.#preferences.leftRooms];
    }
    if (this.active.value === room && next === null) this.active.set(null);
    return next;
  }

  /** Takes a room from the page, without remembering that it was left. @param {Room} room */
  remove(room) {
    room.leave();
    this.#timelines.delete(room);
    this.#saveRooms(room.name);
  }

  /** The room at this distance from the current one. @param {number} step @returns {Room | undefined} */
  neighbor(step) {
    const index = this.all.findIndex((room) => room === this.active.value);
    return this.all[(index + step + this.all.length) % this.all.length];
  }

  /** Drops a room that is another joined room under a different spelling. @param {Room} room */
  #merge(room) {
    const { name } = room;
    const isActive = this.active.value === room;
    const other = this.all.find((it) => it !== room && it.name === name.toLowerCase());
    if (!other || !this.all.includes(room)) return;
    this.leave(room);
    if (isActive) this.#onRenamed(this.goTo(other.name), name);
  }

  /** @param {Room} room @param {string} from */
  #onRespelled(room, from) {
    this.#saveRooms(from, room.name);
    if (this.active.value !== room) return;
    this.#preferences.room = room.name;
    this.#onRenamed(room, from);
  }

  /**
   * Changes the list for the next visit, to which other tabs add rooms too. If it gets longer than the room limit, the oldest are
   * dropped.
   * @param {string} gone A room that was left or has another name now; "" for none.
   * @param {string} [joined] A room that was joined, or its name now.
   */
  #saveRooms(gone, joined) {
    const saved = new Set(this.#preferences.rooms);
    saved.delete(gone);
    if (joined) saved.add(joined);
    this.#preferences.rooms = [...saved].slice(-this.limit);
  }
}
