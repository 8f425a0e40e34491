// @ts-check
/// <reference lib="dom" />
/**
 * What the browser keeps for this page. It can be forbidden, full or cleared at any time: then the page goes on with
 * what it has in memory. The client library is given the browser's own storage, and tells by
 * `isKept` where that refuses; what stands here begins with another word than the library's. Keys contain the page's path,
 * since several services can share an origin. head.js migrates the keys of earlier versions.
 * @module
 */

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
  #prefix;
  /** @type {Map<string, string | null>} */
  #refused = new Map();

  /** @param {Keep | undefined} keep @param {string} page Its address. */
  constructor(keep, page) {
    this.#keep = keep;
    this.#prefix = `parley-page ${new URL(".", page).pathname} `;
  }

  /** The text, or null where there is none. @param {string} key @returns {string | null} */
  get(key) {
    const refused = this.#refused.get(key);
    if (refused !== undefined) return refused;
    try {
      return this.#keep?.getItem(this.#prefix + key) ?? null;
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
      if (text === null) this.#keep?.removeItem(this.#prefix + key);
      else this.#keep?.setItem(this.#prefix + key, text);
      return this.#keep !== undefined;
    } catch {
      return false;
    }
  }
}
