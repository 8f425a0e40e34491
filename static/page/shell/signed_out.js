// @ts-check
/// <reference lib="dom" />
/**
 * What a member sees whose device was signed out. The device's token stays until the user decides: a link for another device
 * replaces it, and going on as a guest removes it, with everything else that the page has stored for the member.
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
 */
export function showSignedOutBar(chat, preferences) {
  const status = find("status", HTMLElement);
  const bar = find("signed-out-bar", HTMLElement);
  status.after(bar);
  onClick(find("continue-as-guest", HTMLElement), () => {
    removeStored();
    location.reload();
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
