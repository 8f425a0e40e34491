// @ts-check
/// <reference lib="dom" />
/**
 * Short words about what was just done or could not be done. They go by themselves after a while that grows with
 * their length, and never while one points at them; what they offer to do can be done elsewhere too.
 * @module
 */

import { find, make, nameButton, onClick } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN_MS = 5_000;
const OFFER_MS = 8_000;
const MS_PER_CHARACTER = 60;
const MAX_TOASTS = 3;

/** Where they stand. */
export class Toasts {
  #place = find("toasts", HTMLElement);
  #words;

  /** @param {import("./strings.js").Words} words */
  constructor(words) {
    this.#words = words;
  }

  /**
   * Says something.
   * @param {string} words
   * @param {{ words: string, deed: () => void }} [offer]
   */
  tell(words, offer) {
    const toast = make("div", "toast", make("span", "", words));
    if (offer) {
      const button = make("button", "plain", offer.words);
      button.type = "button";
      onClick(button, () => {
        toast.remove();
        offer.deed();
      });
      toast.append(button);
    }
    const goes = () => {
      if (toast.matches(":hover, :focus-within")) setTimeout(goes, 1_000);
      else toast.remove();
    };
    setTimeout(goes, SHOWN_MS + words.length * MS_PER_CHARACTER + (offer ? OFFER_MS : 0));
    const close = make("button", "icon-button", icon("close"));
    close.type = "button";
    nameButton(close, this.#words.say("dismiss"));
    onClick(close, () => toast.remove());
    toast.append(close);
    this.#place.append(toast);
    while (this.#place.childElementCount > MAX_TOASTS) this.#place.firstElementChild?.remove();
  }
}
