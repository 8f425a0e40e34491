// @ts-check
/// <reference lib="dom" />
/**
 * Choosing a name. The server decides which ones are good and free; without a connection the choice is kept, and asked for
 * with the next one.
 * @module
 */

import { prepare } from "./dialogs.js";
import { find, showError } from "./dom.js";

/** The dialog. */
export class NameDialog {
  #field = find("name", HTMLInputElement);
  #error = find("name-error", HTMLElement);
  #rule = find("name-rule", HTMLElement);
  #dialog = prepare("name-dialog", () => this.#save());
  #words;
  #chat;
  #saved;
  #isSaving = false;

  /**
   * @param {import("./strings.js").Words} words
   * @param {import("../client.js").Chat} chat
   * @param {(name: string) => void} saved Is told the name that one has now.
   */
  constructor(words, chat, saved) {
    this.#words = words;
    this.#chat = chat;
    this.#saved = saved;
  }

  /** Opens it. @param {string} name What stands in it at first. */
  open(name) {
    this.#field.value = name;
    this.#complain("");
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#field.select();
  }

  async #save() {
    const name = this.#field.value.trim();
    if (name === "") return this.#complain(this.#words.fault("bad_name"));
    if (this.#isSaving) return;
    this.#isSaving = true;
    try {
      await this.#chat.rename(name);
      this.#dialog.close();
      this.#saved(this.#chat.me.value?.name ?? name);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      this.#complain(this.#words.fault(code));
    } finally {
      this.#isSaving = false;
    }
  }

  /** @param {string} words */
  #complain(words) {
    showError(this.#field, this.#error, words);
    // What is wrong says the rule again, and both would be read aloud.
    this.#rule.textContent = words === "" ? this.#words.say("nameRule") : "";
    if (words !== "") this.#field.focus();
  }
}
