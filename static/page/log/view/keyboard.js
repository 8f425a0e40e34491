// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Keyboard access to the log: one Tab stop, arrows between messages, and Tab from a message into its content. Do not put
 * links and buttons of all messages into the Tab order: keyboard users could never leave the log.
 * @module
 */

/** @typedef {import("./scroll_anchor.js").ScrollAnchor} ScrollAnchor */

const FOCUSABLE = "a, button:not(.tool)";

/** Decides which message is the Tab stop. */
export class Keyboard {
  #scroller;
  #list;
  #scrollAnchor;
  #goToEnd;
  /** @type {HTMLElement | undefined} */
  #tabStop;
  #hadFocus = false;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} list
   * @param {ScrollAnchor} scrollAnchor
   * @param {(end: "first" | "last") => void} goToEnd Brings one end of the loaded messages into the DOM.
   */
  constructor(scroller, list, scrollAnchor, goToEnd) {
    this.#scroller = scroller;
    this.#list = list;
    this.#scrollAnchor = scrollAnchor;
    this.#goToEnd = goToEnd;
    scroller.addEventListener("keydown", (event) => this.#onKey(event));
    list.addEventListener("focusin", ({ target }) => this.#onFocus(target));
  }

  /** Call after the list has changed: restores the Tab stop, and focus whose element was removed. */
  afterChange() {
    if (this.#hadFocus && !this.#list.contains(document.activeElement)) {
      this.#hadFocus = false;
      if (document.activeElement === document.body || !document.activeElement) {
        this.#scroller.focus({ preventScroll: true });
      }
    }
    if (this.#tabStop?.isConnected && this.#isChosen) return this.#setTabStop(this.#tabStop);
    this.#isChosen = false;
    this.#setTabStop(this.#rows().at(-1));
  }

  /** Call before the list changes. */
  beforeChange() {
    this.#hadFocus = this.#list.contains(document.activeElement);
  }

  // Until the log was focused once, its Tab stop is the newest message.
  #isChosen = false;

  /** @param {EventTarget | null} target */
  #onFocus(target) {
    const row = target instanceof Element ? target.closest("article") : null;
    if (!row) return;
    this.#isChosen = true;
    this.#setTabStop(row);
  }

  /** @param {HTMLElement | undefined} row */
  #setTabStop(row) {
    if (this.#tabStop && this.#tabStop !== row) {
      this.#tabStop.tabIndex = -1;
      for (const it of focusableIn(this.#tabStop)) it.tabIndex = -1;
    }
    this.#tabStop = row;
    this.#scroller.tabIndex = row ? -1 : 0;
    if (!row) return;
    row.tabIndex = 0;
    for (const it of focusableIn(row)) it.tabIndex = 0;
  }

  #rows() {
    return [...this.#list.querySelectorAll("article")];
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { target } = event;
    if (!(target instanceof HTMLElement) || event.ctrlKey || event.altKey || event.metaKey) return;
    const row = target.closest("article");
    if (event.key === "Escape" && row && target !== row) row.focus();
    else if (target !== this.#scroller && target !== row) return;
    else if (event.key === "Enter" && row) {
      /** @type {HTMLElement | null} */ (row.querySelector(".tool"))?.focus();
    } else {
      const next = this.#next(event.key, row);
      if (!next) return;
      next.focus();
    }
    event.preventDefault();
  }

  /** @param {string} key @param {HTMLElement | null} row @returns {HTMLElement | undefined} */
  #next(key, row) {
    if (key === "Home" || key === "End") {
      this.#goToEnd(key === "Home" ? "first" : "last");
      return this.#rows().at(key === "Home" ? 0 : -1);
    }
    if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
    // After a page up or down, arrows continue from what is in view.
    if (!row || !this.#scrollAnchor.isInView(row)) return this.#scrollAnchor.firstInView();
    const rows = this.#rows();
    return rows[rows.indexOf(row) + (key === "ArrowUp" ? -1 : 1)];
  }
}

/** @param {HTMLElement} row @returns {NodeListOf<HTMLElement>} */
function focusableIn(row) {
  return row.querySelectorAll(FOCUSABLE);
}
