// @ts-check
/// <reference lib="dom" />
/**
 * The connection status, shown until the connection is good again. The announced text changes
 * only with the state; the countdown, which changes every second, is beside it.
 * @module
 */

import { find, onClick } from "../base/dom.js";

/** @typedef {import("../../client/connection/connection.js").ConnectionState} ConnectionState */

/**
 * The text for a state.
 * @param {import("../i18n/strings.js").Translator} translator
 * @param {ConnectionState} state
 * @param {boolean} isOnline The browser's `navigator.onLine`.
 */
export function stateText(translator, state, isOnline) {
  if (state.kind === "online") return translator.text("online");
  if (state.kind === "closed") {
    return translator.text("ended", { why: closedText(translator, state.error) });
  }
  // Chinese has no space between sentences.
  const kept = (translator.language.value === "zh" ? "" : " ") + translator.text("kept");
  if (!isOnline) return translator.text("offline") + kept;
  if (state.kind === "connecting") return translator.text("connecting");
  return (refusedText(translator, state.error) ?? translator.closeReason(state.code)) + kept;
}

/** @param {import("../i18n/strings.js").Translator} translator @param {import("../../client.js").ChatError | undefined} error */
function refusedText(translator, error) {
  // The close code has the same meaning.
  return error && error.code !== "unavailable" ? translator.faultSentence(error.code) : undefined;
}

/** @param {import("../i18n/strings.js").Translator} translator @param {(Error & { code?: string, closeCode?: number }) | null} error */
function closedText(translator, error) {
  if (error?.closeCode !== undefined) return translator.closeReason(error.closeCode);
  return translator.faultReason(error?.code ?? "closed");
}

/** The line below the room's name. */
export class ConnectionStatus {
  #bar = find("status", HTMLElement);
  #line = find("words", HTMLElement);
  #countdown = find("countdown", HTMLElement);
  #retry = find("retry", HTMLButtonElement);
  #reload = find("reload", HTMLButtonElement);
  #translator;
  #chat;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdownTimer;

  /** @param {import("../i18n/strings.js").Translator} translator @param {import("../../client.js").Chat} chat */
  constructor(translator, chat) {
    this.#translator = translator;
    this.#chat = chat;
    const draw = () => this.#draw(chat.state.value);
    chat.state.subscribe(draw);
    translator.language.subscribe(draw);
    addEventListener("online", draw);
    addEventListener("offline", draw);
    onClick(this.#retry, () => chat.retryNow());
    // A reload restores everything stored: drafts, rooms and unsent messages.
    onClick(this.#reload, () => location.reload());
  }

  /** @param {ConnectionState} state */
  #draw(state) {
    const { kind } = state;
    const hadFocus = this.#bar.contains(document.activeElement);
    document.body.dataset.state = kind;
    const words = stateText(this.#translator, state, navigator.onLine);
    if (this.#line.textContent !== words) this.#line.textContent = words;
    this.#bar.classList.toggle("unseen", kind === "online");
    if (kind !== "connecting") this.#bar.classList.remove("fresh");
    // Without a room the library does not reconnect.
    const isDue = kind === "waiting" && state.retryAt < Infinity;
    this.#retry.hidden = this.#countdown.hidden = !isDue;
    this.#reload.hidden = kind !== "closed";
    clearInterval(this.#countdownTimer);
    if (isDue) {
      this.#tick(state.retryAt);
      this.#countdownTimer = setInterval(() => this.#tick(state.retryAt), 250);
    }
    // The pressed button is gone; keep the focus in the page.
    if (hadFocus && this.#retry.hidden) document.getElementById("text")?.focus();
  }

  /** @param {number} retryAt */
  #tick(retryAt) {
    const seconds = Math.ceil((retryAt - Date.now()) / 1000);
    this.#countdown.textContent = seconds > 0
      ? this.#translator.text("retryIn", { seconds })
      : this.#translator.text("retrying");
  }
}
