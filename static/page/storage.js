// @ts-check
/// <reference lib="dom" />
/**
 * What the browser keeps for this page. It can be forbidden, full or cleared at any time: then the page goes on with
 * what it has in memory. The client library is given the browser's own storage, and tells by
 * `isKept` where that refuses; what stands here begins with another word than the library's.
 * @module
 */

const PREFIX = "parley-page.";

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Keep */

/** The browser's storage, or undefined where even to ask for it is forbidden. @returns {Storage | undefined} */
export function browserStorage() {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

/** Texts by key. What the browser does not keep is forgotten at the next visit, and nothing worse. */
export class Memory {
  #keep;
  /** @type {Map<string, string | null>} */
  #refused = new Map();

  /** @param {Keep | undefined} keep */
  constructor(keep) {
    this.#keep = keep;
  }

  /** The text, or null where there is none. @param {string} key @returns {string | null} */
  get(key) {
    const refused = this.#refused.get(key);
    if (refused !== undefined) return refused;
    try {
      return this.#keep?.getItem(PREFIX + key) ?? null;
    } catch {
      return null;
    }
  }

  /** Keeps a text; null takes it away. @param {string} key @param {string | null} text */
  set(key, text) {
    if (this.#put(key, text)) this.#refused.delete(key);
    else this.#refused.set(key, text);
  }

  /** @param {string} key @param {string | null} text */
  #put(key, text) {
    try {
      if (text === null) this.#keep?.removeItem(PREFIX + key);
      else this.#keep?.setItem(PREFIX + key, text);
      return this.#keep !== undefined;
    } catch {
      return false;
    }
  }
}
