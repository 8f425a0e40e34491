// @ts-check
/// <reference lib="dom" />
/**
 * The rows of private and direct rooms for which there is no place, below those of the joined rooms in the same list: with the
 * number of unread messages, but without the last one. Going there joins the room if another one can make place.
 * @module
 */

import { find, make } from "../base/dom.js";
import { badgeParts, privateName } from "./sidebar.js";

/** @typedef {import("../../client/room_types.js").RoomSummary} RoomSummary */

/** The rows. */
export class UnjoinedRooms {
  #list = find("rooms", HTMLUListElement);
  #translator;
  #unjoined;
  /** @type {readonly HTMLLIElement[]} */
  #rows = [];

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client/observable.js").Value<readonly RoomSummary[]>} unjoined
   * @param {{ subscribe(listener: () => void): unknown }} joined The joined rooms, whose rows are drawn first.
   */
  constructor(translator, unjoined, joined) {
    this.#translator = translator;
    this.#unjoined = unjoined;
    for (const it of [unjoined, joined, translator.language, translator.roomNames]) {
      it.subscribe(() => this.#draw());
    }
  }

  #draw() {
    const { activeElement } = document;
    const focused = this.#rows.findIndex((it) => it.contains(activeElement));
    const room = this.#rows[focused]?.firstElementChild?.getAttribute("href");
    for (const it of this.#rows) it.remove();
    this.#rows = this.#unjoined.value.map((it) => this.#row(it));
    this.#list.append(...this.#rows);
    for (const { firstElementChild: link } of this.#rows) {
      if (link instanceof HTMLElement && link.getAttribute("href") === room) link.focus();
    }
  }

  /** @param {RoomSummary} summary */
  #row({ room, unread = 0, mentions = 0 }) {
    const link = make("a", "room", privateName(room, this.#translator));
    link.href = `#${room}`;
    link.dataset.state = "unjoined";
    if (unread > 0) link.append(...badgeParts(unread, mentions, this.#translator));
    return make("li", "", link);
  }
}
