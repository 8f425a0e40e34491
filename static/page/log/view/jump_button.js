// @ts-check
/// <reference lib="dom" />
/**
 * The button that jumps to the newest message and counts those that arrived since the reader left the end. Shown while the
 * reader is not at the end.
 * @module
 */
import { withCount } from "../../i18n/log_en.js";

/** The button. */
export class JumpButton {
  #button;

  /**
   * @param {HTMLElement} button
   * @param {() => void} onPress
   */
  constructor(button, onPress) {
    this.#button = button;
    button.classList.add("log-jump");
    button.addEventListener("click", onPress);
  }

  /**
   * Shows or hides the button.
   * @param {boolean} isNeeded
   * @param {number} unseen Number of messages that arrived meanwhile.
   * @param {import("../../i18n/log_en.js").LogStrings} strings
   */
  show(isNeeded, unseen, strings) {
    this.#button.hidden = !isNeeded;
    const words = unseen > 0 ? withCount(strings, "newMessages", unseen) : strings.toLatest;
    // Setting the same text again would change the DOM at each scroll event.
    if (this.#button.textContent !== words) this.#button.textContent = words;
  }
}
