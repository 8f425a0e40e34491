// @ts-check
/// <reference lib="dom" />
/**
 * What a user sees who is banned from the service: why, and until when. It takes the place of the chat, in which nothing would
 * work.
 * @module
 */

import { endName, localeOf } from "../base/dates.js";
import { find, onClick } from "../base/dom.js";

/**
 * Shows the page once the server says so.
 * @param {import("../../client.js").Chat} chat
 * @param {import("../i18n/strings.js").Translator} translator
 */
export function watchBan(chat, translator) {
  const page = find("ban", HTMLElement);
  const end = find("ban-end", HTMLElement);
  const why = find("ban-why", HTMLElement);
  const reload = find("ban-reload", HTMLElement);
  onClick(reload, () => location.reload());
  const draw = () => {
    const { value: state } = chat.state;
    /** @type {(Error & { code?: string, until?: number, reason?: string }) | null} */
    const error = state.kind === "closed" ? state.error : null;
    if (error?.code !== "banned") return;
    const { until, reason } = error;
    const locale = localeOf(translator.language.value, navigator.languages);
    end.textContent = until === undefined
      ? translator.text("banForever")
      : translator.text("banUntil", { time: endName(until, Date.now(), locale) });
    why.textContent = reason ? translator.text("banReason", { reason }) : "";
    if (!page.hidden) return;
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    page.hidden = false;
    find("frame", HTMLElement).hidden = find("skip", HTMLElement).hidden = true;
    reload.focus();
  };
  chat.state.subscribe(draw);
  translator.language.subscribe(draw);
}
