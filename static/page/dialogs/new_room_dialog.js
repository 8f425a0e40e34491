// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The dialog that creates a room: a private one, or one that all users can find. Guests create no private rooms.
 * @module
 */

import { roomName } from "../../client/room/room_name.js";
import { prepareDialog } from "../base/dialog.js";
import { find, showError } from "../base/dom.js";
import { DialogRequests } from "../members/dialog_requests.js";

/** @typedef {import("../../client/room_types.js").NewRoom} NewRoom */
/** @typedef {import("../../client/room_types.js").RoomSummary} RoomSummary */

/** The dialog. */
export class NewRoomDialog {
  #dialog = prepareDialog("new-room-dialog", () => void this.#submit());
  #kinds = find("new-room-kinds", HTMLElement);
  #nameBox = find("new-room-name-box", HTMLElement);
  #name = find("new-room-name", HTMLInputElement);
  #title = find("new-room-field-title", HTMLInputElement);
  #topic = find("new-room-topic", HTMLInputElement);
  #historyBox = find("new-room-history-box", HTMLElement);
  #history = find("new-room-history", HTMLInputElement);
  #error = find("new-room-error", HTMLElement);
  #button = find("new-room-create", HTMLButtonElement);
  #requests;
  #translator;
  #chat;
  #onCreated;

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client.js").Chat} chat
   * @param {(room: RoomSummary) => void} onCreated
   */
  constructor(translator, chat, onCreated) {
    this.#requests = new DialogRequests(this.#dialog, this.#button, this.#error, translator);
    this.#translator = translator;
    this.#chat = chat;
    this.#onCreated = onCreated;
    this.#kinds.addEventListener("change", () => this.#adapt());
    this.#name.addEventListener("input", () => this.#say(""));
  }

  /** Opens it with empty fields. */
  open() {
    const isGuest = (this.#chat.me.value?.kind ?? "guest") === "guest";
    // Guests can create open rooms only.
    this.#kinds.hidden = isGuest;
    for (const it of this.#kinds.querySelectorAll("input")) {
      it.checked = it.value === (isGuest ? "open" : "private");
    }
    this.#name.value = this.#title.value = this.#topic.value = "";
    this.#history.checked = false;
    this.#adapt();
    this.#requests.open();
    (isGuest ? this.#name : this.#title).focus();
  }

  /** @returns {NewRoom["kind"]} */
  get #kind() {
    const chosen = this.#kinds.querySelector("input:checked")?.getAttribute("value");
    return chosen === "private" || chosen === "listed" ? chosen : "open";
  }

  /** Offers what fits the kind. */
  #adapt() {
    const isPrivate = this.#kind === "private";
    this.#nameBox.hidden = isPrivate;
    this.#historyBox.hidden = !isPrivate;
    this.#say("");
  }

  /** @param {string} words What is wrong with the name. */
  #say(words) {
    showError(this.#name, this.#error, words);
  }

  /** @returns {NewRoom | null} Null if the name is not valid. */
  get #terms() {
    const kind = this.#kind;
    const [title, topic] = [this.#title.value.trim(), this.#topic.value.trim()];
    const about = { ...(title && { title }), ...(topic && { topic }) };
    if (kind === "private") {
      return { kind, ...about, ...(this.#history.checked && { history: "joined" }) };
    }
    const room = roomName(this.#name.value.trim().replace(/^#/, ""));
    return room === null ? null : { kind, room, ...about };
  }

  async #submit() {
    const terms = this.#terms;
    if (terms === null) {
      this.#say(this.#translator.faultSentence("bad_room"));
      return this.#name.focus();
    }
    /** @type {RoomSummary | null} */
    let room = null;
    await this.#requests.submitAndClose(async () => {
      room = await this.#chat.createRoom(terms);
    });
    if (room) this.#onCreated(room);
  }
}
