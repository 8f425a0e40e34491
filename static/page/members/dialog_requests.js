// @ts-check
/// <reference lib="dom" />
/**
 * The requests of a dialog. An answer can arrive after the dialog was closed and opened again, perhaps for another room or person:
 * it must not close that, enable its button or show its error there.
 * @module
 */

import { attempt } from "./records.js";

/** Whether the dialog was not opened again since the request. @typedef {() => boolean} IsCurrent */

/** The requests of one dialog. */
export class DialogRequests {
  #dialog;
  #button;
  #error;
  #translator;
  #opening = Symbol();

  /**
   * @param {Pick<HTMLDialogElement, "showModal" | "close">} dialog
   * @param {Pick<HTMLButtonElement, "disabled">} button Makes the request of the form.
   * @param {Pick<HTMLElement, "textContent">} error The line for errors.
   * @param {Pick<import("../i18n/strings.js").Translator, "faultSentence">} translator
   */
  constructor(dialog, button, error, translator) {
    this.#dialog = dialog;
    this.#button = button;
    this.#error = error;
    this.#translator = translator;
  }

  /** Opens the dialog, with nothing left of earlier requests. */
  open() {
    this.#opening = Symbol();
    this.#error.textContent = "";
    this.#button.disabled = false;
    this.#dialog.showModal();
  }

  /**
   * Makes a request, and shows in words why it fails.
   * @param {(isCurrent: IsCurrent) => Promise<void>} request
   * @param {string} [refusal] What `not_allowed` means here, if that is known.
   * @returns {Promise<boolean>} Whether the answer still concerns the dialog.
   */
  async attempt(request, refusal) {
    const opening = this.#opening;
    const isCurrent = () => opening === this.#opening;
    await attempt(this.#error, this.#translator, () => request(isCurrent), refusal, isCurrent);
    return isCurrent();
  }

  /**
   * As `attempt()`, with the button disabled meanwhile.
   * @param {(isCurrent: IsCurrent) => Promise<void>} request
   * @param {string} [refusal]
   */
  async submit(request, refusal) {
    this.#button.disabled = true;
    const isCurrent = await this.attempt(request, refusal);
    if (isCurrent) this.#button.disabled = false;
    return isCurrent;
  }

  /**
   * As `submit()`, and closes the dialog once the request has succeeded.
   * @param {(isCurrent: IsCurrent) => Promise<void>} request
   * @param {string} [refusal]
   * @returns {Promise<boolean>} Whether the request has succeeded.
   */
  async submitAndClose(request, refusal) {
    let isDone = false;
    await this.submit(async (isCurrent) => {
      await request(isCurrent);
      isDone = true;
      if (isCurrent()) this.#dialog.close();
    }, refusal);
    return isDone;
  }
}
