// @ts-check
/// <reference lib="dom" />
/**
 * Detects that the server serves another version of the page, and offers to reload. A hidden page
 * without unsaved text reloads by itself, once per version: behind a proxy there can be
 * servers of two versions, and each reload may lead to the other one.
 * @module
 */

import { find, onClick } from "../base/dom.js";
import { onHiddenChange } from "../base/user_presence.js";

/**
 * Decides what to do about a new version.
 * @typedef {object} UpgradeState
 * @property {string} own The version of this page; empty if unknown.
 * @property {string | undefined} served The version that the server serves now, if it states one.
 * @property {boolean} isFree Whether a reload would go unnoticed and lose nothing.
 * @property {boolean} wasReloaded Whether this tab was already reloaded for that version.
 * @property {boolean} wasDismissed Whether the user dismissed the offer.
 */

/** @param {UpgradeState} situation @returns {"nothing" | "offer" | "reload"} */
export function nextUpgradeStep({ own, served, isFree, wasReloaded, wasDismissed }) {
  if (own === "" || !served || served === own) return "nothing";
  if (isFree && !wasReloaded) return "reload";
  return wasDismissed ? "nothing" : "offer";
}

/** The browser's session storage, or undefined. @returns {Storage | undefined} */
function tabStorage() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

/** The bar that offers the reload. */
export class UpgradeBar {
  #bar = find("upgrade", HTMLElement);
  #line = find("upgrade-words", HTMLElement);
  #own = document.querySelector("[name=build]")?.getAttribute("content") ?? "";
  #translator;
  #chat;
  #tabStorage = tabStorage();
  #isFree;
  #dismissed = "";

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client.js").Chat} chat
   * @param {() => boolean} isFree
   */
  constructor(translator, chat, isFree) {
    this.#translator = translator;
    this.#chat = chat;
    this.#isFree = isFree;
    const draw = () => this.#draw();
    chat.server.subscribe(draw);
    chat.outbox.subscribe(draw);
    translator.language.subscribe(draw);
    onHiddenChange(draw);
    onClick(find("upgrade-reload", HTMLElement), () => location.reload());
    onClick(find("upgrade-dismiss", HTMLElement), () => {
      this.#dismissed = this.#served ?? "";
      draw();
    });
  }

  get #served() {
    return this.#chat.server.value?.page;
  }

  #draw() {
    const served = this.#served;
    const step = nextUpgradeStep({
      ...{ own: this.#own, served, isFree: this.#isFree() },
      wasReloaded: this.#reloads.includes(served ?? ""),
      wasDismissed: this.#dismissed === served,
    });
    if (step === "reload" && this.#recordReload(served ?? "")) return location.reload();
    const hadFocus = this.#bar.contains(document.activeElement);
    this.#bar.hidden = step === "nothing";
    this.#line.textContent = step === "nothing" ? "" : this.#translator.text("newVersion");
    if (hadFocus && this.#bar.hidden) document.getElementById("text")?.focus();
  }

  /** The versions for which this tab was reloaded. */
  get #reloads() {
    return (this.#tabStorage?.getItem(this.#key) ?? "").split(" ");
  }

  /** Records that the page is reloaded for this version. @param {string} served @returns {boolean} False if it cannot be stored. */
  #recordReload(served) {
    try {
      this.#tabStorage?.setItem(this.#key, [...this.#reloads, served].join(" "));
    } catch {
      // The storage is full.
    }
    return this.#reloads.includes(served);
  }

  get #key() {
    return `parley-page ${new URL(".", location.href).pathname} reloads`;
  }
}
