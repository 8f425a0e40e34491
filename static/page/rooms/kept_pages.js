// @ts-check
/// <reference lib="dom" />
/**
 * The cached newest messages of each room, shown without a connection until the server has
 * answered. The connection knows nothing about them, and its messages replace them. Keys contain the page's path, since
 * several services can share an origin; messages of another service at the same URL are removed once its id is known.
 * docs/internals/decisions/0030-kept-pages-in-local-storage.md has the reasons.
 * @module
 */

import { parsePosition } from "../../client/frames.js";
import { seqOf } from "../../client/timeline/amendments.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {import("../../client/timeline/timeline.js").Timeline} Timeline */
/** @typedef {import("../../client/timeline/amendments.js").Message} Message */

/** Maximum number of messages kept for a room. */
export const MAX_KEPT_MESSAGES = 50;
/** In UTF-16 units. A browser stores about five million for an origin, including drafts and unsent messages. */
export const MAX_KEPT_LENGTH = 32_000;

/** The cached messages of the page's rooms. */
export class KeptPages {
  #storage;
  #prefix;
  #rooms;
  /** The rooms to be written. @type {Set<string>} */
  changedRooms = new Set();
  /** Reports an event of a room; set by the writer once it is loaded. @type {(event: import("../../client/events.js").RoomEvent) => void} */
  onChange = () => {};

  /**
   * @param {Storage | undefined} storage
   * @param {string} page The page's URL.
   * @param {import("../../client.js").Chat} chat
   * @param {import("./rooms.js").Rooms} rooms
   */
  constructor(storage, page, chat, rooms) {
    this.#storage = storage;
    this.#prefix = `parley-page ${new URL(".", page).pathname} `;
    this.#rooms = rooms;
    this.#removeAll((name) => !rooms.all.some((room) => room.name === name));
    /** @type {readonly Room[]} */
    let last = [];
    chat.rooms.subscribe((all) => {
      for (const room of last) if (!all.includes(room)) this.set(room.name, "");
      for (const room of all) if (!last.includes(room)) this.#watch(room);
      last = all;
    });
    const fill = () => chat.state.value.kind !== "online" && this.#showKept(rooms.active.value);
    rooms.active.subscribe(fill);
    chat.state.subscribe(fill);
    chat.server.subscribe((server) => server?.id !== undefined && this.#setService(server.id));
    // Unsent messages need the space more.
    chat.isKept.subscribe((isKept) => !isKept && this.#removeAll());
  }

  /** Shows the cached messages of a room that is not open yet. @param {Room | null} room */
  #showKept(room) {
    const timeline = room && this.timelineOf(room.name);
    if (!timeline || timeline.isOpen || timeline.messages.length > 0) return;
    const messages = parseKeptPage(this.#get(`kept ${room.name}`));
    if (messages.length > 0) timeline.fill(messages);
  }

  /** @param {Room} room */
  #watch(room) {
    this.changedRooms.add(room.name);
    room.events.subscribe((event) => {
      this.changedRooms.add(room.name);
      this.onChange(event);
    });
  }

  /** @param {string} id Of the service that has answered. */
  #setService(id) {
    if (this.#get("kept-by") === id) return;
    this.#removeAll();
    this.#set("kept-by", id);
    for (const room of this.#rooms.all) {
      const timeline = this.#rooms.timelineOf(room);
      if (timeline.isOpen) this.changedRooms.add(room.name);
      else timeline.fill([]);
    }
  }

  /** The timeline of a joined room. @param {string} name */
  timelineOf(name) {
    const room = this.#rooms.all.find((it) => it.name === name);
    return room && this.#rooms.timelineOf(room);
  }

  /** @param {(name: string) => boolean} isUnwanted */
  #removeAll(isUnwanted = () => true) {
    const start = `${this.#prefix}kept `;
    try {
      for (const key of Object.keys(this.#storage ?? {})) {
        if (key.startsWith(start) && isUnwanted(key.slice(start.length))) {
          this.#storage?.removeItem(key);
        }
      }
    } catch {
      // Then nothing is kept either.
    }
  }

  /** Stores a room's messages, or removes them. @param {string} name @param {string} text From the writer; "" for none. */
  set(name, text) {
    const key = `kept ${name}`;
    try {
      // First, so that no old copy remains if the new one does not fit.
      this.#storage?.removeItem(this.#prefix + key);
    } catch {
      // Then nothing is kept either.
    }
    if (text) this.#set(key, text);
  }

  /** @param {string} key */
  #get(key) {
    try {
      return this.#storage?.getItem(this.#prefix + key) ?? null;
    } catch {
      return null;
    }
  }

  /** @param {string} key @param {string} text */
  #set(key, text) {
    try {
      this.#storage?.setItem(this.#prefix + key, text);
    } catch {
      // Full or forbidden: the next visit starts without this value.
    }
  }
}

/**
 * Parses stored messages, which may come from anywhere; none if damaged.
 * @param {string | null} text
 * @returns {readonly Message[]}
 */
export function parseKeptPage(text) {
  try {
    const lines = text && text.length <= MAX_KEPT_LENGTH ? text.split("\n") : [];
    const messages = lines.map((line) => JSON.parse(line));
    const isPage = messages.length <= MAX_KEPT_MESSAGES && messages.every(isMessage) &&
      messages.every((it, i) => i === 0 || seqOf(it.position) > seqOf(messages[i - 1].position));
    return isPage ? messages : [];
  } catch {
    return [];
  }
}

const isText = (/** @type {unknown} */ it) => typeof it === "string";
const isTime = (/** @type {unknown} */ it) => typeof it === "number" && Number.isFinite(it);

const NO_EVENT = { kind: "" };
const NOBODY = { user: "", name: "" };

/** @param {any} message @returns {boolean} */
function isMessage({ position, at, user, name, id, text, reply = "", edited = 0, ...more }) {
  const { deleted = true, deletedBy = NOBODY, mentions = [], reactions = {} } = more;
  const { event = NO_EVENT } = more;
  const { members = [], ...fields } = event;
  const { reason = "" } = deletedBy;
  return parsePosition(position) !== null && [at, edited].every(isTime) && deleted === true &&
    [user, name, id, text, reply, deletedBy.user, deletedBy.name, reason].every(isText) &&
    isText(event.kind) && Object.values(fields).every((it) => typeof it !== "object") &&
    Array.isArray(members) && members.every(({ user, name }) => isText(user) && isText(name)) &&
    [mentions, ...Object.values(reactions)].every((users) =>
      Array.isArray(users) && users.every(isText)
    );
}
