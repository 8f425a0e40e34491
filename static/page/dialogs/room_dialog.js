// @ts-check
/// <reference lib="dom" />
/**
 * The dialog with the settings of a room. Only what the user has changed is sent: another moderator may change the rest at the
 * same time.
 * @module
 */

import { durationName, localeOf } from "../base/dates.js";
import { prepareDialog } from "../base/dialog.js";
import { find, make, onClick } from "../base/dom.js";
import { mayIn } from "../rooms/room_rights.js";
import { DialogRequests } from "../members/dialog_requests.js";

/** @typedef {import("../../client.js").Room} Room */

/** The intervals of slow mode to choose from, in seconds; 0 for off. */
const INTERVALS = [0, 5, 30, 60, 300, 3_600];
/** How long messages are kept, to choose from, in days; 0 for as long as the service keeps them. */
const KEPT_DAYS = [0, 1, 7, 30, 90, 365];
const DAY_SECONDS = 86_400;

/** The dialog. */
export class RoomDialog {
  #title = find("room-field-title", HTMLInputElement);
  #titleRule = find("room-title-rule", HTMLElement);
  #topic = find("room-field-topic", HTMLInputElement);
  #slow = find("room-field-slow", HTMLSelectElement);
  #keep = find("room-field-keep", HTMLSelectElement);
  #readOnly = find("room-field-read-only", HTMLInputElement);
  #listed = find("room-field-listed", HTMLInputElement);
  #listedBox = find("room-listed", HTMLElement);
  #history = find("room-field-history", HTMLInputElement);
  #historyBox = find("room-history", HTMLElement);
  #archived = find("room-field-archived", HTMLInputElement);
  #removals = find("room-removals", HTMLElement);
  #error = find("room-dialog-error", HTMLElement);
  #save = find("room-save", HTMLButtonElement);
  #dialog = prepareDialog("room-dialog", () => void this.#submit());
  #requests;
  #translator;
  #chat;
  #onSaved;
  /** @type {Room | null} */
  #room = null;
  /** The settings when the dialog was opened. */
  #before = {};

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client.js").Chat} chat
   * @param {() => void} onSaved
   * @param {(room: Room, action: "clear" | "delete") => void} remove Removes all messages, or the room, once the user has confirmed
   *   that.
   */
  constructor(translator, chat, onSaved, remove) {
    this.#requests = new DialogRequests(this.#dialog, this.#save, this.#error, translator);
    this.#translator = translator;
    this.#chat = chat;
    for (const action of /** @type {const} */ (["clear", "delete"])) {
      onClick(find(`room-${action}`, HTMLElement), () => {
        this.#dialog.close();
        if (this.#room) remove(this.#room, action);
      });
    }
    this.#onSaved = onSaved;
  }

  /** Opens it. @param {Room} room */
  open(room) {
    const { title, topic, slowSeconds, keepDays, readOnly, access, history, archived } =
      room.settings.value;
    this.#room = room;
    this.#title.value = title;
    const isPrivate = access === "private";
    this.#titleRule.textContent = isPrivate
      ? this.#translator.text("roomTitleRulePrivate")
      : this.#translator.text("roomTitleRule", { room: room.name });
    this.#topic.value = topic;
    this.#fill(this.#slow, INTERVALS, slowSeconds, { zero: "roomSlowOff", unitSeconds: 1 });
    this.#fill(this.#keep, KEPT_DAYS, keepDays, { zero: "roomKeepAll", unitSeconds: DAY_SECONDS });
    this.#readOnly.checked = readOnly;
    this.#listed.checked = access === "listed";
    // A private room is in no list, and guests cannot list one.
    const isGuest = this.#chat.me.value?.kind === "guest";
    this.#listedBox.hidden = isGuest || (access !== "open" && access !== "listed");
    this.#history.checked = history === "joined";
    this.#historyBox.hidden = !isPrivate;
    this.#archived.checked = archived;
    // The creator of the room may only change its settings.
    this.#removals.hidden = !mayIn(room, "moderate");
    this.#before = this.#chosen();
    this.#requests.open();
  }

  /**
   * Offers durations, and the one that is set.
   * @param {HTMLSelectElement} field @param {readonly number[]} durations @param {number} chosen
   * @param {{zero: import("../i18n/strings.js").Key, unitSeconds: number}} words `zero`: what 0 is called.
   */
  #fill(field, durations, chosen, { zero, unitSeconds }) {
    const locale = localeOf(this.#translator.language.value, navigator.languages);
    const all = [...new Set([...durations, chosen])].sort((one, other) => one - other);
    field.replaceChildren(...all.map((count) => {
      const name = count === 0
        ? this.#translator.text(zero)
        : durationName(count * unitSeconds, locale);
      const option = make("option", "", name);
      option.value = String(count);
      return option;
    }));
    field.value = String(chosen);
  }

  /** @returns {import("../../client/frames.js").SettingsChange} */
  #chosen() {
    return {
      title: this.#title.value.trim(),
      topic: this.#topic.value.trim(),
      slowSeconds: Number(this.#slow.value),
      keepDays: Number(this.#keep.value),
      readOnly: this.#readOnly.checked,
      listed: this.#listed.checked,
      history: this.#history.checked ? "joined" : "all",
      archived: this.#archived.checked,
    };
  }

  async #submit() {
    const room = this.#room;
    const before = new Map(Object.entries(this.#before));
    const changed = Object.entries(this.#chosen()).filter(([key, it]) => before.get(key) !== it);
    if (!room || changed.length === 0) return this.#dialog.close();
    const isDone = await this.#requests.submitAndClose(() =>
      room.configure(Object.fromEntries(changed))
    );
    // The words do not say which room it was.
    if (isDone && room === this.#room) this.#onSaved();
  }
}
