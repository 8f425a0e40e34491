// @ts-check
/// <reference lib="dom" />
/**
 * The button that leads to the newest message, and says how many have come since one has left the end. It is there for
 * whoever is not at the end.
 * @module
 */
import { counted } from "./log_strings.js";

/** The button. */
export class Jump {
  #button;

  /**
   * @param {HTMLElement} button
   * @param {() => void} pressed
   */
  constructor(button, pressed) {
    this.#button = button;
    button.classList.add("log-jump");
    button.addEventListener("click", pressed);
  }

  /**
   * Shows it, or not.
   * @param {boolean} isNeeded
   * @param {number} unseen Messages that have come meanwhile.
   * @param {import("./log_strings.js").LogStrings} strings
   */
  show(isNeeded, unseen, strings) {
    this.#button.hidden = !isNeeded;
    const words = unseen > 0 ? counted(strings, "newMessages", unseen) : strings.toLatest;
    // The same words again would be a change of the page with each step of the reader.
    if (this.#button.textContent !== words) this.#button.textContent = words;
  }
}
