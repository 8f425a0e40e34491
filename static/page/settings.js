// @ts-check
/**
 * What a person has chosen on this page, kept over visits. Whatever another version, another tab or a curious hand has left
 * in the storage is taken only where it makes sense, and else as if nothing had been chosen.
 * @module
 */

/** @typedef {import("./strings.js").Language} Language */
/** @typedef {"system" | "light" | "dark"} Theme */

/** What may stand in an address as a room, as the server has it. */
export const ROOM = /^[A-Za-z0-9_.-]{1,64}$/;
/** The server's limit for names, in UTF-16 units. */
export const MAX_NAME_LENGTH = 128;
/** Where one goes who has named no room. */
export const DEFAULT_ROOM = "lobby";

/** The choices. Reading and writing go straight to the memory, so that tabs agree. */
export class Settings {
  #memory;

  /** @param {import("./storage.js").Memory} memory */
  constructor(memory) {
    this.#memory = memory;
  }

  /** The name chosen; null for a guest. */
  get name() {
    const name = this.#memory.get("name");
    return name !== null && name.length <= MAX_NAME_LENGTH ? name : null;
  }

  set name(name) {
    this.#memory.set("name", name);
  }

  /** The language chosen; null for the browser's. @returns {Language | null} */
  get language() {
    const language = this.#memory.get("language");
    return language === "en" || language === "zh" ? language : null;
  }

  set language(language) {
    this.#memory.set("language", language);
  }

  /** @returns {Theme} */
  get theme() {
    const theme = this.#memory.get("theme");
    return theme === "light" || theme === "dark" ? theme : "system";
  }

  set theme(theme) {
    this.#memory.set("theme", theme === "system" ? null : theme);
  }

  /** Whether to tell of messages while the page is in the background. */
  get notifies() {
    return this.#memory.get("notifies") === "yes";
  }

  set notifies(notifies) {
    this.#memory.set("notifies", notifies ? "yes" : null);
  }

  /** The guest who was told that a name can be chosen, and did not want to. */
  get contentGuest() {
    return this.#memory.get("guest");
  }

  set contentGuest(name) {
    this.#memory.set("guest", name);
  }

  /** The rooms joined, in their order. @returns {readonly string[]} */
  get rooms() {
    const rooms = (this.#memory.get("rooms") ?? "").split(" ");
    return [...new Set(rooms.filter((room) => ROOM.test(room)))];
  }

  set rooms(rooms) {
    this.#memory.set("rooms", rooms.join(" "));
  }

  /** The name one had last, chosen or drawn, to be shown until there is a connection. */
  get lastName() {
    return this.#memory.get("last-name") ?? this.name;
  }

  set lastName(name) {
    this.#memory.set("last-name", name);
  }

  /** The room last looked at. */
  get room() {
    return this.#memory.get("room");
  }

  set room(room) {
    this.#memory.set("room", room);
  }
}
