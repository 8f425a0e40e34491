// @ts-check
/// <reference lib="dom" />
/**
 * The page's own values in the browser's storage. The storage can be forbidden, full or cleared at any time: then the page
 * continues in memory. The client library gets the browser's storage itself and reports failures by
 * `isKept`; the keys here have another prefix than the library's. Keys contain the page's path,
 * since several services can share an origin. head.js migrates the keys of earlier versions.
 * @module
 */

import { kindOf } from "../../client/user_kind.js";

/** The key of the id of the user, which is removed when the user signs out. */
export const LAST_USER = "last-user";
/** The keys of what belongs to the browser rather than to the user. */
export const BROWSER_KEYS = ["theme", "language"];

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
  /** The user of this tab. */
  #user;

  /** @param {StorageLike | undefined} storage @param {string} page The page's URL. */
  constructor(storage, page) {
    this.#storage = storage;
    this.#prefix = `parley-page ${new URL(".", page).pathname} `;
    this.#user = this.get(LAST_USER);
  }

  /** Whether everything was stored so far. */
  get isKept() {
    return this.#storage !== undefined && this.#unsaved.size === 0;
  }

  /** Whether another tab has signed this one's user out. Guests cannot sign out, and may get another id at any time. */
  get isSignedOut() {
    return kindOf(this.#user ?? "") !== "guest" && this.get(LAST_USER) !== this.#user;
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

  /**
   * Stores a text; null removes it. Does nothing to what belongs to a user once this tab's is signed out.
   * @param {string} key
   * @param {string | null} text
   */
  set(key, text) {
    const isOther = key === LAST_USER && text !== this.#user;
    if (this.isSignedOut && !isOther && !BROWSER_KEYS.includes(key)) return;
    if (isOther) this.#user = text;
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
