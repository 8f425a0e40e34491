// @ts-check
/// <reference lib="dom" />
/**
 * The dialog with the settings of a room. Only what the user has changed is sent: another moderator may change the rest at the
 * same time.
 * @module
 */

import { durationName, localeOf } from "../base/dates.js";
import { prepareDialog } from "../base/dialog.js";
import { find, make } from "../base/dom.js";
import { errorText } from "../members/records.js";

/** @typedef {import("../../client.js").Room} Room */

/** The intervals of slow mode to choose from, in seconds; 0 for off. */
const INTERVALS = [0, 5, 30, 60, 300, 3_600];

/** The dialog. */
export class RoomDialog {
  #title = find("room-field-title", HTMLInputElement);
  #titleRule = find("room-title-rule", HTMLElement);
  #topic = find("room-field-topic", HTMLInputElement);
  #slow = find("room-field-slow", HTMLSelectElement);
  #readOnly = find("room-field-read-only", HTMLInputElement);
  #listed = find("room-field-listed", HTMLInputElement);
  #listedBox = find("room-listed", HTMLElement);
  #archived = find("room-field-archived", HTMLInputElement);
  #error = find("room-dialog-error", HTMLElement);
  #save = find("room-save", HTMLButtonElement);
  #dialog = prepareDialog("room-dialog", () => void this.#submit());
  #translator;
  #onSaved;
  /** @type {Room | null} */
  #room = null;
  /** The settings when the dialog was opened. */
  #before = {};

  /** @param {import("../i18n/strings.js").Translator} translator @param {() => void} onSaved */
  constructor(translator, onSaved) {
    this.#translator = translator;
    this.#onSaved = onSaved;
  }

  /** Opens it. @param {Room} room */
  open(room) {
    const { title, topic, slowSeconds, readOnly, access, archived } = room.settings.value;
    this.#room = room;
    this.#title.value = title;
    this.#titleRule.textContent = this.#translator.text("roomTitleRule", { room: room.name });
    this.#topic.value = topic;
    this.#fillIntervals(slowSeconds);
    this.#readOnly.checked = readOnly;
    this.#listed.checked = access === "listed";
    // A private room is in no list.
    this.#listedBox.hidden = access !== "open" && access !== "listed";
    this.#archived.checked = archived;
    this.#error.textContent = "";
    this.#save.disabled = false;
    this.#before = this.#chosen();
    this.#dialog.showModal();
  }

  /** @param {number} chosen */
  #fillIntervals(chosen) {
    const locale = localeOf(this.#translator.language.value, navigator.languages);
    const all = [...new Set([...INTERVALS, chosen])].sort((one, other) => one - other);
    this.#slow.replaceChildren(...all.map((seconds) => {
      const option = make(
        "option",
        "",
        seconds === 0 ? this.#translator.text("roomSlowOff") : durationName(seconds, locale),
      );
      option.value = String(seconds);
      return option;
    }));
    this.#slow.value = String(chosen);
  }

  /** @returns {import("../../client/frames.js").SettingsChange} */
  #chosen() {
    return {
      title: this.#title.value.trim(),
      topic: this.#topic.value.trim(),
      slowSeconds: Number(this.#slow.value),
      readOnly: this.#readOnly.checked,
      listed: this.#listed.checked,
      archived: this.#archived.checked,
    };
  }

  async #submit() {
    const room = this.#room;
    const before = new Map(Object.entries(this.#before));
    const changed = Object.entries(this.#chosen()).filter(([key, it]) => before.get(key) !== it);
    if (!room || changed.length === 0) return this.#dialog.close();
    this.#save.disabled = true;
    this.#error.textContent = "";
    try {
      await room.configure(Object.fromEntries(changed));
      if (room !== this.#room) return;
      this.#dialog.close();
      this.#onSaved();
    } catch (error) {
      if (room !== this.#room) return;
      this.#error.textContent = errorText(error, this.#translator);
    } finally {
      this.#save.disabled = false;
    }
  }
}
