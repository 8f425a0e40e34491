// @ts-check
/// <reference lib="dom" />
/**
 * Confirms that all messages of a room are to be removed, or the room itself.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find } from "../base/dom.js";
import { sentence } from "../base/elements.js";
import { DialogRequests } from "../members/dialog_requests.js";

/** The words for each action. */
const WORDS = /** @type {const} */ ({
  clear: { title: "clearTitle", text: "clearText", button: "clear", done: "clearDone" },
  delete: {
    title: "deleteRoomTitle",
    text: "deleteRoomText",
    button: "delete",
    done: "deleteRoomDone",
  },
});

/** What is to be removed. @typedef {keyof typeof WORDS} RoomRemoval */

/** The dialog. */
export class ClearDialog {
  #dialog = prepareDialog("clear-dialog", () => void this.#submit());
  #title = find("clear-title", HTMLElement);
  #text = find("clear-text", HTMLElement);
  #reason = find("clear-reason", HTMLInputElement);
  #error = find("clear-error", HTMLElement);
  #cancel = find("clear-cancel", HTMLElement);
  #button = find("clear-do", HTMLButtonElement);
  #requests;
  #translator;
  #toasts;
  /** @type {import("../../client.js").Room | null} */
  #room = null;
  /** @type {RoomRemoval} */
  #action = "clear";

  /** @param {import("../i18n/strings.js").Translator} translator @param {import("../shell/toasts.js").Toasts} toasts */
  constructor(translator, toasts) {
    this.#requests = new DialogRequests(this.#dialog, this.#button, this.#error, translator);
    this.#translator = translator;
    this.#toasts = toasts;
  }

  /** Opens it. @param {import("../../client.js").Room} room @param {RoomRemoval} action */
  open(room, action) {
    this.#room = room;
    this.#action = action;
    const { strings } = this.#translator;
    const { title, text, button } = WORDS[action];
    this.#title.replaceChildren(
      ...sentence(strings[title], { room: this.#translator.roomName(room.name) }),
    );
    this.#text.textContent = strings[text];
    this.#button.textContent = strings[button];
    this.#reason.value = "";
    this.#requests.open();
    this.#cancel.focus();
  }

  async #submit() {
    const [room, action] = [this.#room, this.#action];
    if (room === null) return;
    const reason = this.#reason.value.trim();
    // The title may be gone afterwards.
    const name = this.#translator.roomName(room.name);
    const isDone = await this.#requests.submitAndClose(() =>
      room.moderate(action, reason === "" ? {} : { reason })
    );
    if (isDone) this.#toasts.show(this.#translator.text(WORDS[action].done, { room: name }));
  }
}
