// @ts-check
/// <reference lib="dom" />
/**
 * The list of joined rooms: the current one, each room's last message and unread count, with a sign if the user is mentioned. A
 * row is a link, so that the browser's link features (back, copy, a new tab) work on rooms.
 * @module
 */

import { find, make } from "../base/dom.js";
import { excerpt } from "../text/excerpt.js";
import { localeOf } from "../base/dates.js";
import { eventText } from "../log/rows/event_words.js";
import { deletionOf } from "../log/rows/deletion.js";
import { icon } from "../base/icons.js";
import { kindOfRoom } from "../base/room_kinds.js";
import { isLooking, onLookingChange } from "../base/user_presence.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {import("../i18n/strings.js").Translator} Translator */
/** @typedef {{ li: HTMLLIElement, draw: () => void, stop: () => void }} SidebarRow */

const MAX_UNREAD = 99;

/**
 * The number of unread messages of a room, to be seen and to be read aloud.
 * @param {number} unread
 * @param {number} mentions The number of those that mention the user.
 * @param {Translator} translator
 */
export function badgeParts(unread, mentions, translator) {
  const count = unread > MAX_UNREAD ? `${MAX_UNREAD}+` : unread;
  const badge = make("span", "badge", `${mentions > 0 ? "@ " : ""}${count}`);
  badge.setAttribute("aria-hidden", "true");
  return [badge, make("span", "unseen", translator.unreadCount(unread, mentions))];
}

/** The name of a private or direct room, with a sign of its kind. @param {string} room @param {Translator} translator */
export function privateName(room, translator) {
  const kind = kindOfRoom(room);
  const name = translator.roomName(room);
  const what = translator.text(kind === "direct" ? "someDirect" : "somePrivate");
  const unseen = name !== what && make("span", "unseen", `${what}: `);
  const sign = icon(kind === "direct" ? "person" : "lock");
  return make("span", "room-name titled", sign, unseen, make("bdi", "", name));
}

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
   * @param {Pick<import("./rooms.js").Rooms, "unreadOf" | "mentionsOf">} rooms
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
    const { unread, mentions, last, state, settings } = room;
    const stops = [unread, mentions, last, state, settings].map((it) =>
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
    link.append(...badgeParts(unread, this.#rooms.mentionsOf(room), this.#translator));
  }

  /** What the room is called, with a sign of its kind. @param {Room} room */
  #name(room) {
    if (kindOfRoom(room.name) !== "open") return privateName(room.name, this.#translator);
    const { title } = room.settings.value;
    const className = title ? "room-name titled" : "room-name";
    return make("span", className, make("bdi", "", title || room.name));
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
    if (last) return [make("bdi", "", last.name), `: ${excerpt(last.text, 120)}`];
    // After the first join, a lost connection does not change the last message.
    return room.position === null ? "…" : this.#translator.text("nobodySpoke");
  }
}
