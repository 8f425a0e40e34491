// @ts-check
/// <reference lib="dom" />
/**
 * What a member sees whose device was signed out. The device's token stays until the user decides: a link for another device
 * replaces it, and forgetting the account removes it, with everything else that the page has stored for the member.
 * @module
 */

import { kindOf } from "../../client/user_kind.js";
import { find, onClick } from "../base/dom.js";
import { removeStored } from "./sign_out.js";

const SIGNED_OUT = 4508;

/**
 * Shows a bar in place of the connection's status.
 * @param {import("../../client.js").Chat} chat
 * @param {import("../preferences.js").Preferences} preferences
 * @param {import("../i18n/strings.js").Translator} translator
 */
export function showSignedOutBar(chat, preferences, translator) {
  const status = find("status", HTMLElement);
  const bar = find("signed-out-bar", HTMLElement);
  const words = find("signed-out-words", HTMLElement);
  const forget = find("forget-account", HTMLElement);
  status.after(bar);
  let isAsked = false;
  onClick(forget, () => {
    if (isAsked) {
      removeStored();
      return location.reload();
    }
    isAsked = true;
    for (
      const [element, key] of /** @type {const} */ ([[words, "forgetRule"], [forget, "forgetNow"]])
    ) {
      element.dataset["text"] = key;
      element.textContent = translator.text(key);
    }
    forget.classList.replace("plain", "danger");
  });
  chat.state.subscribe((state) => {
    if (state.kind !== "closed" || kindOf(preferences.lastUser ?? "") !== "member") return;
    /** @type {(Error & { closeCode?: number }) | null} */
    const error = state.error;
    if (error?.closeCode !== SIGNED_OUT) return;
    status.hidden = true;
    bar.hidden = false;
  });
}
