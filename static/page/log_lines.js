// @ts-check
/// <reference lib="dom" />
/**
 * Draws what stands between the messages: days, the mark of what is new, notices, and what is above the oldest.
 * @module
 */
import { dayName, nextDay } from "./dates.js";
import { button, make, sentence } from "./log_dom.js";
import { counted, fill } from "./log_strings.js";

/** @typedef {import("./log_items.js").Item} Item */
/** @typedef {import("./log_message.js").Pen} Pen */

/** @type {Readonly<Record<string, "missingTooMany" | "missingTooOld" | "missingRewound">>} */
const MISSING = { too_many: "missingTooMany", too_old: "missingTooOld", rewound: "missingRewound" };

/**
 * Draws a line that is no message.
 * @param {HTMLElement} line
 * @param {Exclude<Item, {type: "message"} | {type: "pending"}>} item
 * @param {Pen & {now: number, room: string}} pen
 */
export function drawLine(line, item, pen) {
  line.className = item.type;
  if (item.type === "top") return drawTop(line, item.state, pen);
  line.replaceChildren(make("span", "", ...[wordsOf(item, pen)].flat()));
  if (item.type === "note") line.classList.toggle("missing", item.note.type === "missing");
}

/** @param {Extract<Item, {type: "day" | "divider" | "note"}>} item @param {Pen & {now: number}} pen */
function wordsOf(item, { strings, locale, now }) {
  if (item.type === "day") return dayName(item.at, now, locale, strings);
  if (item.type === "divider") return counted(strings, "newMessages", item.count);
  const { note } = item;
  if (note.type === "renamed") {
    return sentence(strings.renamed, { from: note.from, name: note.name });
  }
  return strings[MISSING[note.reason] ?? "missingUnknown"];
}

/** @param {HTMLElement} line @param {import("./log_items.js").Top} state @param {Pen & {room: string}} pen */
function drawTop(line, state, { strings, room }) {
  line.classList.add(state);
  if (state === "unknown") return line.replaceChildren();
  if (state === "loading") return line.replaceChildren(make("span", "", strings.loadingOlder));
  if (state === "failed") {
    const retry = button("small", "older", strings.retry);
    // The only one of the log's buttons that belongs to no message.
    retry.tabIndex = 0;
    return line.replaceChildren(make("span", "", strings.olderFailed), retry);
  }
  if (state === "oldest") {
    return line.replaceChildren(make("span", "", fill(strings.oldestKept, { room })));
  }
  const beginning = make("b", "", fill(strings.beginning, { room }));
  line.replaceChildren(beginning, state === "empty" ? make("span", "", strings.nothingYet) : "");
}

/**
 * Calls it at each midnight, when what was "Today" is to become "Yesterday".
 * @param {() => number} now
 * @param {() => void} changed
 */
export function watchDays(now, changed) {
  setTimeout(() => {
    changed();
    watchDays(now, changed);
  }, nextDay(now()) - now());
}
