// @ts-check
/// <reference lib="dom" />
/**
 * The two smallest dialogs: to confirm a deletion, and to copy a link.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find, focusField } from "../base/dom.js";

/** Confirms a deletion. */
export class DeleteDialog {
  #quote = find("delete-quote", HTMLElement);
  #dialog;
  #onConfirm = () => {};
  /** The message, which gets the focus back if it stays. @type {HTMLElement | null | undefined} */
  #row = null;

  constructor() {
    this.#dialog = prepareDialog("delete-dialog", () => {
      this.#row = null;
      this.#dialog.close();
      this.#onConfirm();
    });
    this.#dialog.addEventListener("close", () => {
      if (this.#row) this.#row.focus({ preventScroll: true });
      else focusField();
    });
  }

  /**
   * Opens it.
   * @param {string} text The message that would be deleted.
   * @param {HTMLElement | null | undefined} row The message's element.
   * @param {() => void} onConfirm
   */
  open(text, row, onConfirm) {
    this.#quote.textContent = text.slice(0, 300);
    this.#onConfirm = onConfirm;
    this.#row = row;
    this.#dialog.showModal();
  }
}

/** Shows a link that could not be copied to the clipboard, to be copied by hand. */
export class LinkDialog {
  #link = find("link", HTMLInputElement);
  #dialog = prepareDialog("link-dialog", () => this.#dialog.close());

  constructor() {
    this.#dialog.addEventListener("close", focusField);
  }

  /** @param {string} link */
  show(link) {
    this.#link.value = link;
    this.#dialog.showModal();
    this.#link.select();
  }
}
