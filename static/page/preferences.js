// @ts-check
/**
 * The user's choices on this page, stored across visits. Stored values may come from another version, another tab or the user:
 * invalid ones are ignored, as if nothing had been chosen.
 * @module
 */

import { MAX_NAME_LENGTH } from "../client/identity.js";
import { Value } from "../client/observable.js";
import { roomName } from "../client/room/room_name.js";
import { LAST_USER } from "./base/storage.js";

/** @typedef {import("./i18n/strings.js").Language} Language */
/** @typedef {"system" | "light" | "dark"} Theme */

/** The blocked users' ids, with the names that they had. @typedef {ReadonlyMap<string, string>} BlockedUsers */

/** Maximum number of blocked users. */
export const MAX_BLOCKED_USERS = 200;
/** Maximum number of names of private and direct rooms; a user can be in as many. */
const MAX_ROOM_NAMES = 200;
/** Number of rooms remembered after leaving. */
const MAX_LEFT_ROOMS = 20;
/** The default room. */
export const DEFAULT_ROOM = "lobby";

/** The stored choices. Each access goes straight to the storage, so that tabs agree. */
export class Preferences {
  /** The users whose messages this user does not want to see, in this browser only. @readonly @type {Value<BlockedUsers>} */
  blocked = new Value(/** @type {BlockedUsers} */ (new Map()));
  #storage;

  /** @param {import("./base/storage.js").PageStorage} storage */
  constructor(storage) {
    this.#storage = storage;
    this.readBlocked();
  }

  /** Reads the blocked users again, since another tab may have changed them. */
  readBlocked() {
    const lines = (this.#storage.get("blocked") ?? "").split("\n", MAX_BLOCKED_USERS);
    this.blocked.set(
      new Map(lines.flatMap((line) => {
        const [, user = "", name = ""] = /^(\w{8,40}) (.{1,128})/.exec(line) ?? [];
        return user ? [[user, name]] : [];
      })),
    );
  }

  /** Stores the blocked users; those beyond {@linkcode MAX_BLOCKED_USERS} are dropped. @param {BlockedUsers} users */
  saveBlocked(users) {
    this.#storage.set("blocked", Array.from(users, (it) => it.join(" ")).join("\n") || null);
    this.readBlocked();
  }

  /** The chosen name; null for a guest. */
  get name() {
    const name = this.#storage.get("name");
    return name !== null && name.length <= MAX_NAME_LENGTH ? name : null;
  }

  set name(name) {
    this.#storage.set("name", name);
  }

  /** The chosen language; null for the browser's. @returns {Language | null} */
  get language() {
    const language = this.#storage.get("language");
    return language === "en" || language === "zh" ? language : null;
  }

  set language(language) {
    this.#storage.set("language", language);
  }

  /** @returns {Theme} */
  get theme() {
    const theme = this.#storage.get("theme");
    return theme === "light" || theme === "dark" ? theme : "system";
  }

  set theme(theme) {
    this.#storage.set("theme", theme === "system" ? null : theme);
  }

  /** Whether to show notifications while the user is not looking at the page. */
  get notifies() {
    return this.#storage.get("notifies") === "yes";
  }

  set notifies(notifies) {
    this.#storage.set("notifies", notifies ? "yes" : null);
  }

  /** The guest who dismissed the offer to choose a name. */
  get dismissedGuest() {
    return this.#storage.get("guest");
  }

  set dismissedGuest(name) {
    this.#storage.set("guest", name);
  }

  /** The names of private and direct rooms by their ids. @returns {ReadonlyMap<string, string>} */
  get roomNames() {
    const lines = (this.#storage.get("room-names") ?? "").split("\n", MAX_ROOM_NAMES);
    return new Map(lines.flatMap((line) => {
      const [, room = "", name = ""] = /^(\S{1,64}) (.{1,128})/.exec(line) ?? [];
      return room ? [[room, name]] : [];
    }));
  }

  /** Those beyond {@linkcode MAX_ROOM_NAMES} are dropped, oldest first. */
  set roomNames(names) {
    const lines = Array.from(names, (it) => it.join(" ")).slice(-MAX_ROOM_NAMES);
    this.#storage.set("room-names", lines.join("\n") || null);
  }

  /** The joined rooms, in order. @returns {readonly string[]} */
  get rooms() {
    return this.#list("rooms");
  }

  set rooms(rooms) {
    this.#storage.set("rooms", rooms.join(" "));
  }

  /** The rooms left, latest first. @returns {readonly string[]} */
  get leftRooms() {
    return this.#list("left-rooms");
  }

  set leftRooms(rooms) {
    this.#storage.set("left-rooms", rooms.slice(0, MAX_LEFT_ROOMS).join(" ") || null);
  }

  /** @param {string} key @returns {readonly string[]} */
  #list(key) {
    const rooms = (this.#storage.get(key) ?? "").split(" ");
    return [...new Set(rooms.flatMap((room) => roomName(room) ?? []))];
  }

  /** The user's last name, chosen or assigned, shown until there is a connection. */
  get lastName() {
    return this.#storage.get("last-name") ?? this.name;
  }

  set lastName(name) {
    this.#storage.set("last-name", name);
  }

  /** The last user id; identifies the user's own messages until there is a connection. */
  get lastUser() {
    return this.#storage.get(LAST_USER);
  }

  set lastUser(user) {
    this.#storage.set(LAST_USER, user);
  }

  /** Whether another tab has signed the user out: nothing of the user is stored any more. */
  get isSignedOut() {
    return this.#storage.isSignedOut;
  }

  /** The last room shown. */
  get room() {
    return this.#storage.get("room");
  }

  set room(room) {
    this.#storage.set("room", room);
  }
}
