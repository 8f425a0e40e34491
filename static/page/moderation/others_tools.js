// @ts-check
/**
 * What the user may do with messages and with other people in the current room.
 * @module
 */

import { kindOf } from "../../client/user_kind.js";
import { mayIn, silenceOf } from "../rooms/room_rights.js";
import { isBelow, isIn, roleIn } from "./ranks.js";

/** The tools. */
export class OthersTools {
  #chat;
  #rooms;

  /** @param {import("../../client.js").Chat} chat @param {Pick<import("../rooms/rooms.js").Rooms, "active" | "all">} rooms */
  constructor(chat, rooms) {
    this.#chat = chat;
    this.#rooms = rooms;
  }

  /** @param {string} author */
  forMessageOf(author) {
    const isModerator = this.#isModerator;
    const isRead = this.#chat.server.value?.moderated ?? false;
    const room = this.#rooms.active.value;
    const silence = room && silenceOf(room);
    const reactsStill = silence?.kind === "readOnly" ||
      (silence?.kind === "noRight" && mayIn(room, "react"));
    return {
      speak: silence === null,
      react: silence === null || reactsStill,
      delete: isModerator,
      moderate: this.mayModerate(author),
      report: !isModerator && isRead,
    };
  }

  /** Whether the user may mute, ban or remove another user. @param {string} user */
  mayModerate(user) {
    const me = this.#chat.me.value;
    if (!me || !this.#isModerator) return false;
    return isBelow({ user, role: roleIn(this.#rooms.all, user) }, me);
  }

  /**
   * Whether the user may give another user another role. That of members who are in no room of the page is not known.
   *
   * @param {string} user
   */
  mayChangeRole(user) {
    return this.#chat.me.value?.role === "owner" && kindOf(user) === "member" &&
      isIn(this.#rooms.all, user);
  }

  get #isModerator() {
    return mayIn(this.#rooms.active.value, "moderate");
  }
}
