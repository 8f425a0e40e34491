// @ts-check
/// <reference lib="dom" />
/**
 * Shows who is typing in the current room. It is not announced: it changes too often.
 * @module
 */

import { find } from "../base/dom.js";
import { sentence } from "../base/elements.js";

/** The line above the message field. */
export class TypingLine {
  #line = find("typing", HTMLElement);
  #translator;
  #stop = () => {};

  /** @param {import("../i18n/strings.js").Translator} translator */
  constructor(translator) {
    this.#translator = translator;
  }

  /** Switches to this room. @param {import("../../client.js").Room | null} room */
  show(room) {
    this.#stop();
    this.#line.textContent = "";
    this.#stop = room?.typing.subscribe((members) => {
      const [name = "", other = ""] = members.map((it) => it.name);
      this.#line.replaceChildren(
        ...sentence(this.#translator.typingTemplate(members.length), { name, other }),
      );
    }) ?? (() => {});
  }
}
