// @ts-check
/// <reference lib="dom" />
/**
 * What all dialogs of the page have in common, and the two smallest of them. They are the browser's own, so that focus and
 * Esc are its affair; their forms go nowhere.
 * @module
 */

import { find, onClick, onSubmit } from "./dom.js";

/**
 * Prepares a dialog, once.
 * @param {string} id
 * @param {() => void} submit What its form is for.
 * @returns {HTMLDialogElement}
 */
export function prepare(id, submit) {
  const dialog = find(id, HTMLDialogElement);
  const form = dialog.querySelector("form");
  if (form) onSubmit(form, submit);
  for (const button of dialog.querySelectorAll("[data-close]")) {
    if (button instanceof HTMLElement) onClick(button, () => dialog.close());
  }
  // The dialog itself is hit only beside its form, which fills it.
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    // What opened it may be gone by now, as the bar that offered a name to a guest. Chromium leaves the focus in the dialog
    // then, until the next picture is drawn.
    const { activeElement, body } = document;
    if (activeElement !== body && !dialog.contains(activeElement)) return;
    document.getElementById("text")?.focus();
  });
  return dialog;
}

/** Asks before something is deleted. */
export class DeleteDialog {
  #quote = find("delete-quote", HTMLElement);
  #dialog;
  #deed = () => {};
  /** The message whose tools it was opened from: they are gone when they lose the focus. @type {HTMLElement | null} */
  #row = null;

  constructor() {
    this.#dialog = prepare("delete-dialog", () => {
      this.#dialog.close();
      this.#deed();
    });
    this.#dialog.addEventListener("close", () => this.#row?.focus({ preventScroll: true }));
  }

  /** @param {string} text What would go. @param {() => void} deed */
  ask(text, deed) {
    this.#quote.textContent = text.slice(0, 300);
    this.#deed = deed;
    this.#row = document.activeElement?.closest("article") ?? null;
    this.#dialog.showModal();
  }
}

/** Gives a link away: to the clipboard, or where that is refused, to be copied by hand. */
export class LinkDialog {
  #link = find("link", HTMLInputElement);
  #dialog = prepare("link-dialog", () => this.#dialog.close());

  /** @param {string} link @returns {Promise<boolean>} Whether it is in the clipboard. */
  async copy(link) {
    try {
      // Missing outside of secure contexts, as on another machine's plain http.
      await navigator.clipboard.writeText(link);
      return true;
    } catch {
      this.#link.value = link;
      this.#dialog.showModal();
      this.#link.select();
      return false;
    }
  }
}
