// @ts-check
/// <reference lib="dom" />
/**
 * Draws attention to unread messages while the user is not looking at the page, by its title, its badge and notifications,
 * and withdraws them once the messages are read, here or on another device.
 * @module
 */

import { isUpTo } from "../../client/frames.js";
import { isLooking, onLookingChange } from "../base/user_presence.js";
import { isNews, setBadge, titleOf } from "./notifier.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {Pick<typeof import("./notifications.js"), "notify" | "withdraw">} Notifications */

// A message that is read in another tab or on another device within this time is not worth a notification.
const NOTIFY_AFTER_MS = 2_000;

/** Watches all rooms. */
export class Attention {
  /** Sets the notifications once the second script is loaded. @type {(it: Notifications) => void} */
  useNotifications = () => {};
  /** @type {Promise<Notifications>} */
  #notifications = new Promise((resolve) => this.useNotifications = resolve);
  #translator;
  #chat;
  #rooms;
  #preferences;
  #badged = 0;
  /** @type {(() => void)[]} */
  #stops = [];

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client.js").Chat} chat
   * @param {import("../rooms/rooms.js").Rooms} rooms
   * @param {import("../preferences.js").Preferences} preferences
   */
  constructor(translator, chat, rooms, preferences) {
    this.#translator = translator;
    this.#chat = chat;
    this.#rooms = rooms;
    this.#preferences = preferences;
    chat.rooms.subscribe(() => this.#watch());
    for (const it of [rooms.active, preferences.blocked, translator.roomNames]) {
      it.subscribe(() => this.#draw());
    }
    onLookingChange(() => this.#draw());
  }

  /** Handles an event of a room. @param {Room} room @param {import("../../client/events.js").RoomEvent} event @param {() => void} open */
  onEvent(room, event, open) {
    if (event.type !== "said" || !this.#preferences.notifies) return;
    if (!isNews(event, this.#chat.me.value?.user, !isLooking())) return;
    setTimeout(() => {
      if (isLooking() || this.#preferences.blocked.value.has(event.user)) return;
      if (isUpTo(event.position, room.read.value ?? undefined)) return;
      const where = { room: room.name, place: this.#translator.roomName(room.name) };
      this.#notifications.then((it) => it.notify(where, event, open)).catch(() => {
        // The system may refuse at any time; the title shows the count too.
      });
    }, NOTIFY_AFTER_MS);
  }

  #watch() {
    for (const stop of this.#stops) stop();
    this.#stops = this.#chat.rooms.value.map((room) => {
      let last = 0;
      return room.unread.subscribe(() =>
        // See unreadOf().
        queueMicrotask(() => {
          const unread = this.#rooms.unreadOf(room);
          if (unread === 0 && last > 0) {
            this.#notifications.then((it) => it.withdraw(room.name)).catch(() => {});
          }
          last = unread;
          this.#draw();
        })
      );
    });
  }

  #draw() {
    const { all } = this.#rooms;
    const unread = all.reduce((sum, room) => sum + this.#rooms.unreadOf(room), 0);
    const mentions = all.reduce((sum, room) => sum + this.#rooms.mentionsOf(room), 0);
    const isAway = !isLooking();
    const room = this.#rooms.active.value?.name;
    const place = room === undefined ? undefined : this.#translator.roomName(room);
    const title = titleOf(unread, mentions, place, isAway);
    if (document.title !== title) document.title = title;
    const shown = isAway ? unread : 0;
    if (shown !== this.#badged) setBadge(shown);
    this.#badged = shown;
  }
}
