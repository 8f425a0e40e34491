// @ts-check
/// <reference lib="dom" />
/**
 * The picker of emoji: for the message field, and for reactions. One grid in the top layer, which the browser closes by
 * itself on Esc and on a click elsewhere; arrow keys move in it, since eighty stops of Tab would be a wall.
 * @module
 */

import { find, make, nameButton } from "./dom.js";
import { EMOJI } from "./emoji_set.js";

const COLUMNS = 8;
const GAP_PX = 8;

/** The picker. */
export class EmojiPicker {
  #box = find("picker", HTMLElement);
  #words;
  /** @type {(emoji: string) => void} */
  #onPick = () => {};
  /** @type {HTMLElement | null} */
  #anchor = null;

  /** @param {import("./strings.js").Words} words */
  constructor(words) {
    this.#words = words;
    this.#box.addEventListener("click", ({ target }) => {
      if (target instanceof HTMLButtonElement) this.#pick(target.value);
    });
    this.#box.addEventListener("keydown", (event) => this.#move(event));
    this.#box.addEventListener("toggle", (event) => {
      const isOpen = "newState" in event && event.newState === "open";
      this.#anchor?.setAttribute("aria-expanded", String(isOpen));
      // A message's tools are shown only while it is pointed at or has the focus: the browser could not give it back to them,
      // and leaves it here until the next picture is drawn.
      const { activeElement, body } = document;
      if (isOpen || (activeElement !== body && !this.#box.contains(activeElement))) return;
      this.#anchor?.closest("article")?.focus({ preventScroll: true });
      this.#anchor?.focus({ preventScroll: true });
    });
  }

  /**
   * Lets one be picked.
   * @param {HTMLElement} anchor What it was called from; it stands near it.
   * @param {(emoji: string) => void} onPick
   */
  open(anchor, onPick) {
    this.#anchor = anchor;
    this.#onPick = onPick;
    const language = this.#words.language.value;
    this.#box.replaceChildren(...EMOJI.map((it, i) => {
      const button = make("button", "", it.emoji);
      button.type = "button";
      button.value = it.emoji;
      button.tabIndex = i === 0 ? 0 : -1;
      nameButton(button, it[language]);
      return button;
    }));
    this.#box.showPopover();
    this.#place(anchor.getBoundingClientRect());
    this.#focus(0);
  }

  /** @param {string} emoji */
  #pick(emoji) {
    this.#box.hidePopover();
    this.#onPick(emoji);
  }

  // A place is no look: it is known only when it opens, and the content policy lets scripts set it.
  /** @param {DOMRect} anchor */
  #place(anchor) {
    const { offsetWidth: width, offsetHeight: height } = this.#box;
    const above = anchor.top - height - GAP_PX;
    const top = above >= GAP_PX
      ? above
      : Math.min(anchor.bottom + GAP_PX, innerHeight - height - GAP_PX);
    const left = Math.min(Math.max(GAP_PX, anchor.left), innerWidth - width - GAP_PX);
    this.#box.style.setProperty(
      "inset",
      `${Math.max(GAP_PX, top)}px auto auto ${Math.max(0, left)}px`,
    );
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const buttons = [...this.#box.querySelectorAll("button")];
    const now = buttons.findIndex((it) => it === document.activeElement);
    /** @type {Readonly<Record<string, number>>} */
    const steps = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: COLUMNS,
      ArrowUp: -COLUMNS,
      Home: -now,
    };
    const step = event.key === "End" ? buttons.length - 1 - now : steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#focus(Math.min(buttons.length - 1, Math.max(0, now + step)));
  }

  /** @param {number} index */
  #focus(index) {
    for (const [i, button] of this.#box.querySelectorAll("button").entries()) {
      button.tabIndex = i === index ? 0 : -1;
      if (i === index) button.focus();
    }
  }
}
