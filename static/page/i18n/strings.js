// @ts-check
/**
 * The page's strings in both languages, and the translator that fills them in. English is always loaded, Chinese only if
 * chosen, and the strings of later.js only with it. No DOM here, so that tests can run it outside a browser. Look up a
 * string each time it is shown, since the language can change.
 * @module
 */

import { Value } from "../../client/observable.js";
import { loadOnce } from "../base/loading.js";
import { fillTemplate, logEn } from "./log_en.js";
import { en } from "./en.js";
import { kindOfRoom } from "../base/room_kinds.js";

/** @typedef {"en" | "zh"} Language */
/** @typedef {import("./en.js").Strings} Strings */
/** @typedef {keyof Strings} Key */

// Without those of later.js, which adds them before using them.
const english = /** @type {Strings} */ ({ ...logEn, ...en });
// English stands in for what is missing: the files may be from another version, with fewer strings.
const chinese = /** @type {Strings} */ (Object.create(english));
/** Whether the strings of later.js are needed too. */
let needsLater = false;

const loadChinese = loadOnce(async (query) => {
  /** @type {typeof import("./zh.js")} */
  const { zh } = await import("./zh.js" + query);
  Object.assign(chinese, zh);
});

const loadLaterChinese = loadOnce(async (query) => {
  /** @type {typeof import("./later_zh.js")} */
  const { laterZh } = await import("./later_zh.js" + query);
  Object.assign(chinese, laterZh);
});

/**
 * Loads a language's strings once, with those of later.js if they are needed by then; rejects if they cannot be loaded.
 * @param {Language} language
 */
export async function loadStrings(language) {
  if (language === "en") return;
  await loadChinese();
  // Only now: later.js may have been requested meanwhile, when the page was still in English.
  if (needsLater) await loadLaterChinese();
}

/** The same with the strings of later.js, and with them for any language chosen from now on. @param {Language} language */
export function loadLaterStrings(language) {
  needsLater = true;
  return loadStrings(language);
}

/** Adds English strings. @param {Partial<Strings>} more */
export function addStrings(more) {
  Object.assign(english, more);
}

/** A language's strings; the English ones as far as it is not loaded. @param {Language} language */
export function stringsOf(language) {
  return language === "zh" ? chinese : english;
}

/**
 * The first supported language of the list; English if there is none.
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

/** Translates keys into the chosen language. */
export class Translator {
  /** The names of private and direct rooms by their ids, as far as they are known. @type {Value<ReadonlyMap<string, string>>} */
  roomNames = new Value(/** @type {ReadonlyMap<string, string>} */ (new Map()));
  #onMissing;
  #isIncomplete = false;

  /** @param {Language} language @param {() => void} [onMissing] Called when a string is missing that may be loaded later. */
  constructor(language, onMissing = () => {}) {
    this.#onMissing = onMissing;
    /** The chosen language; lasting texts must be rendered again when it changes. */
    this.language = new Value(language);
  }

  /**
   * A string with its placeholders filled in.
   * @param {Key} key
   * @param {Readonly<Record<string, string | number>>} [values]
   */
  text(key, values = {}) {
    return fillTemplate(stringsOf(this.language.value)[key], values);
  }

  /** A number in the format of the language. @param {number} number */
  number(number) {
    // Below 1,000 there is no separator, so skip creating the formatter, which is slow on a slow machine.
    if (number < 1000) return String(number);
    return number.toLocaleString(this.language.value);
  }

  /** What a room is called in a sentence: `#den`, the title of a private room, or the other person's name. @param {string} room */
  roomName(room) {
    const kind = kindOfRoom(room);
    if (kind === "open") return `#${room}`;
    return this.roomNames.value.get(room) ??
      this.text(kind === "direct" ? "someDirect" : "somePrivate");
  }

  /** The number of people. @param {number} count */
  peopleCount(count) {
    return this.text(count === 1 ? "peopleOne" : "peopleMany", { count: this.number(count) });
  }

  /** The number of unread messages. @param {number} count @param {number} mentions How many of them mention the user. */
  unreadCount(count, mentions) {
    const words = this.text(count === 1 ? "unreadOne" : "unreadMany", {
      count: this.number(count),
    });
    return mentions > 0 ? this.text("unreadMention", { words }) : words;
  }

  /** The template that names the typing users; empty if there are none. @param {number} count */
  typingTemplate(count) {
    if (count === 0) return "";
    return this.text(count === 1 ? "typingOne" : count === 2 ? "typingTwo" : "typingMany");
  }

  /** A fault's reason as a sentence. @param {string} code The fault code. */
  faultSentence(code) {
    const why = this.faultReason(code);
    return why.charAt(0).toUpperCase() + why.slice(1);
  }

  /** The same for use after a colon. @param {string} code */
  faultReason(code) {
    return this.#lookUp(`fault_${code}`) ?? this.text("faultOther", { code });
  }

  /** Why a connection was closed. @param {number} code A WebSocket close code. */
  closeReason(code) {
    return this.#lookUp(`close${code}`) ?? this.text("closeOther", { code });
  }

  /** The strings of the chosen language. A missing one triggers loading those of later.js. */
  get strings() {
    const get = (/** @type {Strings} */ _, /** @type {string} */ key) => this.#lookUp(key);
    return new Proxy(stringsOf(this.language.value), { get });
  }

  /** Notifies listeners again if a missing string may have been added since. */
  refresh() {
    if (this.#isIncomplete) this.language.emit(this.language.value);
  }

  /** @param {string} key @returns {string | undefined} */
  #lookUp(key) {
    const found = Reflect.get(stringsOf(this.language.value), key);
    if (found === undefined && !this.#isIncomplete) {
      this.#isIncomplete = true;
      this.#onMissing();
    }
    return found;
  }
}
