// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What can be done with a message: one toolbar, which is moved into the message that is pointed at or focused. It is one
 * stop for Tab; arrows go from button to button.
 * @module
 */
import { icon } from "./icons.js";
import { button, make } from "./log_dom.js";

/** @typedef {import("./log_items.js").Item} Item */
/** @typedef {import("./log_strings.js").LogStrings} LogStrings */

const DEEDS = /** @type {const} */ (["react", "reply", "edit", "delete", "copy"]);

/** The one toolbar of the log. */
export class Toolbar {
  /** The toolbar itself. */
  element = make("div", "toolbar");
  /** @type {Map<typeof DEEDS[number], HTMLButtonElement>} */
  #buttons = new Map();

  constructor() {
    this.element.role = "toolbar";
    for (const deed of DEEDS) {
      const made = button("tool", deed === "react" ? "pick" : deed, icon(deed));
      this.#buttons.set(deed, made);
      this.element.append(made);
    }
    this.element.addEventListener("keydown", (event) => this.#move(event));
    this.element.addEventListener("focusin", ({ target }) => this.#stopAt(target));
  }

  /** @param {LogStrings} strings */
  speak(strings) {
    this.element.ariaLabel = strings.actions;
    for (const [deed, made] of this.#buttons) {
      made.ariaLabel = made.title = strings[deed === "copy" ? "copyLink" : deed];
    }
  }

  /**
   * Comes to a message, or to none. One that is being used stays.
   * @param {HTMLElement | undefined} row
   * @param {Item} [item]
   */
  moveTo(row, item) {
    const { element } = this;
    if (element.parentElement === row && row) return;
    if (element.contains(document.activeElement)) return;
    if (!row || item?.type !== "message" || item.message.deleted) return element.remove();
    this.#suit(item);
    row.append(element);
  }

  /** @param {Item} [item] */
  #suit(item) {
    const isOwn = item?.type === "message" && item.isOwn;
    for (const deed of /** @type {const} */ (["edit", "delete"])) {
      const made = this.#buttons.get(deed);
      if (made) made.hidden = !isOwn;
    }
    this.#stopAt(this.#buttons.get("react") ?? null);
  }

  /** @param {EventTarget | null} target */
  #stopAt(target) {
    for (const made of this.#buttons.values()) made.tabIndex = made === target ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const shown = [...this.#buttons.values()].filter((it) => !it.hidden);
    const index = shown.findIndex((it) => it === document.activeElement);
    shown.at((index + step) % shown.length)?.focus();
    event.preventDefault();
  }
}
