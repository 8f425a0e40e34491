// @ts-check
/// <reference lib="dom" />
/**
 * The page's own values in the browser's storage. The storage can be forbidden, full or cleared at any time: then the page
 * continues in memory. The client library gets the browser's storage itself and reports failures by
 * `isKept`; the keys here have another prefix than the library's. Keys contain the page's path,
 * since several services can share an origin. head.js migrates the keys of earlier versions.
 * @module
 */

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} StorageLike */

/** The browser's storage, or undefined if access is forbidden. @returns {Storage | undefined} */
export function browserStorage() {
  try {
    // Null in some apps with embedded browsers.
    return globalThis.localStorage ?? undefined;
  } catch {
    return undefined;
  }
}

/** Texts by key. A text that the browser cannot store is lost at the end of the visit. */
export class PageStorage {
  #storage;
  #prefix;
  /** @type {Map<string, string | null>} */
  #unsaved = new Map();

  /** @param {StorageLike | undefined} storage @param {string} page The page's URL. */
  constructor(storage, page) {
    this.#storage = storage;
    this.#prefix = `parley-page ${new URL(".", page).pathname} `;
  }

  /** Whether everything was stored so far. */
  get isKept() {
    return this.#storage !== undefined && this.#unsaved.size === 0;
  }

  /** The text, or null if there is none. @param {string} key @returns {string | null} */
  get(key) {
    const unsaved = this.#unsaved.get(key);
    if (unsaved !== undefined) return unsaved;
    try {
      return this.#storage?.getItem(this.#prefix + key) ?? null;
    } catch {
      return null;
    }
  }

  /** Stores a text; null removes it. @param {string} key @param {string | null} text */
  set(key, text) {
    if (this.#put(key, text)) this.#unsaved.delete(key);
    else this.#unsaved.set(key, text);
  }

  /** @param {string} key @param {string | null} text */
  #put(key, text) {
    try {
      if (text === null) this.#storage?.removeItem(this.#prefix + key);
      else this.#storage?.setItem(this.#prefix + key, text);
      return this.#storage !== undefined;
    } catch {
      return false;
    }
  }
}
