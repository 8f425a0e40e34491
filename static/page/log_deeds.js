// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What a click in the log means. One listener serves all messages: each button says by its `data-do` what it is for.
 * @module
 */
import { isStuck } from "./log_items.js";
import { linkTo } from "./permalink.js";

/** @typedef {import("./log_items.js").Item} Item */
/** @typedef {import("./log_types.js").Deed} Deed */

/**
 * What the log's owner is to do.
 * @param {HTMLElement} button
 * @param {Item | undefined} item What the button belongs to.
 * @param {string} room
 * @returns {Deed | {type: "jump", position: string} | {type: "older"} | undefined}
 */
export function deedOf(button, item, room) {
  const { do: deed, to = "", emoji = "" } = button.dataset;
  if (deed === "older") return { type: "older" };
  if (deed === "jump") return { type: "jump", position: to };
  if (deed === "retry" || deed === "discard") {
    const delivery = item?.type === "pending" ? item.delivery : stuckOf(item);
    return delivery && { type: deed, delivery };
  }
  if (item?.type !== "message") return undefined;
  const { message } = item;
  switch (deed) {
    case "toggle":
      return { type: "react", message, emoji, on: button.ariaPressed !== "true" };
    case "copy":
      return {
        type: deed,
        message,
        link: linkTo(location.href, room, message.position),
        anchor: button,
      };
    case "reply":
    case "edit":
    case "delete":
    case "pick":
      return { type: deed, message, anchor: button };
    default:
      return undefined;
  }
}

/** @param {Item | undefined} item */
function stuckOf(item) {
  return item?.type === "message" ? item.deeds.find(isStuck) : undefined;
}
