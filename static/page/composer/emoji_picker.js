// @ts-check
/// <reference lib="dom" />
/**
 * The emoji picker, for the message field and for reactions. A grid in a dialog, since Firefox before 125 has no
 * popovers; Esc or a click outside closes it. Arrow keys move in it: eighty Tab stops would be too many.
 * @module
 */

import { find, make, nameButton } from "../base/dom.js";
import { EMOJI } from "./emoji_set.js";

const COLUMNS = 8;
const GAP_PX = 8;

/** The picker. */
export class EmojiPicker {
  #box = find("picker", HTMLDialogElement);
  #translator;
  /** @type {(emoji: string) => void} */
  #onPick = () => {};
  /** @type {HTMLElement | null} */
  #anchor = null;
  /** The message it is for. @type {HTMLElement | null} */
  #row = null;

  /** @param {import("../i18n/strings.js").Translator} translator */
  constructor(translator) {
    this.#translator = translator;
    this.#box.addEventListener("click", (event) => this.#click(event));
    this.#box.addEventListener("keydown", (event) => this.#move(event));
    this.#box.addEventListener("close", () => this.#restoreFocus());
  }

  /**
   * Opens the picker.
   * @param {HTMLElement} anchor The button that opened it; the picker is placed next to it.
   * @param {(emoji: string) => void} onPick
   * @param {HTMLElement | null} [row] The message it is for. The anchor's toolbar may move to another message meanwhile.
   */
  open(anchor, onPick, row = null) {
    this.#anchor = anchor;
    this.#row = row;
    this.#onPick = onPick;
    const language = this.#translator.language.value;
    this.#box.replaceChildren(...EMOJI.map((it, i) => {
      const button = make("button", "", it.emoji);
      button.type = "button";
      button.value = it.emoji;
      button.tabIndex = i === 0 ? 0 : -1;
      nameButton(button, it[language]);
      return button;
    }));
    this.#anchor.setAttribute("aria-expanded", "true");
    this.#box.showModal();
    this.#position((row && !row.contains(anchor) ? row : anchor).getBoundingClientRect());
    this.#focus(0);
  }

  /** @param {MouseEvent} event */
  #click({ target, clientX: x, clientY: y }) {
    if (target instanceof HTMLButtonElement) return this.#pick(target.value);
    const { left, right, top, bottom } = this.#box.getBoundingClientRect();
    // Compare positions: clicks on the backdrop and between the buttons both have the dialog as their target.
    if (x < left || x > right || y < top || y > bottom) this.#box.close();
  }

  #restoreFocus() {
    this.#anchor?.setAttribute("aria-expanded", "false");
    // A message's toolbar is shown only on hover or focus, so the browser may have been unable to return the focus to it.
    // Chromium leaves the focus in the dialog until the next frame.
    const { activeElement, body } = document;
    const isHere = [body, this.#anchor, this.#row].includes(
      /** @type {HTMLElement} */ (activeElement),
    );
    if (!isHere && !this.#box.contains(activeElement)) return;
    // Focusing the message shows its toolbar again, unless the pointer has already moved the toolbar to another one.
    this.#row?.focus({ preventScroll: true });
    if (!this.#row || this.#row.contains(this.#anchor)) {
      this.#anchor?.focus({ preventScroll: true });
    }
  }

  /** @param {string} emoji */
  #pick(emoji) {
    this.#box.close();
    this.#onPick(emoji);
  }

  // The position is known only on opening. The content policy lets scripts set single style properties.
  /** @param {DOMRect} anchor */
  #position(anchor) {
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
