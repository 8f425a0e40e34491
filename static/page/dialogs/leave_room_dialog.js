// @ts-check
/// <reference lib="dom" />
/**
 * Confirms that the user wants to leave a private or direct room, which cannot be undone by joining again, or any room in which
 * something is not sent yet.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find } from "../base/dom.js";
import { sentence } from "../base/elements.js";
import { kindOfRoom } from "../base/room_kinds.js";
import { DialogRequests } from "../members/dialog_requests.js";

/** @typedef {import("../../client.js").Room} Room */

/** The dialog. */
export class LeaveRoomDialog {
  #dialog = prepareDialog("leave-dialog", () => void this.#submit());
  #title = find("leave-title", HTMLElement);
  #text = find("leave-text", HTMLElement);
  #unsent = find("leave-unsent", HTMLElement);
  #error = find("leave-error", HTMLElement);
  #cancel = find("leave-cancel", HTMLElement);
  #button = find("leave-do", HTMLButtonElement);
  #requests;
  #translator;
  #rooms;
  #leave;
  /** @type {Room | null} */
  #room = null;

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {Pick<import("../rooms/rooms.js").Rooms, "hasUnsent">} rooms
   * @param {(room: Room) => Promise<void>} leave Discards what is not sent. Rejects with a ChatError.
   */
  constructor(translator, rooms, leave) {
    this.#requests = new DialogRequests(this.#dialog, this.#button, this.#error, translator);
    this.#translator = translator;
    this.#rooms = rooms;
    this.#leave = leave;
  }

  /** Opens it. @param {Room} room */
  open(room) {
    const { strings } = this.#translator;
    const kind = kindOfRoom(room.name);
    const isDirect = kind === "direct";
    const names = { room: this.#translator.roomName(room.name) };
    const title = isDirect ? strings.leaveDirectTitle : strings.leavePrivateTitle;
    const text = isDirect ? strings.leaveDirectText : strings.leavePrivateText;
    this.#room = room;
    this.#title.replaceChildren(...sentence(title, names));
    this.#text.replaceChildren(...sentence(text, names));
    this.#text.hidden = kind === "open";
    this.#unsent.hidden = !this.#rooms.hasUnsent(room);
    this.#requests.open();
    this.#cancel.focus();
  }

  async #submit() {
    const room = this.#room;
    if (room) await this.#requests.submitAndClose(() => this.#leave(room));
  }
}
