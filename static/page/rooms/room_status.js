// @ts-check
/// <reference lib="dom" />
/**
 * The status line of the current room when it is not simply joined: joining, refused and why, or joined under a
 * temporary name; and whether messages wait for the rate limits. connection_status.js reports a lost connection: do not
 * repeat it here.
 * @module
 */

import { RefusedError } from "../../client/errors.js";
import { endName, localeOf } from "../base/dates.js";
import { find, onClick } from "../base/dom.js";
import { fillTemplate } from "../i18n/log_en.js";

/** @typedef {import("../../client.js").Room} Room */

// A longer timer fires at once.
const MAX_TIMER_MS = 2 ** 31;

/** The status line of the room. */
export class RoomStatus {
  #bar = find("room-status", HTMLElement);
  #text = find("room-words", HTMLElement);
  #rename = find("room-rename", HTMLButtonElement);
  #leave = find("room-leave", HTMLButtonElement);
  #return = find("room-return", HTMLButtonElement);
  #translator;
  #chat;
  /** @type {Room | null} */
  #room = null;
  #isSlowed = false;
  #stop = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

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
    // The user wants to come back, or the service may be open to guests again.
    onClick(this.#return, () => this.#room && chat.join(this.#room.name));
    onClick(this.#leave, () => {
      // The page decides where the focus goes: in the message field, it would open the keyboard of a phone.
      this.#leave.blur();
      leave();
    });
    chat.state.subscribe(() => this.#draw());
    chat.isSlowed.subscribe(() => this.#updateSlowed());
    // Shown until nothing is left waiting, to avoid flicker.
    chat.outbox.subscribe(() => !this.#isSlowed && this.#updateSlowed());
    for (const it of [translator.language, translator.roomNames]) it.subscribe(() => this.#draw());
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
    const focused = [this.#rename, this.#leave, this.#return].find((it) =>
      it === document.activeElement
    );
    const isSlowed = this.#isSlowed;
    const isTemporary = state?.kind === "joined" && this.#room?.wanted.value !== null;
    this.#bar.hidden = !isJoining && !isSlowed && !isTemporary && code === undefined;
    this.#bar.classList.toggle("wrong", code !== undefined);
    this.#rename.hidden = code !== "name_taken" && code !== "bad_name" && !isTemporary;
    this.#leave.hidden = code !== "not_allowed" && code !== "kicked" && code !== "banned";
    this.#drawReturn(error);
    const isMissing = error instanceof RefusedError && error.isRoomMissing;
    const why = isMissing ? "no_room" : code;
    const sentence = error instanceof RefusedError && this.#expulsion(error) ||
      this.#sentence(why, isJoining, isTemporary, isSlowed);
    // Otherwise screen readers would announce it again.
    if (this.#text.textContent !== sentence) this.#text.textContent = sentence;
    if (focused?.hidden) document.getElementById("text")?.focus();
  }

  /** Offers to rejoin to users who can: after a ban, once it has ended. @param {Error & { code?: string } | undefined} error */
  #drawReturn(error) {
    clearTimeout(this.#timer);
    const { code } = error ?? {};
    const until = error instanceof RefusedError ? error.until ?? Infinity : Infinity;
    const waitMs = code === "banned" ? until - Date.now() : 0;
    const isOffered = code === "kicked" || code === "locked_down" || code === "banned";
    this.#return.hidden = !isOffered || waitMs > 0;
    this.#return.textContent = isOffered
      ? this.#translator.strings[code === "locked_down" ? "tryAgain" : "comeBack"]
      : "";
    if (waitMs > 0 && waitMs < MAX_TIMER_MS) {
      this.#timer = setTimeout(() => this.#draw(), waitMs);
    }
  }

  /** What a moderator did; empty for other refusals. @param {RefusedError} error */
  #expulsion({ code, until, reason }) {
    const { language, strings } = this.#translator;
    const room = this.#room ? this.#translator.roomName(this.#room.name) : "";
    if (code !== "kicked" && code !== "banned") return "";
    const locale = localeOf(language.value, navigator.languages);
    const time = until === undefined ? "" : endName(until, Date.now(), locale);
    const key = until === undefined ? `out_${code}` : "out_bannedUntil";
    const what = fillTemplate(strings[/** @type {"out_kicked"} */ (key)] ?? "", { room, time });
    return reason ? fillTemplate(strings.restriction_why ?? "", { what, reason }) : what;
  }

  /** @param {string | undefined} code @param {boolean} isJoining @param {boolean} isTemporary @param {boolean} isSlowed */
  #sentence(code, isJoining, isTemporary, isSlowed) {
    const room = this.#room ? this.#translator.roomName(this.#room.name) : "";
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
