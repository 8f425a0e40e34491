// @ts-check
/// <reference lib="dom" />
/**
 * Renders a message of a blocked user as one line, so that replies and links still lead to its place. The strings are loaded on
 * demand, since few people block anybody.
 * @module
 */
import { button, make, replaceContent } from "../../base/elements.js";

/** @typedef {import("./message_row.js").MessageItem} MessageItem */
/** @typedef {import("./message_row.js").RowContext} RowContext */

/**
 * Renders the line, with a button that shows the message.
 * @param {HTMLElement} row
 * @param {MessageItem} item
 * @param {RowContext} context
 */
export function drawHidden(row, { message: { position } }, { strings }) {
  const words = make("span", "faint", strings["blockedMessage"]);
  words.id = `text-${position}`;
  row.className = "said concealed";
  row.dataset["position"] = position;
  row.setAttribute("aria-labelledby", words.id);
  replaceContent(row, [
    make("p", "", words, " ", button("small", "reveal", strings["showBlocked"])),
  ]);
}
