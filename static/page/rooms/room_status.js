// @ts-check
/// <reference lib="dom" />
/**
 * The status line of the current room when it is not simply joined: joining, refused and why, or joined under a
 * temporary name; and whether messages wait for the rate limits. connection_status.js reports a lost connection: do not
 * repeat it here.
 * @module
 */

import { RefusedError } from "../../client/errors.js";
import { find, onClick } from "../base/dom.js";

/** @typedef {import("../../client.js").Room} Room */

/** The status line of the room. */
export class RoomStatus {
  #bar = find("room-status", HTMLElement);
  #text = find("room-words", HTMLElement);
  #rename = find("room-rename", HTMLButtonElement);
  #leave = find("room-leave", HTMLButtonElement);
  #translator;
  #chat;
  /** @type {Room | null} */
  #room = null;
  #isSlowed = false;
  #stop = () => {};

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client.js").Chat} chat
   * @param {() => void} rename Opens the name dialog.
   * @param {() => void} leave Leaves the room.
   */
  constructor(translator, chat, rename, leave) {
    this.#translator = translator;
    this.#chat = chat;
    onClick(this.#rename, rename);
    onClick(this.#leave, () => {
      // The page decides where the focus goes: in the message field, it would open the keyboard of a phone.
      this.#leave.blur();
      leave();
    });
    chat.state.subscribe(() => this.#draw());
    chat.isSlowed.subscribe(() => this.#updateSlowed());
    // Shown until nothing is waiting any more, to avoid flicker.
    chat.outbox.subscribe(() => !this.#isSlowed && this.#updateSlowed());
    translator.language.subscribe(() => this.#draw());
  }

  /** Switches to this room. @param {Room | null} room */
  show(room) {
    this.#stop();
    this.#room = room;
    const stops = room
      ? [room.state, room.wanted].map((it) => it.subscribe(() => this.#draw()))
      : [];
    this.#stop = () => stops.forEach((stop) => stop());
    this.#updateSlowed();
    this.#draw();
  }

  /** Checks whether messages to this room wait for the rate limits. */
  #updateSlowed() {
    const { isSlowed, outbox } = this.#chat;
    const was = this.#isSlowed;
    this.#isSlowed = isSlowed.value &&
      outbox.value.some(({ room }) => room === this.#room?.name);
    if (this.#isSlowed !== was) this.#draw();
  }

  #draw() {
    const state = this.#room?.state.value;
    const error = state?.kind === "refused" ? state.error : undefined;
    const code = error?.code;
    const isJoining = state?.kind === "joining" && this.#chat.state.value.kind === "online";
    const focused = [this.#rename, this.#leave].find((it) => it === document.activeElement);
    const isSlowed = this.#isSlowed;
    const isTemporary = state?.kind === "joined" && this.#room?.wanted.value !== null;
    this.#bar.hidden = !isJoining && !isSlowed && !isTemporary && code === undefined;
    this.#bar.classList.toggle("wrong", code !== undefined);
    this.#rename.hidden = code !== "name_taken" && code !== "bad_name" && !isTemporary;
    this.#leave.hidden = code !== "not_allowed";
    const isMissing = error instanceof RefusedError && error.isRoomMissing;
    const why = isMissing ? "no_room" : code;
    const sentence = this.#sentence(why, isJoining, isTemporary, isSlowed);
    // Otherwise screen readers would announce it again.
    if (this.#text.textContent !== sentence) this.#text.textContent = sentence;
    if (focused?.hidden) document.getElementById("text")?.focus();
  }

  /** @param {string | undefined} code @param {boolean} isJoining @param {boolean} isTemporary @param {boolean} isSlowed */
  #sentence(code, isJoining, isTemporary, isSlowed) {
    const room = this.#room?.name ?? "";
    if (code === "name_taken") return this.#translator.text("roomNameTaken", { room });
    if (code) {
      return this.#translator.text("roomRefused", {
        room,
        why: this.#translator.faultReason(code),
      });
    }
    if (isJoining) return this.#translator.text("roomJoining", { room });
    if (isTemporary) {
      const [wanted, name] = [this.#room?.wanted.value ?? "", this.#room?.me.value ?? ""];
      return this.#translator.text("roomNameTemporary", { wanted, name });
    }
    return isSlowed ? this.#translator.text("slowed") : "";
  }
}
