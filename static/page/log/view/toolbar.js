// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The toolbar with a message's actions: one toolbar, moved into the message that the pointer or the focus entered last.
 * It is one Tab stop; arrows move between its buttons.
 * @module
 */
import { iconOf } from "../../base/icons.js";
import { button, make, nameButton } from "../../base/elements.js";
import { SHIELD } from "../../base/shield.js";

/** @typedef {import("../rows/rows.js").LogItem} LogItem */
/** @typedef {import("../../i18n/log_en.js").LogStrings & Readonly<Record<string, string>>} LogStrings */
/** What the user may do: speak and react in the room, and the rest with messages of others. @typedef {{ speak: boolean, react: boolean, delete: boolean, moderate: boolean, report: boolean }} OthersTools */

const ACTIONS = /** @type {const} */ (
  ["react", "reply", "edit", "delete", "copy", "moderate", "report"]
);
// Paths in the format of icons.js.
const PICTURES = {
  react: "M12 3a9 9 0 1 0 9 9M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.01M15 9.5v.01M16 5h6M19 2v6",
  reply: "M9 6 4 11l5 5M4 11h9a7 7 0 0 1 7 7v1",
  edit: "M4 20l1-4L16 5l3 3L8 19zM13.5 7.5l3 3",
  delete: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  moderate: SHIELD,
  report: "M6 21V4M6 4.5h11.5l-2.5 4 2.5 4H6",
  copy: "M10 14a4 4 0 0 0 6 0l4-4a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-4 4a4 4 0 0 0 6 6l1-1",
};

/** The one toolbar of the log. */
export class Toolbar {
  /** The toolbar itself. */
  element = make("div", "toolbar");
  /** @type {Map<typeof ACTIONS[number], HTMLButtonElement>} */
  #buttons = new Map();
  #toolsFor;

  /** @param {(author: string) => OthersTools} toolsFor What the user may do with messages of an author. */
  constructor(toolsFor) {
    this.#toolsFor = toolsFor;
    this.element.setAttribute("role", "toolbar");
    for (const action of ACTIONS) {
      const made = button("tool", action === "react" ? "pick" : action, iconOf(PICTURES[action]));
      this.#buttons.set(action, made);
      this.element.append(made);
    }
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener("focusin", ({ target }) => this.#setTabStop(target));
  }

  /** @param {LogStrings} strings */
  setStrings(strings) {
    this.element.setAttribute("aria-label", strings["actions"] ?? "");
    for (const [action, made] of this.#buttons) {
      nameButton(made, strings[action === "copy" ? "copyLink" : action] ?? "");
    }
  }

  /**
   * Moves the toolbar to a message, or removes it for a row without actions. If the toolbar has the focus, the message that
   * it leaves gets the focus.
   * @param {HTMLElement} row
   * @param {LogItem} [item]
   */
  moveTo(row, item) {
    const { element } = this;
    const { parentElement: from } = element;
    // What the user may do can have changed.
    if (from === row) return this.#adaptTo(item);
    // Moving an element removes its focus.
    if (element.contains(document.activeElement)) from?.focus({ preventScroll: true });
    if (item?.type !== "message" || item.message.deleted || item.isHidden) {
      return element.remove();
    }
    this.#adaptTo(item);
    this.#setTabStop(this.#shown[0] ?? null);
    row.append(element);
  }

  /** Moves the focus into the toolbar. */
  focus() {
    this.#shown[0]?.focus();
  }

  /** @param {LogItem} [item] */
  #adaptTo(item) {
    if (item?.type !== "message") return;
    const { isOwn, message } = item;
    const others = this.#toolsFor(message.user);
    this.#show("react", others.react);
    this.#show("reply", others.speak);
    this.#show("edit", isOwn && others.speak);
    this.#show("delete", isOwn || others.delete);
    this.#show("moderate", !isOwn && others.moderate);
    this.#show("report", !isOwn && others.report);
  }

  get #shown() {
    return [...this.#buttons.values()].filter((it) => !it.hidden);
  }

  /** @param {typeof ACTIONS[number]} action @param {boolean} isShown */
  #show(action, isShown) {
    const made = this.#buttons.get(action);
    if (made) made.hidden = !isShown;
  }

  /** @param {EventTarget | null} target */
  #setTabStop(target) {
    for (const made of this.#buttons.values()) made.tabIndex = made === target ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const shown = this.#shown;
    const index = shown.findIndex((it) => it === document.activeElement);
    shown.at((index + step) % shown.length)?.focus();
    event.preventDefault();
  }
}
