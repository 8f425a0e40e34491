// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The log by keyboard: one stop for Tab, arrows from message to message, and Tab from a message to what is in it. A newcomer
 * would leave links and buttons of all messages in the order of Tab, and nobody would ever get past the log.
 * @module
 */

/** @typedef {import("./log_scroll.js").Scroll} Scroll */

const INNER = "a, button:not(.tool)";

/** Which message is the stop for Tab. */
export class Keys {
  #scroller;
  #list;
  #scroll;
  #go;
  /** @type {HTMLElement | undefined} */
  #stop;
  #isHeld = false;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} list
   * @param {Scroll} scroll
   * @param {(end: "first" | "last") => void} go Brings an end of what is loaded into the page.
   */
  constructor(scroller, list, scroll, go) {
    this.#scroller = scroller;
    this.#list = list;
    this.#scroll = scroll;
    this.#go = go;
    scroller.addEventListener("keydown", (event) => this.#press(event));
    list.addEventListener("focusin", ({ target }) => this.#note(target));
  }

  /** To be called after the list has changed: there is always one stop, and focus that fell out of the page is caught. */
  mend() {
    if (this.#isHeld && !this.#list.contains(document.activeElement)) {
      this.#isHeld = false;
      if (document.activeElement === document.body || !document.activeElement) {
        this.#scroller.focus({ preventScroll: true });
      }
    }
    if (this.#stop?.isConnected && this.#isChosen) return this.#setStop(this.#stop);
    this.#isChosen = false;
    this.#setStop(this.#rows().at(-1));
  }

  /** To be called before the list changes. */
  hold() {
    this.#isHeld = this.#list.contains(document.activeElement);
  }

  // As long as nobody has been in the log, its stop is the newest message.
  #isChosen = false;

  /** @param {EventTarget | null} target */
  #note(target) {
    const row = target instanceof Element ? target.closest("article") : null;
    if (!row) return;
    this.#isChosen = true;
    this.#setStop(row);
  }

  /** @param {HTMLElement | undefined} row */
  #setStop(row) {
    if (this.#stop && this.#stop !== row) {
      this.#stop.tabIndex = -1;
      for (const it of inner(this.#stop)) it.tabIndex = -1;
    }
    this.#stop = row;
    this.#scroller.tabIndex = row ? -1 : 0;
    if (!row) return;
    row.tabIndex = 0;
    for (const it of inner(row)) it.tabIndex = 0;
  }

  #rows() {
    return [...this.#list.querySelectorAll("article")];
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
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
      this.#go(key === "Home" ? "first" : "last");
      return this.#rows().at(key === "Home" ? 0 : -1);
    }
    if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
    // After a page up or down, arrows go on where the reader looks.
    if (!row || !this.#scroll.isInView(row)) return this.#scroll.firstInView();
    const rows = this.#rows();
    return rows[rows.indexOf(row) + (key === "ArrowUp" ? -1 : 1)];
  }
}

/** @param {HTMLElement} row @returns {NodeListOf<HTMLElement>} */
function inner(row) {
  return row.querySelectorAll(INNER);
}
