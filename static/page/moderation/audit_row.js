// @ts-check
/// <reference lib="dom" />
/**
 * Renders what a moderator did, in the words that the log of a room has for it.
 * @module
 */

import { localeOf } from "../base/dates.js";
import { make } from "../base/dom.js";
import { eventSentences } from "../log/rows/event_words.js";
import { timeOf } from "../members/records.js";

/** What concerns a room or a person; the rest is about the whole service anyway. */
const OF_PEOPLE = ["mute", "ban", "unmute", "unban"];

/**
 * Renders the row.
 * @param {import("./moderator_rooms.js").AuditEntry} entry
 * @param {import("../i18n/strings.js").Translator} translator
 */
export function auditRow({ message, event }, translator) {
  const { strings, language } = translator;
  const locale = localeOf(language.value, navigator.languages);
  const isEverywhere = event.room === undefined && OF_PEOPLE.includes(event.kind);
  const about = [
    event.user?.startsWith("ip_") && translator.text("auditAddress"),
    isEverywhere && translator.text("everywhere"),
    timeOf(message.at, translator),
  ];
  const { room } = event;
  const shown = room === undefined
    ? message
    : { ...message, event: { ...event, room: translator.roomName(room) } };
  const sentences = eventSentences(shown, strings, locale)
    .map((nodes) => make("span", "record-title", ...nodes));
  const line = make("span", "faint", about.filter(Boolean).join(" · "));
  return make("li", "record", make("div", "", ...sentences, line));
}
