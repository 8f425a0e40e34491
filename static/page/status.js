// @ts-check
/// <reference lib="dom" />
/**
 * How it stands with the connection, in words that stay until it is good again. What is told to those who listen changes
 * only with the state; the countdown, which changes each second, stands beside it.
 * @module
 */

import { find, onClick } from "./dom.js";

/** @typedef {import("../client/link.js").State} State */

/**
 * What the state is called.
 * @param {import("./strings.js").Words} words
 * @param {State} state
 * @param {boolean} isOnline What the browser says of its network.
 */
export function stateWords(words, state, isOnline) {
  if (state.kind === "online") return words.say("online");
  if (state.kind === "closed") return words.say("ended", { why: closedWords(words, state.error) });
  // Chinese puts no blank between sentences.
  const kept = (words.language.value === "zh" ? "" : " ") + words.say("kept");
  if (!isOnline) return words.say("offline") + kept;
  if (state.kind === "connecting") return words.say("connecting");
  return words.ending(state.code) + kept;
}

/** @param {import("./strings.js").Words} words @param {(Error & { code?: string, closeCode?: number }) | null} error */
function closedWords(words, error) {
  if (error?.closeCode !== undefined) return words.ending(error.closeCode);
  return words.why(error?.code ?? "closed");
}

/** The line below the room's name. */
export class Status {
  #bar = find("status", HTMLElement);
  #line = find("words", HTMLElement);
  #countdown = find("countdown", HTMLElement);
  #retry = find("retry", HTMLButtonElement);
  #reload = find("reload", HTMLButtonElement);
  #words;
  #chat;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;

  /** @param {import("./strings.js").Words} words @param {import("../client.js").Chat} chat */
  constructor(words, chat) {
    this.#words = words;
    this.#chat = chat;
    const draw = () => this.#draw(chat.state.value);
    chat.state.subscribe(draw);
    words.language.subscribe(draw);
    addEventListener("online", draw);
    addEventListener("offline", draw);
    onClick(this.#retry, () => chat.retryNow());
    // What was opened anew has all that is kept: drafts, rooms, and what was not sent.
    onClick(this.#reload, () => location.reload());
  }

  /** @param {State} state */
  #draw(state) {
    const { kind } = state;
    const hadFocus = this.#bar.contains(document.activeElement);
    document.body.dataset.state = kind;
    const words = stateWords(this.#words, state, navigator.onLine);
    if (this.#line.textContent !== words) this.#line.textContent = words;
    this.#bar.classList.toggle("unseen", kind === "online");
    if (kind !== "connecting") this.#bar.classList.remove("fresh");
    // Without a room the library does not reconnect.
    const isDue = kind === "waiting" && state.retryAt < Infinity;
    this.#retry.hidden = this.#countdown.hidden = !isDue;
    this.#reload.hidden = kind !== "closed";
    clearInterval(this.#ticking);
    if (isDue) {
      this.#tick(state.retryAt);
      this.#ticking = setInterval(() => this.#tick(state.retryAt), 250);
    }
    // The button that was pressed is gone, and the focus must not fall out of the page.
    if (hadFocus && this.#retry.hidden) document.getElementById("text")?.focus();
  }

  /** @param {number} retryAt */
  #tick(retryAt) {
    const seconds = Math.ceil((retryAt - Date.now()) / 1000);
    this.#countdown.textContent = seconds > 0
      ? this.#words.say("retryIn", { seconds })
      : this.#words.say("retrying");
  }
}
