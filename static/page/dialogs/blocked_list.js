// @ts-check
/// <reference lib="dom" />
/**
 * The list of blocked users in the settings, where those can be unblocked who are in no room. It is absent while there are none.
 * @module
 */

import { find, make } from "../base/dom.js";
import { recordRow } from "../members/records.js";
import { setBlocked } from "../rooms/blocking.js";

/**
 * Shows the list, and keeps it up to date.
 * @param {import("../i18n/strings.js").Translator} translator
 * @param {import("../preferences.js").Preferences} preferences
 */
export function showBlockedList(translator, preferences) {
  const section = find("blocked-people", HTMLElement);
  const list = find("blocked", HTMLUListElement);
  const draw = () => {
    const buttons = [...list.querySelectorAll("button")];
    const focused = buttons.findIndex((it) => it === document.activeElement);
    const rows = Array.from(
      preferences.blocked.value,
      ([user, name]) =>
        recordRow([make("bdi", "", name)], "", {
          words: translator.text("unblock"),
          run: () => void setBlocked(preferences, user, null),
        }),
    );
    list.replaceChildren(...rows);
    section.hidden = rows.length === 0;
    if (focused < 0) return;
    // The pressed button is gone.
    const next = rows[Math.min(focused, rows.length - 1)]?.querySelector("button");
    (next ?? find("notifications", HTMLInputElement)).focus();
  };
  preferences.blocked.subscribe(draw);
  translator.language.subscribe(draw);
}
