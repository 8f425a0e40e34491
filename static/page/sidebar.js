// @ts-check
/// <reference lib="dom" />
/**
 * The list of rooms: which ones, which of them is looked at, what was said last and how much is unread. A row is a link, so
 * that the browser's own ways with links (back, copy, a new tab) work on rooms.
 * @module
 */

import { find, make } from "./dom.js";

/** @typedef {import("../client.js").Room} Room */
/** @typedef {{ li: HTMLLIElement, draw: () => void, stop: () => void }} Row */

const MAX_UNREAD = 99;

/** The list. Its rows follow their rooms by themselves. */
export class Sidebar {
  #list = find("rooms", HTMLUListElement);
  #elsewhere = find("elsewhere", HTMLElement);
  #words;
  /** @type {Map<Room, Row>} */
  #rows = new Map();
  /** @type {Room | null} */
  #active = null;

  /** @param {import("./strings.js").Words} words */
  constructor(words) {
    this.#words = words;
    words.language.subscribe(() => this.#draw());
  }

  /** Shows these and no others. @param {readonly Room[]} rooms */
  show(rooms) {
    for (const [room, row] of this.#rows) {
      if (rooms.includes(room)) continue;
      row.stop();
      row.li.remove();
      this.#rows.delete(room);
    }
    for (const room of rooms) {
      // Only a new one is put in, at the end, where the library has it too: to move a row would take its focus away.
      if (!this.#rows.has(room)) this.#list.append(this.#add(room).li);
    }
    this.#draw();
  }

  /** Marks the one that is looked at. @param {Room | null} room */
  mark(room) {
    this.#active = room;
    this.#draw();
  }

  /** Brings the one that is looked at into view. */
  reveal() {
    const row = this.#active && this.#rows.get(this.#active);
    row?.li.scrollIntoView({ block: "nearest" });
  }

  #draw() {
    for (const { draw } of this.#rows.values()) draw();
  }

  /** @param {Room} room @returns {Row} */
  #add(room) {
    const link = make("a", "room");
    link.href = `#${room.name}`;
    const li = make("li", "", link);
    const draw = () => {
      this.#drawRow(room, link);
      this.#elsewhere.hidden = ![...this.#rows.keys()].some((it) =>
        it !== this.#active && it.unread.value > 0
      );
    };
    const stops = [room.unread, room.last, room.state].map((it) => it.subscribe(draw));
    const row = { li, draw, stop: () => stops.forEach((stop) => stop()) };
    this.#rows.set(room, row);
    return row;
  }

  /** @param {Room} room @param {HTMLAnchorElement} link */
  #drawRow(room, link) {
    const unread = room.unread.value;
    link.dataset.state = room.state.value.kind;
    if (room === this.#active) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.replaceChildren(
      make("span", "room-name", room.name),
      make("span", "room-last", ...[this.#lastWords(room)].flat()),
    );
    if (unread === 0 || (room === this.#active && document.hasFocus())) return;
    const badge = make("span", "badge", unread > MAX_UNREAD ? `${MAX_UNREAD}+` : String(unread));
    badge.setAttribute("aria-hidden", "true");
    link.append(badge, make("span", "unseen", this.#words.unread(unread)));
  }

  /** @param {Room} room */
  #lastWords(room) {
    const kind = room.state.value.kind;
    const last = room.last.value;
    if (kind === "refused") return this.#words.say("roomMarkRefused");
    if (last?.deleted) return this.#words.say("previewDeleted");
    // The beginning is all that can be seen of it.
    if (last) return [make("bdi", "", last.name), `: ${last.text.slice(0, 120)}`];
    // Once one has been there, a lost connection changes nothing about what was said.
    return room.position === null ? "…" : this.#words.say("nobodySpoke");
  }
}
