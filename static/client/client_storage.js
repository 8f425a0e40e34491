// @ts-check
/**
 * Stores what survives a reload: the session token and every unsettled action. Each action has its own key, so that two
 * pages on one storage cannot overwrite each other's. Keys contain the service's URL, since several services can share an
 * origin and so a storage. If the storage fails, everything is kept in memory.
 * @module
 */

import { newId } from "./ids.js";
import { Value } from "./observable.js";

/**
 * A key-value storage: `localStorage`, or anything with the same methods.
 * @typedef {object} StoragePort
 * @property {number} length
 * @property {(index: number) => string | null} key
 * @property {(key: string) => string | null} getItem
 * @property {(key: string, value: string) => void} setItem
 * @property {(key: string) => void} removeItem
 */

/**
 * An unsettled action as it is stored.
 * @typedef {object} ActionRecord
 * @property {string} id The id by which the server recognizes it.
 * @property {string} room
 * @property {import("./frames.js").Action} deed
 * @property {number} at When it was created, in milliseconds since 1970, by this machine's clock.
 * @property {number} sequence Grows with each action; independent of the clock.
 * @property {string | null} service The id of the service that the action is for; null if it was not known.
 * @property {string | null} author The id of the member or of the app's user who wrote it; null for guests. All guests on one storage count as one
 *   user: a guest without a session token gets another id.
 * @property {number | null} sentAt When it was first sent; null while it certainly was not.
 * @property {number | null} triedAt When it was last sent.
 * @property {string | null} sentAs The user who first sent it.
 * @property {string | null} after The room's position on this page when it was first sent.
 * @property {{ position: string, at: number } | null} receipt The server's acknowledgement.
 * @property {{ code: string, message: string } | null} fault Why it was refused for good.
 */

const ROOT_PATH = /^\/ws\/?$/;

/** The stored records of one service. */
export class ClientStorage {
  /** Whether everything is in the storage rather than only in memory. */
  isKept = new Value(true);
  #storage;
  #prefix;
  /** @type {Map<string, string>} */
  #memory = new Map();
  #mark;
  #lastSequence = 0;

  /**
   * @param {StoragePort | undefined} storage
   * @param {string} storageKey The prefix of every key.
   * @param {string} url The service's URL.
   */
  constructor(storage, storageKey, url) {
    const { origin, pathname } = new URL(url);
    this.#storage = storage;
    // A URL contains no space, so the prefix of one service is never the beginning of another's.
    this.#prefix = `${storageKey} ${origin}${pathname.replace(/\/$/, "")} `;
    if (storage === undefined) this.isKept.set(false);
    if (ROOT_PATH.test(pathname)) this.#migrateKeys(`${storageKey}.`);
    this.#mark = this.#get("mark") ?? newId();
    this.#put("mark", this.#mark);
  }

  /** Whether the user or another page emptied the storage, as far as can be determined. Values kept only in memory do not count. */
  get wasEmptied() {
    try {
      return this.#storage?.getItem(`${this.#prefix}mark`) !== this.#mark;
    } catch {
      return true;
    }
  }

  /** The newest session token, perhaps another page's. A member's goes before a guest's. */
  get token() {
    return this.#get("member") ?? this.#get("resume") ?? undefined;
  }

  /** The member whose token it is; null for guests. */
  get member() {
    return this.#get("member-id");
  }

  /**
   * Stores a session token, unless another page has stored a newer one of the user. A guest's, perhaps of another page, is stored
   * beside that of a member.
   * @param {string} token
   * @param {string | null} member The member; null for guests.
   * @param {string | undefined} previous The token that was exchanged for it. Another one that is stored is newer than that.
   * @returns {boolean} Whether it was stored.
   */
  saveToken(token, member, previous) {
    const key = member === null ? "resume" : "member";
    const stored = member === null || member === this.member ? this.#get(key) : null;
    if (stored !== null && stored !== previous) return false;
    this.#put(key, token);
    if (member !== null) this.#put("member-id", member);
    return true;
  }

  /** The guest's new name, if the stored token has an older one. */
  get newName() {
    return this.#get("name") ?? undefined;
  }

  set newName(name) {
    if (name !== undefined) this.#put("name", name);
    else if (this.newName !== undefined) this.#remove("name");
  }

  /** Removes the token of the guest. */
  forgetGuest() {
    this.#remove("resume");
  }

  /** Removes the token of the member. */
  forgetMember() {
    this.#remove("member");
    this.#remove("member-id");
  }

  /** The id of the service that last answered at this URL. */
  get service() {
    return this.#get("service") ?? undefined;
  }

  set service(id) {
    if (id !== undefined && id !== this.service) this.#put("service", id);
  }

  /** Whether users of an app have used this storage. */
  get hasAppUsers() {
    return this.#get("app") !== null;
  }

  /** Records that a user of an app uses it. */
  addAppUser() {
    this.#put("app", "1");
  }

