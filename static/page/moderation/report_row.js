// @ts-check
/// <reference lib="dom" />
/**
 * Renders a message of the room `_reports`: a report, or a message that waits for a moderator, with what can be done about it, or
 * what a moderator says there.
 * @module
 */

import { make, onClick } from "../base/dom.js";
import { sentence } from "../base/elements.js";
import { timeOf } from "../members/records.js";
import { parseReport } from "./report_text.js";

/** @typedef {import("./report_text.js").Report} Report */
/** @typedef {import("../../client/timeline/timeline.js").Message} Message */
/** Who has written something, and where. @typedef {Pick<Report, "user" | "name" | "room" | "text">} Writing */
/**
 * What can be done about a report, or with the position of a message that waits. `mayModerate`: whether the author ranks lower.
 * @typedef {object} ReportTools
 * @property {(report: Report) => void} goTo
 * @property {(report: Report, row: HTMLElement) => void} remove
 * @property {(position: string) => void} release
 * @property {(position: string) => void} turnDown
 * @property {(writing: Writing, button: HTMLElement) => void} moderate
 * @property {(writing: Writing) => boolean} mayModerate
 */

/**
 * @param {Message} message
 * @param {import("../i18n/strings.js").Translator} translator
 * @param {ReportTools} tools
 */
export function reportRow(message, translator, tools) {
  const { name, text, at, event } = message;
  const row = make("li", "report");
  row.tabIndex = -1;
  // Its text may look like a report.
  if (event?.kind === "held") {
    row.append(...heldParts(message, event.room ?? "", translator, tools));
    return row;
  }
  const report = parseReport(text);
  const time = make("span", "faint", timeOf(at, translator));
  if (report === null) {
    row.append(make("p", "", make("b", "", make("bdi", "", name)), `: ${text}`), time);
    return row;
  }
  const { strings } = translator;
  const head = sentence(strings.reportHead, { by: name, room: translator.roomName(report.room) });
  row.append(make("p", "", ...head, " ", time), quote(report));
  if (report.reason) row.append(make("p", "report-reason", report.reason));
  row.append(
    toolsFor(report, translator, tools, [
      [strings.goToMessage, () => tools.goTo(report)],
      [strings.delete, () => tools.remove(report, row)],
    ]),
  );
  return row;
}

/**
 * @param {Message} message
 * @param {string} room
 * @param {import("../i18n/strings.js").Translator} translator
 * @param {ReportTools} tools
 */
function heldParts(message, room, translator, tools) {
  const { position, user, name, text, at, deleted, deletedBy } = message;
  const { strings } = translator;
  const time = make("span", "faint", timeOf(at, translator));
  const place = translator.roomName(room);
  if (deleted) {
    const words = { by: deletedBy?.name ?? name, name, room: place };
    return [make("p", "", ...sentence(strings.heldDone, words), " ", time)];
  }
  const head = sentence(strings.heldHead, { by: name, room: place });
  const writing = { user, name, room, text };
  return [
    make("p", "", ...head, " ", time),
    quote(writing),
    toolsFor(writing, translator, tools, [
      [strings.heldSend, () => tools.release(position)],
      [strings.heldRefuse, () => tools.turnDown(position)],
    ]),
  ];
}

/** @param {Writing} writing */
function quote({ name, text }) {
  return make("blockquote", "", make("b", "", make("bdi", "", name)), `: ${text}`);
}

/**
 * @param {Writing} writing
 * @param {import("../i18n/strings.js").Translator} translator
 * @param {ReportTools} tools
 * @param {readonly (readonly [words: string, run: () => void])[]} own
 */
function toolsFor(writing, translator, tools, own) {
  const buttons = make("div", "report-tools");
  /** @param {string} words @param {(button: HTMLElement) => void} run */
  const offer = (words, run) => {
    const button = make("button", "plain", words);
    button.type = "button";
    onClick(button, () => run(button));
    buttons.append(button);
  };
  for (const [words, run] of own) offer(words, run);
  if (tools.mayModerate(writing)) {
    offer(translator.text("moderatePerson", writing), (it) => tools.moderate(writing, it));
  }
  return buttons;
}
