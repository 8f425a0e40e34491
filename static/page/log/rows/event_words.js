// @ts-check
/// <reference lib="dom" />
/**
 * What an event of a room says, in the reader's language: in the log, in the list of rooms, and aloud. The strings are loaded on
 * demand; until then, the message's own text says it in English.
 * @module
 */
import { durationName, endName } from "../../base/dates.js";
import { sentence } from "../../base/elements.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../../../client/frames.js").EventOfRoom} EventOfRoom */
/** @typedef {Readonly<Record<string, string | undefined>>} Words */
/** A string of rooms_en.js and what to fill in. @typedef {readonly [key: string, values?: Readonly<Record<string, string>>]} EventPart */

const DAY_SECONDS = 86_400;

/**
 * What an event says, one part for each thing that it does.
 * @param {EventOfRoom} event
 * @param {{user: string, at: number, locale: string}} context Who did it, and when.
 * @returns {readonly EventPart[]}
 */
export function eventParts(event, { user, at, locale }) {
  const { kind, name = "", until, on = true, role = "member" } = event;
  if (kind === "room") return settingParts(event, locale);
  if (kind === "mute" || kind === "ban") {
    return until === undefined
      ? [[kind, { name }]]
      : [[`${kind}Until`, { name, time: endName(until, at, locale) }]];
  }
  if (kind === "member" && event.user === user) return [[on ? "returned" : "left"]];
  if (kind === "member") return [[on ? "added" : "removed", { name }]];
  if (kind === "role") return [[`role_${role}`, { name }]];
  if (kind === "lockdown") return [[on ? "lockdown" : "unlock"]];
  if (kind === "clear" && event.archived) return [["deletedRoom"]];
  return [[kind, { name }]];
}

/** @param {EventOfRoom} event @param {string} locale @returns {readonly EventPart[]} */
function settingParts(event, locale) {
  const { created, access, title, topic, readOnly, slowSeconds, keepDays, history, archived } =
    event;
  /** @type {EventPart[]} */
  const parts = created ? [[access === "direct" ? "opened" : "created"]] : [];
  // Users who see a private room know that it is private.
  if (access !== undefined && (!created || access === "listed")) {
    parts.push([access === "direct" ? "private" : access]);
  }
  if (title !== undefined) parts.push(title ? ["title", { title }] : ["noTitle"]);
  if (topic !== undefined) parts.push(topic ? ["topic", { topic }] : ["noTopic"]);
  if (readOnly !== undefined) parts.push([readOnly ? "readOnly" : "writable"]);
  if (slowSeconds !== undefined) {
    parts.push(slowSeconds > 0 ? ["slow", { time: durationName(slowSeconds, locale) }] : ["fast"]);
  }
  if (keepDays !== undefined) {
    parts.push(
      keepDays > 0 ? ["keep", { time: durationName(keepDays * DAY_SECONDS, locale) }] : ["keepAll"],
    );
  }
  if (history !== undefined && !(created && history === "all")) {
    parts.push([history === "joined" ? "historyJoined" : "historyAll"]);
  }
  if (archived !== undefined) parts.push([archived ? "archived" : "unarchived"]);
  return parts;
}

/**
 * The sentences of an event, each as text and elements.
 * @param {Message} message
 * @param {Words} strings
 * @param {string} locale
 * @returns {readonly (readonly (string | HTMLElement)[])[]}
 */
export function eventSentences({ user, name: by, text, at, event }, strings, locale) {
  const parts = event ? eventParts(event, { user, at, locale }) : [];
  const known = parts.flatMap(([key, values]) => {
    const words = strings[`event_${key}`];
    return words === undefined ? [] : [sentence(words, { ...values, by })];
  });
  if (!event || known.length < Math.max(1, parts.length)) {
    return [sentence("{by} {text}", { by, text })];
  }
  return known.map((what) => withDetails(what, event, strings));
}

/** The same as plain text. @param {Message} message @param {Words} strings @param {string} locale */
export function eventText(message, strings, locale) {
  return eventSentences(message, strings, locale)
    .map((nodes) => nodes.map((it) => typeof it === "string" ? it : it.textContent).join(""))
    .join(" · ");
}

/** @param {(string | HTMLElement)[]} what @param {EventOfRoom} event @param {Words} strings */
function withDetails(what, { reason, room }, strings) {
  let nodes = what;
  if (reason) nodes = wrap(strings["event_why"], nodes, { reason });
  if (room !== undefined) nodes = wrap(strings["event_where"], nodes, { room });
  return nodes;
}

/** A sentence in another one. @param {string | undefined} words @param {(string | HTMLElement)[]} what @param {Record<string, string>} values */
function wrap(words, what, values) {
  const [before = "", after = ""] = words?.split("{what}") ?? [];
  return [...sentence(before, values), ...what, ...sentence(after, values)];
}
