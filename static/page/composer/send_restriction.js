// @ts-check
/// <reference lib="dom" />
/**
 * The note at the message field: why the user cannot send here, or how long slow mode makes the user wait. Its strings are loaded on
 * demand, since most rooms have no such rules.
 * @module
 */

import { durationName, endName, localeOf } from "../base/dates.js";
import { find } from "../base/dom.js";
import { fillTemplate } from "../i18n/log_en.js";
import { mayIn, silenceOf } from "../rooms/room_rights.js";

/** @typedef {import("../../client.js").Room} Room */

/** The note of the current room. */
export class SendRestriction {
  /** Whether the user cannot send. */
  isSilent = false;
  #note = find("send-restriction", HTMLElement);
  #words = find("send-restriction-words", HTMLElement);
  // Outside the live region: otherwise screen readers would read it every second.
  #wait = find("send-restriction-wait", HTMLElement);
  #translator;
  #onChange;
  /** @type {Room | null} */
  #room = null;
  #stop = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import("../i18n/strings.js").Translator} translator @param {() => void} onChange Called when {@linkcode isSilent} changes. */
  constructor(translator, onChange) {
    this.#translator = translator;
    this.#onChange = onChange;
    translator.language.subscribe(() => this.#draw());
  }

  /** Switches to this room. @param {Room | null} room */
  show(room) {
    this.#stop();
    this.#room = room;
    const values = room
      ? [room.state, room.settings, room.may, room.muted, room.isLockedDown, room.slowUntil]
      : [];
    const stops = values.map((it) => it.subscribe(() => this.#draw()));
    this.#stop = () => stops.forEach((stop) => stop());
    this.#draw();
  }

  #draw() {
    const room = this.#room;
    const silence = room && silenceOf(room);
    const words = silence ? this.#silenceWords(silence) : room ? this.#slowWords(room) : "";
    this.#note.hidden = words === "";
    // Otherwise screen readers would announce it again.
    if (this.#words.textContent !== words) this.#words.textContent = words;
    const isSilent = silence !== null;
    if (this.isSilent !== isSilent) {
      this.isSilent = isSilent;
      this.#onChange();
    }
    this.#tick();
  }

  /** @param {import("../rooms/room_rights.js").Silence} silence */
  #silenceWords(silence) {
    const { strings } = this.#translator;
    if (silence.kind !== "muted") return strings[`restriction_${silence.kind}`] ?? "";
    const { until, reason } = silence.mute;
    const time = until === undefined ? "" : endName(until, Date.now(), this.#locale);
    const key = until === undefined ? "restriction_muted" : "restriction_mutedUntil";
    const what = fillTemplate(strings[key] ?? "", { time });
    return reason ? fillTemplate(strings.restriction_why ?? "", { what, reason }) : what;
  }

  /** @param {Room} room */
  #slowWords(room) {
    const { slowSeconds } = room.settings.value;
    if (slowSeconds === 0 || mayIn(room, "moderate")) return "";
    const time = durationName(slowSeconds, this.#locale);
    return fillTemplate(this.#translator.strings.restriction_slow ?? "", { time });
  }

  /** Shows the time that is left in slow mode, each second. */
  #tick() {
    clearTimeout(this.#timer);
    const room = this.#room;
    const isSlow = room !== null && !this.isSilent && !mayIn(room, "moderate");
    const seconds = isSlow ? Math.ceil((room.slowUntil.value - Date.now()) / 1_000) : 0;
    this.#wait.hidden = seconds <= 0;
    if (seconds <= 0) return;
    const unit = seconds >= 120 ? 60 : 1;
    const time = durationName(Math.ceil(seconds / unit) * unit, this.#locale);
    this.#wait.textContent = fillTemplate(this.#translator.strings.restriction_wait ?? "", {
      time,
    });
    this.#timer = setTimeout(() => this.#tick(), 1_000);
  }

  get #locale() {
    return localeOf(this.#translator.language.value, navigator.languages);
  }
}
