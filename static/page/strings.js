// @ts-check
/**
 * The page's words: the strings of both languages, and what makes sentences of them. Nothing here touches the page, so that
 * a test can load it outside a browser. A string is looked up anew each time it is shown, since the language can change.
 * @module
 */

import { Value } from "../client/values.js";
import { fill, logStrings } from "./log_strings.js";
import { en } from "./strings_en.js";
import { zh } from "./strings_zh.js";

/** The strings by language. */
export const strings = { en: { ...logStrings.en, ...en }, zh: { ...logStrings.zh, ...zh } };

/** @typedef {keyof typeof strings} Language */
/** @typedef {keyof typeof strings.en} Key */

/**
 * The first language of the list that there are strings for; English if there is none.
 * @param {readonly string[]} wanted Language tags, best first, as in `navigator.languages`.
 * @returns {Language}
 */
export function pickLanguage(wanted) {
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "zh" || primary === "en") return primary;
  }
  return "en";
}

/** Speaks the chosen language. */
export class Words {
  /** @param {Language} language */
  constructor(language) {
    /** The chosen one; who shows words for long shows them again when it changes. */
    this.language = new Value(language);
  }

  /**
   * A string with its places filled in.
   * @param {Key} key
   * @param {Readonly<Record<string, string | number>>} [values]
   */
  say(key, values = {}) {
    return fill(strings[this.language.value][key], values);
  }

  /** A number as it is written. @param {number} number */
  number(number) {
    // Where nothing parts the digits, the formatter need not be made, which a slow machine feels.
    if (number < 1000) return String(number);
    return number.toLocaleString(this.language.value);
  }

  /** How many people. @param {number} count */
  people(count) {
    return this.say(count === 1 ? "peopleOne" : "peopleMany", { count: this.number(count) });
  }

  /** How many messages are unread. @param {number} count */
  unread(count) {
    return this.say(count === 1 ? "unreadOne" : "unreadMany", { count: this.number(count) });
  }

  /** A template that says who is writing; empty if nobody is. @param {number} count */
  typing(count) {
    if (count === 0) return "";
    return this.say(count === 1 ? "typingOne" : count === 2 ? "typingTwo" : "typingMany");
  }

  /** Why something was not done, as a sentence. @param {string} code A fault's. */
  fault(code) {
    const why = this.why(code);
    return why.charAt(0).toUpperCase() + why.slice(1);
  }

  /** The same behind a colon. @param {string} code */
  why(code) {
    return this.#look(`fault_${code}`) ?? this.say("faultOther", { code });
  }

  /** Why a connection ended. @param {number} code A WebSocket close code. */
  ending(code) {
    return this.#look(`close${code}`) ?? this.say("closeOther", { code });
  }

  /** @param {string} key @returns {string | undefined} */
  #look(key) {
    const all = new Map(Object.entries(strings[this.language.value]));
    return all.get(key);
  }
}
