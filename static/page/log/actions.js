// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Maps clicks in the log to actions. One listener serves all messages: each button's `data-do` names its purpose.
 * @module
 */
import { isStuck } from "./rows/rows.js";
import { linkTo } from "../base/address.js";

/** @typedef {import("./rows/rows.js").LogItem} LogItem */
/** @typedef {import("./types.js").LogAction} LogAction */

/**
 * The action for a clicked button.
 * @param {HTMLElement} button
 * @param {LogItem | undefined} item The item that the button belongs to.
 * @param {string} room
 * @returns {LogAction | {type: "jump", position: string} | {type: "reveal", position: string} | {type: "older"} | undefined}
 */
export function actionOf(button, item, room) {
  const { do: name, to = "", emoji = "" } = button.dataset;
  if (name === "older") return { type: "older" };
  if (name === "jump") return { type: "jump", position: to };
  if (name === "retry" || name === "discard") {
    const delivery = item?.type === "pending" ? item.delivery : stuckOf(item);
    return delivery && { type: name, delivery };
  }
  if (item?.type !== "message") return undefined;
  const { message } = item;
  if (name === "reveal") return { type: name, position: message.position };
  switch (name) {
    case "toggle":
      return { type: "react", message, emoji, on: button.getAttribute("aria-pressed") !== "true" };
    case "copy":
      return {
        type: name,
        message,
        link: linkTo(location.href, room, message.position),
        anchor: button,
      };
    case "reply":
    case "edit":
    case "delete":
    case "moderate":
    case "report":
    case "pick":
      return { type: name, message, anchor: button };
    default:
      return undefined;
  }
}

/** @param {LogItem | undefined} item */
function stuckOf(item) {
  return item?.type === "message" ? item.deliveries.find(isStuck) : undefined;
}
