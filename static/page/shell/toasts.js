// @ts-check
/// <reference lib="dom" />
/**
 * Short messages about what was just done or has failed. They disappear after a time that grows with
 * their length, but not while the pointer is on them; whatever they offer can be done elsewhere too.
 * @module
 */

import { find, focusField, make, nameButton, onClick } from "../base/dom.js";
import { icon } from "../base/icons.js";

const SHOWN_MS = 5_000;
const OFFER_MS = 8_000;
const MS_PER_CHARACTER = 60;
const MAX_TOASTS = 3;

/** The container. */
export class Toasts {
  #container = find("toasts", HTMLElement);
  #translator;

  /** @param {import("../i18n/strings.js").Translator} translator */
  constructor(translator) {
    this.#translator = translator;
  }

  /**
   * Shows a toast.
   * @param {string} words
   * @param {{ words: string, run: () => void }} [offer]
   */
  show(words, offer) {
    const toast = make("div", "toast", make("span", "", words));
    if (offer) {
      const button = make("button", "plain", offer.words);
      button.type = "button";
      onClick(button, () => {
        toast.remove();
        offer.run();
      });
      toast.append(button);
    }
    const removeUnlessHovered = () => {
      if (toast.matches(":hover, :focus-within")) setTimeout(removeUnlessHovered, 1_000);
      else toast.remove();
    };
    setTimeout(
      removeUnlessHovered,
      SHOWN_MS + words.length * MS_PER_CHARACTER + (offer ? OFFER_MS : 0),
    );
    const close = make("button", "icon-button", icon("close"));
    close.type = "button";
    nameButton(close, this.#translator.text("dismiss"));
    onClick(close, () => {
      toast.remove();
      focusField();
    });
    toast.append(close);
    // The same text replaces the earlier toast.
    for (const it of [...this.#container.children]) {
      if (it.firstChild?.textContent === words) it.remove();
    }
    this.#container.append(toast);
    while (this.#container.childElementCount > MAX_TOASTS) {
      this.#container.firstElementChild?.remove();
    }
  }
}
