// @ts-check
/// <reference lib="dom" />
/**
 * Oneself on the page: the button with one's name, and the bar that tells a guest that a name can be chosen.
 * @module
 */

import { find, make, onClick } from "./dom.js";
import { hueOf, initialOf } from "./log_dom.js";

/** Shows one's name wherever it stands. */
export class Myself {
  #button = find("me", HTMLButtonElement);
  #bar = find("guest-bar", HTMLElement);
  #line = find("guest-words", HTMLElement);
  #words;
  #chat;
  #settings;
  #settingsDialog;

  /**
   * @param {import("./strings.js").Words} words
   * @param {import("../client.js").Chat} chat
   * @param {import("./settings.js").Settings} settings
   * @param {import("./settings_dialog.js").SettingsDialog} settingsDialog
   * @param {() => void} rename
   */
  constructor(words, chat, settings, settingsDialog, rename) {
    this.#words = words;
    this.#chat = chat;
    this.#settings = settings;
    this.#settingsDialog = settingsDialog;
    onClick(this.#button, rename);
    onClick(find("guest-name", HTMLElement), rename);
    onClick(find("guest-dismiss", HTMLElement), () => {
      settings.contentGuest = chat.me.value?.name ?? null;
      this.draw();
    });
    chat.me.subscribe((me) => {
      if (me) settings.lastName = me.name;
      this.draw();
    });
    words.language.subscribe(() => this.draw());
  }

  /** Draws it anew, where a choice has changed. */
  draw() {
    const name = this.#chat.me.value?.name ?? this.#settings.lastName ?? "";
    const words = name === "" ? this.#words.say("nameless") : this.#words.say("myName", { name });
    const disc = make("span", `face hue-${hueOf(name)}`, initialOf(name) || "?");
    disc.setAttribute("aria-hidden", "true");
    const label = make("span", name === "" ? "" : "unseen", `${this.#words.say("nameless")} `);
    this.#button.replaceChildren(disc, label, make("bdi", "", name));
    this.#settingsDialog.showName(words);
    const isGuest = this.#chat.me.value !== null && this.#settings.name === null;
    const hadFocus = this.#bar.contains(document.activeElement);
    this.#bar.hidden = !isGuest || this.#settings.contentGuest === name;
    if (hadFocus && this.#bar.hidden) document.getElementById("text")?.focus();
    this.#line.textContent = this.#words.say("guestBar", { name });
  }
}
