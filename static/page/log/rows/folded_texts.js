// @ts-check
/// <reference lib="dom" />
/**
 * Folds long messages, so that pasted logs do not fill the view. The whole text is in the DOM, so that it
 * can be copied, searched and read aloud; a folded part that the browser finds or focuses is unfolded.
 * @module
 */
import { button } from "../../base/elements.js";

/** @typedef {import("../../i18n/log_en.js").LogStrings} LogStrings */

const MAX_ROWS = 40;
// Estimated characters in a row. Measuring the layout of each message would stall the log.
const ROW_LENGTH = 80;

/**
 * Whether a text is folded: from about 40 rows on.
 * @param {string} text
 */
export function isLong(text) {
  let rows = 0;
  for (let start = 0; start <= text.length && rows <= MAX_ROWS;) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    rows += Math.max(1, Math.ceil((end - start) / ROW_LENGTH));
    start = end + 1;
  }
  return rows > MAX_ROWS;
}

/** Which messages are unfolded. */
export class FoldedTexts {
  #view;
  #strings;
  /** Their ids, which a message has before it has a position. @type {Set<string>} */
  #unfolded = new Set();

  /**
   * @param {HTMLElement} scroller
   * @param {{ keepElement(element: HTMLElement, change: () => void, by?: number): void }} view The log.
   * @param {() => LogStrings} strings
   */
  constructor(scroller, view, strings) {
    this.#view = view;
    this.#strings = strings;
    scroller.addEventListener("click", ({ target }) => {
      if (target instanceof Element) this.#toggle(target.closest(".fold"));
    });
    // Scroll events do not bubble.
    scroller.addEventListener("scroll", ({ target }) => {
      if (!(target instanceof Element) || !target.matches(".folded") || target.scrollTop === 0) {
        return;
      }
      this.#toggle(target.parentElement?.querySelector(".fold"), target.scrollTop);
    }, true);
  }

  /**
   * The button that folds and unfolds a text.
   * @param {string} id The message's.
   * @param {HTMLElement} text
   */
  button(id, text) {
    const made = button("small fold", "fold");
    made.dataset["id"] = id;
    this.#draw(made, text);
    return made;
  }

  /** @param {HTMLElement} made @param {Element} text */
  #draw(made, text) {
    const isOpen = this.#unfolded.has(made.dataset["id"] ?? "");
    const { showLess, showMore } = this.#strings();
    text.classList.toggle("folded", !isOpen);
    made.textContent = isOpen ? showLess : showMore;
    made.setAttribute("aria-expanded", String(isOpen));
  }

  /** @param {Element | null | undefined} made @param {number} [by] Additional distance to scroll down, in pixels. */
  #toggle(made, by = 0) {
    const row = made?.closest("article");
    const text = row?.querySelector(".text");
    if (!(made instanceof HTMLElement && row && text)) return;
    const id = made.dataset["id"] ?? "";
    const wasOpen = this.#unfolded.delete(id);
    if (!wasOpen) this.#unfolded.add(id);
    // Unfolding keeps the message in place; folding keeps its button under the pointer.
    this.#view.keepElement(wasOpen ? made : row, () => this.#draw(made, text), by);
  }
}
