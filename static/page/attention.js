// @ts-check
/// <reference lib="dom" />
/**
 * Draws attention to what is unread while the page is in the background, by its title and by notifications, and takes it
 * back when the page is looked at.
 * @module
 */

import { badge, isNews, notify, titleOf } from "./notify.js";

/** @typedef {import("../client.js").Room} Room */

/** Watches over the rooms. */
export class Attention {
  #chat;
  #rooms;
  #settings;
  #badged = 0;
  /** @type {(() => void)[]} */
  #stops = [];

  /**
   * @param {import("../client.js").Chat} chat
   * @param {import("./rooms.js").Rooms} rooms
   * @param {import("./settings.js").Settings} settings
   */
  constructor(chat, rooms, settings) {
    this.#chat = chat;
    this.#rooms = rooms;
    this.#settings = settings;
    chat.rooms.subscribe(() => this.#watch());
    rooms.active.subscribe(() => this.#draw());
    document.addEventListener("visibilitychange", () => this.#draw());
  }

  /** Takes note of what happens. @param {Room} room @param {import("../client/room_events.js").RoomEvent} event @param {() => void} open */
  heard(room, event, open) {
    if (event.type !== "said" || !this.#settings.notifies) return;
    if (!isNews(event, this.#chat.me.value?.user, document.hidden)) return;
    notify(room.name, event, open).catch(() => {
      // The system may refuse at any time; the title says it too.
    });
  }

  #watch() {
    for (const stop of this.#stops) stop();
    this.#stops = this.#chat.rooms.value.map((room) => room.unread.subscribe(() => this.#draw()));
  }

  #draw() {
    const unread = this.#rooms.all.reduce((sum, room) => sum + room.unread.value, 0);
    const title = titleOf(unread, this.#rooms.active.value?.name, document.hidden);
    if (document.title !== title) document.title = title;
    const shown = document.hidden ? unread : 0;
    if (shown !== this.#badged) badge(shown);
    this.#badged = shown;
  }
}
