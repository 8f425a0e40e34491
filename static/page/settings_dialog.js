// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The dialog of settings. Each choice counts at once; there is nothing to save.
 * @module
 */

import { prepare } from "./dialogs.js";
import { find, onClick } from "./dom.js";
import { askToNotify, canNotify } from "./notify.js";

/** The dialog. */
export class SettingsDialog {
  #dialog = prepare("settings-dialog", () => {});
  #name = find("settings-name", HTMLElement);
  #notifications = find("notifications", HTMLInputElement);
  #error = find("notifications-error", HTMLElement);
  #words;
  #settings;

  /**
   * @param {import("./strings.js").Words} words
   * @param {import("./settings.js").Settings} settings
   * @param {() => void} rename
   */
  constructor(words, settings, rename) {
    this.#words = words;
    this.#settings = settings;
    onClick(find("open-settings", HTMLElement), () => this.#open());
    onClick(find("settings-rename", HTMLElement), rename);
    this.#onChoice("theme", settings.theme, (theme) => {
      settings.theme = theme === "light" || theme === "dark" ? theme : "system";
      dispatchEvent(new CustomEvent("parley-theme", { detail: settings.theme }));
    });
    this.#onChoice("language", words.language.value, (language) => {
      settings.language = language === "zh" ? "zh" : "en";
      words.language.set(settings.language ?? words.language.value);
    });
    this.#notifications.addEventListener("change", () => this.#notify());
  }

  /** Shows one's name beside the button that changes it. @param {string} words */
  showName(words) {
    this.#name.textContent = words;
  }

  #open() {
    this.#notifications.checked = this.#settings.notifies;
    this.#notifications.disabled = !canNotify();
    this.#error.textContent = "";
    this.#dialog.showModal();
  }

  /** @param {string} group @param {string} chosen @param {(value: string) => void} choose */
  #onChoice(group, chosen, choose) {
    for (const radio of find(group, HTMLFieldSetElement).querySelectorAll("input")) {
      radio.checked = radio.value === chosen;
      radio.addEventListener("change", () => choose(radio.value));
    }
  }

  // The browser asks only after a click, and only if it was not asked before.
  async #notify() {
    const isWanted = this.#notifications.checked;
    const isAllowed = isWanted && await askToNotify();
    this.#settings.notifies = this.#notifications.checked = isAllowed;
    this.#error.textContent = isWanted && !isAllowed ? this.#words.say("notificationsDenied") : "";
  }
}
