// @ts-check
/// <reference lib="dom" />
/**
 * Renders any row of the log in the reader's language.
 * @module
 */
import { localeOf } from "../../base/dates.js";
import { kindOfRoom } from "../../base/room_kinds.js";
import { drawEvent } from "./event_row.js";
import { drawHidden } from "./hidden_row.js";
import { drawSeparator } from "./separators.js";
import { drawMessage, drawPending } from "./message_row.js";

/** @typedef {import("./rows.js").LogItem} LogItem */
/** @typedef {import("../types.js").Room} Room */
/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").LogContext} LogContext */

/** Renders the rows of one room. */
export class RowRenderer {
  #logContext;
  #names;
  #folds;
  #hasFailed = false;

  /**
   * @param {LogContext} logContext
   * @param {import("./current_names.js").CurrentNames} names
   * @param {import("./folded_texts.js").FoldedTexts} folds
   */
  constructor(logContext, names, folds) {
    this.#logContext = logContext;
    this.#names = names;
    this.#folds = folds;
  }

  /**
   * Renders a row.
   * @param {HTMLElement} element
   * @param {LogItem} item
   * @param {Room} room
   * @param {Person | null} me
   */
  draw(element, item, room, me) {
    const { strings, language, now, roomName } = this.#logContext;
    const rowContext = {
      strings,
      locale: localeOf(language, navigator.languages),
      me: { user: me?.user ?? "", name: room.me?.value ?? me?.name ?? "" },
      nameOf: (/** @type {string} */ user) => this.#names.of(user),
      folds: this.#folds,
    };
    try {
      if (item.type === "message" && item.isHidden) drawHidden(element, item, rowContext);
      else if (item.type === "message") drawMessage(element, item, rowContext);
      else if (item.type === "event") drawEvent(element, item.message, rowContext);
      else if (item.type === "pending") drawPending(element, item, rowContext);
      else {
        const { name } = room;
        const place = { room: roomName(name), isDirect: kindOfRoom(name) === "direct" };
        drawSeparator(element, item, { ...rowContext, ...place, now: now() });
      }
    } catch (error) {
      // One bad message must not prevent the others from being rendered. Log only the first failure.
      // deno-lint-ignore no-console -- for bug reports
      if (!this.#hasFailed) console.error("A row of the log could not be drawn", error);
      this.#hasFailed = true;
      drawPlain(element, item);
    }
  }
}

/** The fallback for a row that cannot be rendered: only its text, which cannot fail again. @param {HTMLElement} element @param {LogItem} item */
function drawPlain(element, item) {
  const message = item.type === "message" && !item.isHidden ? item.message : undefined;
  element.className = item.type === "message" || item.type === "pending" ? "said" : "note";
  if (message) element.dataset["position"] = message.position;
  element.textContent = message
    ? `${message.name}: ${message.deleted ? "" : message.text}`
    : textOf(item);
}

/** @param {LogItem} item */
function textOf(item) {
  if (item.type === "event") return `${item.message.name} ${item.message.text}`;
  return item.type === "pending" && "text" in item.delivery.action ? item.delivery.action.text : "";
}
