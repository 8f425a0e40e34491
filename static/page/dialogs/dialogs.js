// @ts-check
/// <reference lib="dom" />
/**
 * The two smallest dialogs: to confirm a deletion, and to copy a link.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { excerpt } from "../text/excerpt.js";
import { find, focusField } from "../base/dom.js";
import { sentence } from "../base/elements.js";

/** @typedef {import("../log/types.js").Message} Message */

/** Confirms a deletion, and asks for the reason if the message is another user's. */
export class DeleteDialog {
  #title = find("delete-title", HTMLElement);
  #quote = find("delete-quote", HTMLElement);
  #reasonBox = find("delete-reason-box", HTMLElement);
  #reason = find("delete-reason", HTMLInputElement);
  #cancel = find("delete-cancel", HTMLElement);
  #translator;
  #dialog;
  #onConfirm = () => {};
  /** The message, which gets the focus back if it stays. @type {HTMLElement | null | undefined} */
  #row = null;

  /** @param {import("../i18n/strings.js").Translator} translator */
  constructor(translator) {
    this.#translator = translator;
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
   * @param {Pick<Message, "position" | "user" | "name" | "text">} message The message that would be deleted.
   * @param {HTMLElement | null | undefined} row Its element.
   * @param {string} me The user.
   * @param {import("../../client.js").Room | null} room
   */
  open({ position, user, name, text }, row, me, room) {
    const isOwn = user === me;
    const { deleteTitle, deleteOthersTitle } = this.#translator.strings;
    this.#title.replaceChildren(...sentence(isOwn ? deleteTitle : deleteOthersTitle, { name }));
    this.#quote.textContent = excerpt(text, 300);
    this.#reason.value = "";
    this.#reasonBox.hidden = isOwn;
    this.#onConfirm = () => {
      const reason = this.#reason.value.trim();
      room?.delete(position, reason === "" ? {} : { reason });
    };
    this.#row = row;
    this.#dialog.showModal();
    // On a phone, the field would open the keyboard.
    const hasKeyboard = matchMedia("(pointer: fine)").matches;
    (isOwn || !hasKeyboard ? this.#cancel : this.#reason).focus();
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
