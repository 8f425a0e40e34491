// @ts-check
/// <reference lib="dom" />
/**
 * Who is writing in the room that is looked at. It is not read aloud: it comes and goes too often for that.
 * @module
 */

import { find } from "./dom.js";
import { sentence } from "./log_dom.js";

/** The line above the message field. */
export class TypingLine {
  #line = find("typing", HTMLElement);
  #words;
  #stop = () => {};

  /** @param {import("./strings.js").Words} words */
  constructor(words) {
    this.#words = words;
  }

  /** Follows this room. @param {import("../client.js").Room | null} room */
  show(room) {
    this.#stop();
    this.#line.textContent = "";
    this.#stop = room?.typing.subscribe((members) => {
      const [name = "", other = ""] = members.map((it) => it.name);
      this.#line.replaceChildren(...sentence(this.#words.typing(members.length), { name, other }));
    }) ?? (() => {});
  }
}
