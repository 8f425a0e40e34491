// @ts-check
/// <reference lib="dom" />
/**
 * Renders an event of the room as a quiet line: nothing can be done with it, so it is no article and has no toolbar.
 * @module
 */
import { make } from "../../base/elements.js";
import { momentName } from "../../base/dates.js";
import { eventSentences } from "./event_words.js";

/**
 * Renders the line.
 * @param {HTMLElement} line
 * @param {import("../types.js").Message} message
 * @param {import("./message_row.js").RowContext} context
 */
export function drawEvent(line, message, { strings, locale }) {
  line.className = "note event";
  line.dataset["position"] = message.position;
  line.title = momentName(message.at, locale);
  const sentences = eventSentences(message, strings, locale);
  line.replaceChildren(...sentences.map((nodes) => make("p", "", ...nodes)));
}
