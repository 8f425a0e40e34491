// @ts-check
/// <reference lib="dom" />
/**
 * How it stands with the room that is looked at, where it is not simply joined: on the way, or refused and why; and that what is
 * sent waits for the server's limits. A lost connection is the affair of status.js, so that nothing is said twice.
 * @module
 */

import { find, onClick } from "./dom.js";

/** @typedef {import("../client.js").Room} Room */

/** The line about the room. */
export class RoomStatus {
  #bar = find("room-status", HTMLElement);
  #line = find("room-words", HTMLElement);
  #rename = find("room-rename", HTMLButtonElement);
  #words;
  #chat;
  /** @type {Room | null} */
  #room = null;
  #stop = () => {};

  /**
   * @param {import("./strings.js").Words} words
   * @param {import("../client.js").Chat} chat
   * @param {() => void} rename Lets one choose another name.
   */
  constructor(words, chat, rename) {
    this.#words = words;
    this.#chat = chat;
    onClick(this.#rename, rename);
    chat.state.subscribe(() => this.#draw());
    chat.isSlowed.subscribe(() => this.#draw());
    words.language.subscribe(() => this.#draw());
  }

  /** Follows this room. @param {Room | null} room */
  show(room) {
    this.#stop();
    this.#room = room;
    this.#stop = room?.state.subscribe(() => this.#draw()) ?? (() => {});
    this.#draw();
  }

  #draw() {
    const state = this.#room?.state.value;
    const code = state?.kind === "refused" ? state.error.code : undefined;
    const isJoining = state?.kind === "joining" && this.#chat.state.value.kind === "online";
    const hadFocus = this.#bar.contains(document.activeElement);
    const isSlowed = this.#chat.isSlowed.value && this.#chat.outbox.value.length > 0;
    this.#bar.hidden = !isJoining && !isSlowed && code === undefined;
    this.#bar.classList.toggle("wrong", code !== undefined);
    this.#rename.hidden = code !== "name_taken" && code !== "bad_name";
    this.#line.textContent = this.#sentence(code, isJoining, isSlowed);
    if (hadFocus && this.#rename.hidden) document.getElementById("text")?.focus();
  }

  /** @param {string | undefined} code @param {boolean} isJoining @param {boolean} isSlowed */
  #sentence(code, isJoining, isSlowed) {
    const room = this.#room?.name ?? "";
    if (code === "name_taken") return this.#words.say("roomNameTaken", { room });
    if (code) return this.#words.say("roomRefused", { room, why: this.#words.why(code) });
    if (isJoining) return this.#words.say("roomJoining", { room });
    return isSlowed ? this.#words.say("slowed") : "";
  }
}