  /** The next sequence number, above those of all pages on this storage. */
  nextSequence() {
    const stored = Number(this.#get("last"));
    this.#lastSequence = Math.max(this.#lastSequence, Number.isSafeInteger(stored) ? stored : 0) +
      1;
    this.#put("last", String(this.#lastSequence));
    return this.#lastSequence;
  }

  /** @param {ActionRecord} record */
  saveAction(record) {
    this.#put(`deed.${record.id}`, JSON.stringify(record));
  }

  /** @param {string} id */
  removeAction(id) {
    this.#remove(`deed.${id}`);
  }

  /**
   * Whether an action is still stored, and was not settled by another page. True if the storage cannot be read.
   * @param {string} id
   */
  hasAction(id) {
    const key = `${this.#prefix}deed.${id}`;
    try {
      return this.#memory.has(key) || (this.#storage?.getItem(key) ?? null) !== null;
    } catch {
      return true;
    }
  }

  /**
   * One action; null if it is no longer stored.
   * @param {string} id
   */
  readAction(id) {
    return parseRecord(this.#get(`deed.${id}`))[0] ?? null;
  }

  /**
   * All actions, oldest first.
   * @returns {ActionRecord[]}
   */
  readActions() {
    const start = `${this.#prefix}deed.`;
    const keys = this.#keys().filter((key) => key.startsWith(start));
    const records = keys.flatMap((key) => parseRecord(this.#get(key.slice(this.#prefix.length))));
    const numbered = records.filter(({ sequence }) => sequence > 0)
      .sort((one, two) => one.sequence - two.sequence);
    this.#lastSequence = Math.max(this.#lastSequence, numbered.at(-1)?.sequence ?? 0);
    // Records of earlier versions are ordered by the clock.
    const older = records.filter(({ sequence }) => sequence === 0)
      .sort((one, two) => one.at - two.at || (one.order ?? 0) - (two.order ?? 0))
      .map(({ order: _, ...record }) => ({ ...record, sequence: this.nextSequence() }));
    for (const record of older) this.saveAction(record);
    return [...numbered, ...older];
  }

  // Earlier versions had no URL in their keys, so the records most likely belong to the service at the origin's root. An open page
  // of such a version finds its actions gone, as if another page had settled them, and does not send them.
  /** @param {string} prefix */
  #migrateKeys(prefix) {
    for (const key of this.#keys().filter((it) => it.startsWith(prefix))) {
      const name = key.slice(prefix.length);
      if (name !== "resume" && !name.startsWith("deed.")) continue;
      try {
        const text = this.#storage?.getItem(key) ?? "";
        this.#storage?.removeItem(key);
        if (this.#get(name) === null) this.#put(name, text);
      } catch {
        // The record stays under its old key.
      }
    }
  }

  #keys() {
    try {
      const count = this.#storage?.length ?? 0;
      const kept = Array.from({ length: count }, (_, index) => this.#storage?.key(index) ?? "");
      return [...new Set([...kept, ...this.#memory.keys()])];
    } catch {
      return [...this.#memory.keys()];
    }
  }

  /** @param {string} name */
  #get(name) {
    const key = this.#prefix + name;
    try {
      return this.#memory.get(key) ?? this.#storage?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  /** @param {string} name */
  #remove(name) {
    const key = this.#prefix + name;
    this.#memory.delete(key);
    try {
      this.#storage?.removeItem(key);
    } catch {
      this.isKept.set(false);
    }
  }

  /** @param {string} name @param {string} value */
  #put(name, value) {
    const key = this.#prefix + name;
    try {
      if (this.#storage === undefined) throw new Error("No storage");
      this.#storage.setItem(key, value);
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, value);
      this.isKept.set(false);
    }
  }
}

/**
 * Parses a record, including those of earlier versions, which have `order` instead of `sequence`, no `service` and no `author`.
 * Anything else is skipped.
 * @param {string | null} text
 * @returns {(ActionRecord & { order?: number })[]} One, or none.
 */
function parseRecord(text) {
  try {
    const { sequence = 0, service = null, author = null, ...record } = JSON.parse(text ?? "{}");
    const { id, room, deed, at, sentAt, triedAt, sentAs, after, receipt, fault } = record;
    const isRecord = isText(id) && isText(room) && isAction(deed) && Number.isFinite(at) &&
      Number.isSafeInteger(sequence) && [sentAt, triedAt].every((it) =>
        isNull(it) || Number.isFinite(it)
      ) &&
      [service, author, sentAs, after].every((it) => isNull(it) || isText(it)) &&
      (isNull(receipt) || isText(receipt.position)) && (isNull(fault) || isText(fault.code));
    return isRecord ? [{ ...EMPTY_RECORD, ...record, sequence, service, author }] : [];
  } catch {
    return [];
  }
}

const EMPTY_RECORD = {
  sentAt: null,
  triedAt: null,
  sentAs: null,
  after: null,
  receipt: null,
  fault: null,
};

const isText = (/** @type {unknown} */ it) => typeof it === "string";
const isNull = (/** @type {unknown} */ it) => it === null || it === undefined;

/** @param {Record<string, unknown>} deed */
function isAction({ type, text, of, reply, mentions = [], metadata = {}, emoji, on, reason }) {
  if (type === "say") {
    return isText(text) && (isNull(reply) || isText(reply)) && typeof metadata === "object" &&
      Array.isArray(mentions) && mentions.every(isText);
  }
  if (type === "edit") return isText(of) && isText(text);
  if (type === "react") return isText(of) && isText(emoji) && typeof on === "boolean";
  return type === "delete" && isText(of) && (isNull(reason) || isText(reason));
}
