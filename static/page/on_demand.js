// @ts-check
/// <reference lib="dom" />
/**
 * The parts of the page that are not needed in the first seconds, such as dialogs and commands. They are a separate script and
 * style sheet, page/later.js and later.css, loaded with their strings some seconds after the page or on first use.
 * @module
 */

import { loadOnce } from "./base/loading.js";
import { loadLaterStrings } from "./i18n/strings.js";

/** @typedef {import("./later.js").OnDemandParts} OnDemandParts */
/** @typedef {import("./later.js").OnDemandContext} OnDemandContext */

/** Loads the parts and uses them. */
export class OnDemand {
  /** The parts, once they are loaded. @type {OnDemandParts | undefined} */
  parts;
  #context;
  #load;
  /** @type {((later: OnDemandParts) => void) | null} */
  #waiting = null;

  /** @param {OnDemandContext} context */
  constructor(context) {
    this.#context = context;
    this.#load = loadOnce(async (query) => {
      const script = import("./later.js" + query);
      const strings = loadLaterStrings(this.#context.translator.language.value);
      await Promise.all([script, loadStyles(`later.css${query}`), strings]);
      /** @type {typeof import("./later.js")} */
      const { OnDemandParts } = await script;
      return this.parts = new OnDemandParts(this.#context);
    });
  }

  /**
   * Loads the parts in advance, or for something other than a click. A failure is reported when a part is used.
   * @returns {Promise<OnDemandParts | undefined>} Undefined if they could not be loaded.
   */
  preload() {
    return this.#load().catch(() => undefined);
  }

  /**
   * Uses a part once all are loaded, unless another one was requested meanwhile.
   * @param {(later: OnDemandParts) => void} fn
   */
  async use(fn) {
    this.#waiting = fn;
    document.body.classList.add("loading");
    const later = await this.#load().catch((error) => this.#waiting === fn && this.#report(error));
    if (this.#waiting !== fn) return;
    this.#waiting = null;
    document.body.classList.remove("loading");
    if (later) fn(later);
  }

  /** @param {unknown} error */
  #report(error) {
    const { toasts, translator } = this.#context;
    const fn = this.#waiting;
    // The server has another version by now, whose script does not fit this page.
    if (error instanceof SyntaxError) {
      const reload = { words: translator.text("reload"), run: () => location.reload() };
      return toasts.show(translator.text("pageUpdated"), reload);
    }
    const again = { words: translator.text("tryAgain"), run: () => fn && void this.use(fn) };
    toasts.show(translator.text("partNotLoaded"), again);
  }
}

/** @param {string} address @returns {Promise<void>} */
function loadStyles(address) {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => {
      link.remove();
      reject(new Error(`Cannot load the style sheet: received ${address}`));
    });
    document.head.append(link);
  });
}
