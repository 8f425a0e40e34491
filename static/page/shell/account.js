// @ts-check
/// <reference lib="dom" />
/**
 * The user's own account: the button with the name, and the bar that offers a guest to choose one.
 * @module
 */

import { find, make, onClick } from "../base/dom.js";
import { Value } from "../../client/observable.js";
import { hueOf, initialOf } from "../base/elements.js";

/** Shows the user's name wherever it appears. */
export class Account {
  /** The user's name, as a sentence. */
  ownName = new Value("");
  #button = find("me", HTMLButtonElement);
  #bar = find("guest-bar", HTMLElement);
  #line = find("guest-words", HTMLElement);
  #translator;
  #chat;
  #preferences;

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client.js").Chat} chat
   * @param {import("../preferences.js").Preferences} preferences
   * @param {() => void} rename
   */
  constructor(translator, chat, preferences, rename) {
    this.#translator = translator;
    this.#chat = chat;
    this.#preferences = preferences;
    onClick(this.#button, rename);
    onClick(find("guest-name", HTMLElement), rename);
    onClick(find("guest-dismiss", HTMLElement), () => {
      preferences.dismissedGuest = chat.me.value?.name ?? null;
      this.draw();
    });
    chat.me.subscribe((me) => {
      if (me) preferences.lastName = me.name;
      this.draw();
    });
    translator.language.subscribe(() => this.draw());
  }

  /** Renders it again after a choice has changed. */
  draw() {
    const name = this.#chat.me.value?.name ?? this.#preferences.lastName ?? "";
    const words = name === ""
      ? this.#translator.text("nameless")
      : this.#translator.text("myName", { name });
    const disc = make("span", `face hue-${hueOf(name)}`, initialOf(name) || "?");
    disc.setAttribute("aria-hidden", "true");
    const label = make(
      "span",
      name === "" ? "" : "unseen",
      `${this.#translator.text("nameless")} `,
    );
    this.#button.replaceChildren(disc, label, make("bdi", "", name));
    this.ownName.set(words);
    const isGuest = this.#chat.me.value?.kind === "guest" && this.#preferences.name === null;
    const hadFocus = this.#bar.contains(document.activeElement);
    this.#bar.hidden = !isGuest || this.#preferences.dismissedGuest === name;
    if (hadFocus && this.#bar.hidden) document.getElementById("text")?.focus();
    this.#line.textContent = this.#translator.text("guestBar", { name });
  }
}
