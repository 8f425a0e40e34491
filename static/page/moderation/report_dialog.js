// @ts-check
/// <reference lib="dom" />
/**
 * The dialog in which users report a message to the moderators.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { excerpt } from "../text/excerpt.js";
import { find } from "../base/dom.js";
import { sentence } from "../base/elements.js";
import { DialogRequests } from "../members/dialog_requests.js";

/** @typedef {import("../log/types.js").Message} Message */

/** The dialog. */
export class ReportDialog {
  #dialog = prepareDialog("report-dialog", () => void this.#submit());
  #title = find("report-title", HTMLElement);
  #quote = find("report-quote", HTMLElement);
  #reason = find("report-reason", HTMLInputElement);
  #error = find("report-error", HTMLElement);
  #cancel = find("report-cancel", HTMLElement);
  #button = find("report-do", HTMLButtonElement);
  #requests;
  #translator;
  #toasts;
  /** @type {{ room: import("../../client.js").Room, position: string } | null} */
  #target = null;
  /** @type {HTMLElement | null | undefined} */
  #origin = null;

  /** @param {import("../i18n/strings.js").Translator} translator @param {import("../shell/toasts.js").Toasts} toasts */
  constructor(translator, toasts) {
    this.#requests = new DialogRequests(this.#dialog, this.#button, this.#error, translator);
    this.#translator = translator;
    this.#toasts = toasts;
    this.#dialog.addEventListener("close", () => {
      if (this.#origin?.isConnected) this.#origin.focus({ preventScroll: true });
    });
  }

  /**
   * Opens it.
   * @param {Message} message
   * @param {HTMLElement | null | undefined} row Its element, which gets the focus back.
   * @param {import("../../client.js").Room} room
   */
  open({ position, name, text }, row, room) {
    this.#target = { room, position };
    this.#origin = row;
    this.#title.replaceChildren(...sentence(this.#translator.strings.reportTitle, { name }));
    this.#quote.textContent = excerpt(text, 300);
    this.#reason.value = "";
    this.#requests.open();
    // On a phone, the field would open the keyboard.
    (matchMedia("(pointer: fine)").matches ? this.#reason : this.#cancel).focus();
  }

  async #submit() {
    const target = this.#target;
    if (target === null) return;
    const reason = this.#reason.value.trim();
    const isDone = await this.#requests.submitAndClose(() =>
      target.room.report(target.position, reason === "" ? {} : { reason })
    );
    if (isDone) this.#toasts.show(this.#translator.text("reportDone"));
  }
}
