// @ts-check
/// <reference lib="dom" />
/**
 * Draws whatever line the log has, in the reader's language, and knows by which names the room's people are called.
 * @module
 */
import { localeOf } from "./dates.js";
import { drawLine } from "./log_lines.js";
import { drawMessage, drawPending } from "./log_message.js";

/** @typedef {import("./log_items.js").Item} Item */
/** @typedef {import("./log_types.js").Room} Room */
/** @typedef {import("./log_types.js").Person} Person */
/** @typedef {import("./log_types.js").Surroundings} Surroundings */

/** Draws the lines of one room. */
export class Pen {
  #surroundings;
  /** @type {Map<string, string>} */
  #names = new Map();

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    this.#surroundings = surroundings;
  }

  /** Forgets the people of the room before. */
  clear() {
    this.#names.clear();
  }

  /**
   * Draws a line.
   * @param {HTMLElement} element
   * @param {Item} item
   * @param {Room} room
   * @param {Person | null} me
   */
  draw(element, item, room, me) {
    const { strings, language, now } = this.#surroundings;
    const pen = {
      strings,
      locale: localeOf(language, navigator.languages),
      me: { user: me?.user ?? "", name: room.me?.value ?? me?.name ?? "" },
      nameOf: (/** @type {string} */ user) =>
        room.members.value.members.find((it) => it.user === user)?.name ?? this.#names.get(user),
    };
    if (item.type === "message") this.#names.set(item.message.user, item.message.name);
    try {
      if (item.type === "message") drawMessage(element, item, pen);
      else if (item.type === "pending") drawPending(element, item, pen);
      else drawLine(element, item, { ...pen, now: now(), room: room.name });
    } catch (error) {
      // One bad message must not prevent the others from being drawn.
      reportError(error);
      element.className = "said";
      element.textContent = plainText(item);
    }
  }
}

/** The fallback for a row that cannot be drawn. @param {Item} item */
function plainText(item) {
  if (item.type === "message") return `${item.message.name}: ${item.message.text}`;
  return item.type === "pending" && "text" in item.delivery.deed ? item.delivery.deed.text : "";
}
