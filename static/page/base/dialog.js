// @ts-check
/// <reference lib="dom" />
/**
 * The common behavior of the page's dialogs. They are native dialogs, so that the browser handles focus and Esc.
 * @module
 */

import { find, focusField, onClick, onSubmit } from "./dom.js";

/** Finds the element that gets the focus back when a dialog closes. @typedef {() => HTMLElement | null | undefined} Origin */

/**
 * Prepares a dialog, once.
 * @param {string} id
 * @param {() => void} submit Called when its form is submitted.
 * @returns {HTMLDialogElement}
 */
export function prepareDialog(id, submit) {
  const dialog = find(id, HTMLDialogElement);
  const form = dialog.querySelector("form");
  if (form) onSubmit(form, submit);
  for (const button of dialog.querySelectorAll("[data-close]")) {
    if (button instanceof HTMLElement) onClick(button, () => dialog.close());
  }
  // The form fills the dialog, so only a click on the backdrop has the dialog as its target.
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    // The element that opened the dialog may be gone, such as the bar that offers a name to a guest. Chromium then leaves the
    // focus in the dialog until the next frame.
    const { activeElement, body } = document;
    if (activeElement !== body && !dialog.contains(activeElement)) return;
    focusField();
  });
  return dialog;
}
