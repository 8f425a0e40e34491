// @ts-check
/// <reference lib="dom" />
/**
 * What the lists of invites and of devices share: rows with one button, times, and errors in words.
 * @module
 */

import { localeOf } from "../base/dates.js";
import { make, onClick } from "../base/dom.js";

/** @typedef {import("../i18n/strings.js").Translator} Translator */
/** @typedef {Pick<Translator, "faultSentence">} FaultTranslator */

/**
 * A row of a list.
 * @param {readonly (Node | string)[]} title
 * @param {string} about
 * @param {{ words: string, run: (button: HTMLButtonElement) => void }} action The button is described by the title.
 */
export function recordRow(title, about, { words, run }) {
  const name = make("span", "record-title", ...title);
  const action = make("button", "plain", words);
  action.type = "button";
  action.setAttribute("aria-label", `${words}: ${name.textContent}`);
  onClick(action, () => run(action));
  return make("li", "record", make("div", "", name, make("span", "faint", about)), action);
}

/** A day and time. @param {number} at @param {Translator} translator */
export function timeOf(at, { language }) {
  const locale = localeOf(language.value, navigator.languages);
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(at);
}

/**
 * Makes requests, and shows in words why they fail.
 * @param {Pick<HTMLElement, "textContent">} line
 * @param {FaultTranslator} translator
 * @param {() => Promise<void>} request
 * @param {string} [refusal] As in {@linkcode errorText}.
 * @param {() => boolean} [isCurrent] Whether the line still is for this request.
 */
export async function attempt(line, translator, request, refusal, isCurrent = () => true) {
  line.textContent = "";
  try {
    await request();
  } catch (error) {
    if (isCurrent()) line.textContent = errorText(error, translator, refusal);
  }
}

/**
 * A failure of a request in words.
 * @param {unknown} error
 * @param {FaultTranslator} translator
 * @param {string} [refusal] What `not_allowed` means here, if that is known.
 */
export function errorText(error, translator, refusal) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return code === "not_allowed" && refusal ? refusal : translator.faultSentence(code);
}

/** The name of a role. @param {import("../../client/member_types.js").Role} role @param {Translator} translator */
export function roleName(role, translator) {
  const keys = /** @type {const} */ ({
    owner: "roleOwner",
    moderator: "roleModerator",
    member: "roleMember",
  });
  return translator.text(keys[role] ?? "roleMember");
}
