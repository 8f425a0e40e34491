// @ts-check
/// <reference lib="dom" />
/**
 * Confirms that all messages of a room are to be removed.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find } from "../base/dom.js";
import { sentence } from "../base/elements.js";
import { attempt } from "../members/records.js";

/** The dialog. */
export class ClearDialog {
  #dialog = prepareDialog("clear-dialog", () => void this.#submit());
  #title = find("clear-title", HTMLElement);
  #reason = find("clear-reason", HTMLInputElement);
  #error = find("clear-error", HTMLElement);
  #cancel = find("clear-cancel", HTMLElement);
  #button = find("clear-do", HTMLButtonElement);
  #translator;
  #toasts;
  /** @type {import("../../client.js").Room | null} */
  #room = null;

  /** @param {import("../i18n/strings.js").Translator} translator @param {import("../shell/toasts.js").Toasts} toasts */
  constructor(translator, toasts) {
    this.#translator = translator;
    this.#toasts = toasts;
  }

  /** Opens it. @param {import("../../client.js").Room} room */
  open(room) {
    this.#room = room;
    const { clearTitle } = this.#translator.strings;
    this.#title.replaceChildren(
      ...sentence(clearTitle, { room: this.#translator.roomName(room.name) }),
    );
    this.#reason.value = this.#error.textContent = "";
    this.#dialog.showModal();
    this.#cancel.focus();
  }

  async #submit() {
    const room = this.#room;
    if (room === null) return;
    const reason = this.#reason.value.trim();
    this.#button.disabled = true;
    await attempt(this.#error, this.#translator, async () => {
      await room.moderate("clear", reason === "" ? {} : { reason });
      this.#dialog.close();
      this.#toasts.show(
        this.#translator.text("clearDone", { room: this.#translator.roomName(room.name) }),
      );
    });
    this.#button.disabled = false;
  }
}
