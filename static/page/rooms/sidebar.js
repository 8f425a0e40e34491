// @ts-check
/// <reference lib="dom" />
/**
 * The list of joined rooms: the current one, each room's last message and unread count. A row is a link, so
 * that the browser's link features (back, copy, a new tab) work on rooms.
 * @module
 */

import { find, make } from "../base/dom.js";
import { localeOf } from "../base/dates.js";
import { eventText } from "../log/rows/event_words.js";
import { deletionOf } from "../log/rows/deletion.js";
import { icon } from "../base/icons.js";
import { kindOfRoom } from "../base/room_kinds.js";
import { isLooking, onLookingChange } from "../base/user_presence.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {{ li: HTMLLIElement, draw: () => void, stop: () => void }} SidebarRow */

const MAX_UNREAD = 99;

/** The list. Its rows follow their rooms by themselves. */
export class Sidebar {
  #list = find("rooms", HTMLUListElement);
  #elsewhere = find("elsewhere", HTMLElement);
  #translator;
  #rooms;
  #blocked;
  /** @type {Map<Room, SidebarRow>} */
  #rows = new Map();
  /** @type {Room | null} */
  #active = null;

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {Pick<import("./rooms.js").Rooms, "unreadOf">} rooms
   * @param {import("../../client/observable.js").Value<import("../preferences.js").BlockedUsers>} blocked
   */
  constructor(translator, rooms, blocked) {
    this.#translator = translator;
    this.#rooms = rooms;
    this.#blocked = blocked;
    // A line below the field for joining, or a keyboard, takes its height from the end of the list.
    new ResizeObserver(() => this.reveal()).observe(this.#list);
    for (const it of [translator.language, translator.roomNames, blocked]) {
      it.subscribe(() => this.#draw());
    }
    onLookingChange(() => this.#draw());
  }

  /** Shows exactly these rooms. @param {readonly Room[]} rooms */
  show(rooms) {
    for (const [room, row] of this.#rows) {
      if (rooms.includes(room)) continue;
      row.stop();
      row.li.remove();
      this.#rows.delete(room);
    }
    for (const room of rooms) {
      // Only append new rows, in the library's order: moving a row would take its focus away.
      if (!this.#rows.has(room)) this.#list.append(this.#add(room).li);
    }
    this.#draw();
  }

  /** Marks the current room. @param {Room | null} room */
  setActive(room) {
    this.#active = room;
    this.#draw();
  }

  /** Scrolls the current room into view. */
  reveal() {
    const row = this.#active && this.#rows.get(this.#active);
    row?.li.scrollIntoView({ block: "nearest" });
  }

  #draw() {
    for (const { draw } of this.#rows.values()) draw();
  }

  /** @param {Room} room @returns {SidebarRow} */
  #add(room) {
    const link = make("a", "room");
    const li = make("li", "", link);
    const draw = () => {
      this.#drawRow(room, link);
      this.#elsewhere.hidden = ![...this.#rows.keys()].some((it) =>
        it !== this.#active && this.#rooms.unreadOf(it) > 0
      );
    };
    // See unreadOf().
    const stops = [room.unread, room.last, room.state, room.settings].map((it) =>
      it.subscribe(() => queueMicrotask(draw))
    );
    const row = { li, draw, stop: () => stops.forEach((stop) => stop()) };
    this.#rows.set(room, row);
    return row;
  }

  /** @param {Room} room @param {HTMLAnchorElement} link */
  #drawRow(room, link) {
    const unread = this.#rooms.unreadOf(room);
    link.href = `#${room.name}`;
    link.dataset.state = room.state.value.kind;
    if (room === this.#active) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.replaceChildren(
      this.#name(room),
      make("span", "room-last", ...[this.#preview(room)].flat()),
    );
    if (unread === 0 || (room === this.#active && isLooking())) return;
    const badge = make("span", "badge", unread > MAX_UNREAD ? `${MAX_UNREAD}+` : String(unread));
    badge.setAttribute("aria-hidden", "true");
    link.append(badge, make("span", "unseen", this.#translator.unreadCount(unread)));
  }

  /** What the room is called, with a sign of its kind. @param {Room} room */
  #name(room) {
    const kind = kindOfRoom(room.name);
    const { title } = room.settings.value;
    if (kind === "open") {
      const className = title ? "room-name titled" : "room-name";
      return make("span", className, make("bdi", "", title || room.name));
    }
    const name = this.#translator.roomName(room.name);
    const what = this.#translator.text(kind === "direct" ? "someDirect" : "somePrivate");
    const unseen = name !== what && make("span", "unseen", `${what}: `);
    const sign = icon(kind === "direct" ? "person" : "lock");
    return make("span", "room-name titled", sign, unseen, make("bdi", "", name));
  }

  /** @param {Room} room */
  #preview(room) {
    const kind = room.state.value.kind;
    const last = room.last.value;
    if (kind === "refused") return this.#translator.text("roomMarkRefused");
    if (last && !last.event && this.#blocked.value.has(last.user)) {
      return this.#translator.strings.blockedMessage;
    }
    if (last?.deleted) return deletionOf(last, this.#translator.strings);
    if (last?.event) {
      const { strings, language } = this.#translator;
      return eventText(last, strings, localeOf(language.value, navigator.languages));
    }
    // Only the beginning is visible.
    if (last) return [make("bdi", "", last.name), `: ${last.text.slice(0, 120)}`];
    // After the first join, a lost connection does not change the last message.
    return room.position === null ? "…" : this.#translator.text("nobodySpoke");
  }
}
