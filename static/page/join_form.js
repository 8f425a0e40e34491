// @ts-check
/// <reference lib="dom" />
/**
 * The field by which one joins a room, or finds one that one is in.
 * @module
 */

import { find, onSubmit, showError } from "./dom.js";
import { ROOM } from "./settings.js";

/** The field, with its own line for what is wrong. */
export class JoinForm {
  #field = find("join-room", HTMLInputElement);
  #error = find("join-error", HTMLElement);

  /**
   * @param {import("./strings.js").Words} words
   * @param {import("./rooms.js").Rooms} rooms
   * @param {(room: string) => void} go
   */
  constructor(words, rooms, go) {
    const complain = (/** @type {string} */ line) => showError(this.#field, this.#error, line);
    onSubmit(find("join-form", HTMLFormElement), () => {
      const name = this.#field.value.trim().replace(/^#/, "");
      const isThere = rooms.all.some((room) => room.name === name);
      if (name === "") return this.focus();
      if (!ROOM.test(name)) return complain(words.fault("bad_room"));
      if (!isThere && rooms.isFull) {
        return complain(words.say("roomsFull", { count: rooms.all.length }));
      }
      complain("");
      this.#field.value = "";
      go(name);
    });
    this.#field.addEventListener("input", () => complain(""));
  }

  /** Goes to the field. */
  focus() {
    this.#field.select();
    this.#field.focus();
  }
}
