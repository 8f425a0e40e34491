// @ts-check
/// <reference lib="dom" />
/**
 * Renders the rows between messages: days, the unread divider, notices, and the row above the oldest message.
 * @module
 */
import { dayName, nextDay } from "../../base/dates.js";
import { button, make, sentence } from "../../base/elements.js";
import { fillTemplate, withCount } from "../../i18n/log_en.js";

/** @typedef {import("./rows.js").LogItem} LogItem */
/** @typedef {import("./message_row.js").RowContext} RowContext */

/** @type {Readonly<Record<string, string>>} */
const MISSING = { too_many: "missingTooMany", too_old: "missingTooOld", rewound: "missingRewound" };

/**
 * Renders a row that is not a message.
 * @param {HTMLElement} line
 * @param {Exclude<LogItem, {type: "message"} | {type: "pending"} | {type: "event"}>} item
 * @param {RowContext & {now: number, room: string, isDirect: boolean}} context `room`: in words.
 */
export function drawSeparator(line, item, context) {
  line.className = item.type === "copy" ? "note" : item.type;
  if (item.type === "top") return drawTop(line, item.state, context);
  line.replaceChildren(make("span", "", ...[separatorText(item, context)].flat()));
  if (item.type === "note") line.classList.toggle("missing", item.note.type === "missing");
}

/** @param {Extract<LogItem, {type: "day" | "divider" | "note" | "copy"}>} item @param {RowContext & {now: number}} context */
function separatorText(item, { strings, locale, now }) {
  if (item.type === "day") return dayName(item.at, now, locale, strings);
  if (item.type === "divider") return withCount(strings, "newMessages", item.count);
  if (item.type === "copy") return strings["savedCopy"] ?? "";
  const { note } = item;
  if (note.type === "renamed") {
    return sentence(strings.renamed, { from: note.from, name: note.name });
  }
  return strings[MISSING[note.reason] ?? "missingUnknown"] ?? "";
}

/** @param {HTMLElement} line @param {import("./rows.js").TopState} state @param {RowContext & {room: string, isDirect: boolean}} context */
function drawTop(line, state, { strings, room, isDirect }) {
  line.classList.add(state);
  if (state === "unknown") return line.replaceChildren();
  if (state === "loading") return line.replaceChildren(make("span", "", strings.loadingOlder));
  if (state === "failed") {
    const retry = button("small", "older", strings.retry);
    // The only button of the log that does not belong to a message.
    retry.tabIndex = 0;
    return line.replaceChildren(make("span", "", strings.olderFailed), retry);
  }
  if (state === "oldest") {
    return line.replaceChildren(make("span", "", strings.noOlder));
  }
  const beginning = make(
    "b",
    "",
    fillTemplate(strings[isDirect ? "beginningDirect" : "beginning"], { room }),
  );
  line.replaceChildren(beginning, state === "empty" ? make("span", "", strings.nothingYet) : "");
}

/**
 * Calls the function at each midnight, when "Today" becomes "Yesterday".
 * @param {() => number} now
 * @param {() => void} onChange
 */
export function watchDays(now, onChange) {
  setTimeout(() => {
    onChange();
    watchDays(now, onChange);
  }, nextDay(now()) - now());
}
