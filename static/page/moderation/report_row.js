// @ts-check
/// <reference lib="dom" />
/**
 * Renders a message of the room `_reports`: a report, with what can be done about it, or what a moderator says there.
 * @module
 */

import { make, onClick } from "../base/dom.js";
import { sentence } from "../base/elements.js";
import { timeOf } from "../members/records.js";
import { parseReport } from "./report_text.js";

/** @typedef {import("./report_text.js").Report} Report */
/**
 * What can be done about a report. `mayModerate`: whether its author ranks lower.
 * @typedef {object} ReportTools
 * @property {(report: Report) => void} goTo
 * @property {(report: Report, row: HTMLElement) => void} remove
 * @property {(report: Report, button: HTMLElement) => void} moderate
 * @property {(report: Report) => boolean} mayModerate
 */

/**
 * @param {import("../../client/timeline/timeline.js").Message} message
 * @param {import("../i18n/strings.js").Translator} translator
 * @param {ReportTools} tools
 */
export function reportRow({ name, text, at }, translator, tools) {
  const report = parseReport(text);
  const row = make("li", "report");
  row.tabIndex = -1;
  const time = make("span", "faint", timeOf(at, translator));
  if (report === null) {
    row.append(make("p", "", make("b", "", make("bdi", "", name)), `: ${text}`), time);
    return row;
  }
  const { strings } = translator;
  const head = sentence(strings.reportHead, { by: name, room: `#${report.room}` });
  const author = make("b", "", make("bdi", "", report.name));
  row.append(
    make("p", "", ...head, " ", time),
    make("blockquote", "", author, `: ${report.text}`),
  );
  if (report.reason) row.append(make("p", "report-reason", report.reason));
  const buttons = make("div", "report-tools");
  /** @param {string} words @param {(button: HTMLElement) => void} run */
  const offer = (words, run) => {
    const button = make("button", "plain", words);
    button.type = "button";
    onClick(button, () => run(button));
    buttons.append(button);
  };
  offer(strings.goToMessage, () => tools.goTo(report));
  offer(strings.delete, () => tools.remove(report, row));
  if (tools.mayModerate(report)) {
    offer(translator.text("moderatePerson", report), (it) => tools.moderate(report, it));
  }
  row.append(buttons);
  return row;
}
