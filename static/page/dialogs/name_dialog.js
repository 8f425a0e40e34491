// @ts-check
/// <reference lib="dom" />
/**
 * The dialog to choose a name. The server decides which names are valid and free. The dialog can be submitted again before the
 * server has answered: the name confirmed last counts.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find, showError } from "../base/dom.js";
import { lastWins } from "../base/last_wins.js";

/** The dialog. */
export class NameDialog {
  #field = find("name", HTMLInputElement);
  #error = find("name-error", HTMLElement);
  #rule = find("name-rule", HTMLElement);
  #dialog = prepareDialog("name-dialog", () => this.#submit());
  #translator;
  #chat;
  #onSaved;
  /** Number of openings: an answer applies only to the opening in which the name was submitted. */
  #openings = 0;
  #save = lastWins((/** @type {string} */ name, isLast) => this.#rename(name, isLast));

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client.js").Chat} chat
   * @param {(name: string) => void} onSaved Called with the user's new name.
   */
  constructor(translator, chat, onSaved) {
    this.#translator = translator;
    this.#chat = chat;
    this.#onSaved = onSaved;
  }

  /** Opens the dialog. @param {string} name The initial value of the field. */
  open(name) {
    this.#field.value = name;
    this.#showError("");
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#openings += 1;
    this.#field.select();
  }

  #submit() {
    if (this.#name === "") return this.#showError(this.#translator.faultSentence("bad_name"));
    this.#showError("");
    this.#save(this.#name);
  }

  get #name() {
    return this.#field.value.trim();
  }

  /** @param {string} name @param {() => boolean} isLast Whether no other name was confirmed meanwhile. */
  async #rename(name, isLast) {
    const opening = this.#openings;
    try {
      await this.#chat.rename(name);
      // If the field was changed meanwhile, the dialog stays open.
      if (isLast() && opening === this.#openings && name === this.#name) this.#dialog.close();
      this.#onSaved(this.#chat.me.value?.name ?? name);
    } catch (error) {
      if (!isLast() || opening !== this.#openings) return;
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      this.#showError(this.#translator.faultSentence(code));
    }
  }

  /** @param {string} words */
  #showError(words) {
    showError(this.#field, this.#error, words);
    // The error repeats the rule; screen readers would read both.
    this.#rule.textContent = words === "" ? this.#translator.text("nameRule") : "";
    if (words !== "") this.#field.focus();
  }
}
