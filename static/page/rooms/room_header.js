// @ts-check
/// <reference lib="dom" />
/**
 * The head of the conversation: the room's title or name, its topic, what is special about it, and the button of its settings.
 * @module
 */

import { durationName, localeOf } from "../base/dates.js";
import { find, make, onClick } from "../base/dom.js";
import { mayIn } from "./room_rights.js";
import { kindOfRoom } from "../base/room_kinds.js";

/** @typedef {import("../../client.js").Room} Room */

/** The head. */
export class RoomHeader {
  #title = find("room-title", HTMLElement);
  #about = find("room-about", HTMLElement);
  #settings = find("room-settings", HTMLElement);
  #members = find("room-members", HTMLElement);
  #translator;
  /** @type {Room | null} */
  #room = null;
  #stop = () => {};

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {(room: Room) => void} openSettings
   * @param {(room: Room) => void} openMembers
   */
  constructor(translator, openSettings, openMembers) {
    this.#translator = translator;
    onClick(this.#settings, () => this.#room && openSettings(this.#room));
    onClick(this.#members, () => this.#room && openMembers(this.#room));
    for (const it of [translator.language, translator.roomNames]) it.subscribe(() => this.#draw());
  }

  /** Switches to this room. @param {Room | null} room */
  show(room) {
    this.#stop();
    this.#room = room;
    const draw = () => this.#draw();
    const stops = room ? [room.settings, room.may, room.state].map((it) => it.subscribe(draw)) : [];
    this.#stop = () => stops.forEach((stop) => stop());
    if (!room) this.#draw();
  }

  /** Shows the new name of the room. */
  onRenamed() {
    this.#draw();
  }

  #draw() {
    const room = this.#room;
    const { title = "", topic = "" } = room?.settings.value ?? {};
    const kind = kindOfRoom(room?.name ?? "");
    const name = room ? `# ${room.name}` : "Parley";
    const shown = room && kind !== "open" ? this.#translator.roomName(room.name) : title || name;
    this.#title.textContent = shown;
    const parts = [
      kind === "private" && make("span", "", this.#translator.text("markPrivate")),
      kind === "direct" && make("span", "", this.#translator.text("markDirect")),
      ...this.#marks().map((it) => make("span", "room-mark", it)),
      kind === "open" && title && make("bdi", "", name),
      topic && make("bdi", "", topic),
    ].filter((it) => it instanceof HTMLElement);
    this.#about.hidden = parts.length === 0;
    this.#about.title = topic;
    // Screen readers read the parts one by one.
    this.#about.replaceChildren(...parts.flatMap((it, i) => i === 0 ? [it] : [" ", it]));
    const mayConfigure = room?.state.value.kind === "joined" && mayIn(room, "configure");
    this.#settings.hidden = !mayConfigure || kind === "direct";
    this.#members.hidden = room?.state.value.kind !== "joined" || kind !== "private";
  }

  #marks() {
    const { language, strings } = this.#translator;
    const { archived, readOnly, slowSeconds = 0 } = this.#room?.settings.value ?? {};
    const locale = localeOf(language.value, navigator.languages);
    return [
      archived && strings.markArchived,
      !archived && readOnly && strings.markReadOnly,
      slowSeconds > 0 && strings.markSlow?.replace("{time}", durationName(slowSeconds, locale)),
    ].filter((it) => typeof it === "string");
  }
}
