// @ts-check
/**
 * The names of private and direct rooms: titles, and the names of other people. They are learned from the rooms that are joined
 * and from lists, and kept for the next visit, so that no id is shown meanwhile.
 * @module
 */

import { isPrivateRoom, kindOfRoom } from "../base/room_kinds.js";

/** @typedef {import("../../client.js").Room} Room */

/** The names that the page knows. */
export class RoomNames {
  #chat;
  #preferences;
  #translator;
  /** @type {WeakSet<Room>} */
  #watched = new WeakSet();

  /**
   * @param {import("../../client.js").Chat} chat
   * @param {import("../preferences.js").Preferences} preferences
   * @param {import("../i18n/strings.js").Translator} translator Gets the names.
   */
  constructor(chat, preferences, translator) {
    this.#chat = chat;
    this.#preferences = preferences;
    this.#translator = translator;
    translator.roomNames.set(preferences.roomNames);
    chat.rooms.subscribe((rooms) => {
      for (const it of rooms) if (isPrivateRoom(it.name)) this.#watch(it);
    });
  }

  /** Takes over names; an empty one forgets the room's. @param {Iterable<readonly [room: string, name: string]>} names */
  learn(names) {
    const before = this.#translator.roomNames.value;
    const after = new Map(before);
    for (const [room, name] of names) {
      if (name === "") after.delete(room);
      else after.set(room, name);
    }
    const isSame = after.size === before.size &&
      [...after].every(([room, name]) => before.get(room) === name);
    if (isSame) return;
    this.#preferences.roomNames = after;
    this.#translator.roomNames.set(after);
  }

  /** @param {Room} room */
  #watch(room) {
    if (this.#watched.has(room)) return;
    this.#watched.add(room);
    if (kindOfRoom(room.name) === "private") {
      room.state.subscribe(({ kind }) => kind === "joined" && this.#learnTitle(room));
      room.settings.subscribe(() => this.#learnTitle(room));
    } else room.members.subscribe(() => this.#learnOther(room));
  }

  /** @param {Room} room */
  #learnTitle(room) {
    if (room.state.value.kind === "joined") this.learn([[room.name, room.settings.value.title]]);
  }

  /** The other person's current name, if that person is there. @param {Room} room */
  #learnOther(room) {
    const me = this.#chat.me.value?.user;
    const other = me && room.members.value.members.find(({ user }) => user !== me);
    if (other) this.learn([[room.name, other.name]]);
  }
}
