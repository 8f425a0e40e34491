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
  #blocked;
  #stop = () => {};

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client/observable.js").Value<import("../preferences.js").BlockedUsers>} blocked
   */
  constructor(translator, blocked) {
    this.#translator = translator;
    this.#blocked = blocked;
  }

  /** Switches to this room. @param {import("../../client.js").Room | null} room */
  show(room) {
    this.#stop();
    this.#line.textContent = "";
    if (!room) return;
    const draw = () => {
      const members = room.typing.value.filter((it) => !this.#blocked.value.has(it.user));
      const [name = "", other = ""] = members.map((it) => it.name);
      this.#line.replaceChildren(
        ...sentence(this.#translator.typingTemplate(members.length), { name, other }),
      );
    };
    const stops = [room.typing.subscribe(draw), this.#blocked.subscribe(draw)];
    this.#stop = () => stops.forEach((stop) => stop());
  }
}
