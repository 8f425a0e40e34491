// @ts-check
/**
 * What outlives a page: the resume token, and every deed that is not settled. Each deed lies under a key of its own, so that two
 * pages on one storage cannot overwrite each other's. Keys contain the service's URL, since several services can share an
 * origin and so a storage. Where the storage refuses, everything is still here, in memory.
 * @module
 */

import { newId } from "./ids.js";
import { Value } from "./values.js";

/**
 * Where things are kept by name: `localStorage`, or anything with the same methods.
 * @typedef {object} StoragePort
 * @property {number} length
 * @property {(index: number) => string | null} key
 * @property {(key: string) => string | null} getItem
 * @property {(key: string, value: string) => void} setItem
 * @property {(key: string) => void} removeItem
 */

/**
 * A deed on its way, as it is kept.
 * @typedef {object} DeedRecord
 * @property {string} id Under which the server knows it.
 * @property {string} room
 * @property {import("./frames.js").Deed} deed
 * @property {number} at When it was said, in milliseconds since 1970, by this machine's clock.
 * @property {number} sequence Grows with each deed; independent of the clock.
 * @property {string | null} service The id of the service that the deed is for; null if it was not known.
 * @property {number | null} sentAt When it was first sent; null as long as it surely was not.
 * @property {number | null} triedAt When it was last sent.
 * @property {string | null} sentAs As which user it was first sent.
 * @property {string | null} after The position that the room had here when it was first sent.
 * @property {{ position: string, at: number } | null} receipt The server's acknowledgement.
 * @property {{ code: string, message: string } | null} fault Why it was refused for good.
 */

const ROOT = /^\/ws\/?$/;

/** The records of one service in a storage. */
export class Shelf {
  /** Whether all that was put here is kept. */
  isKept = new Value(true);
  #storage;
  #prefix;
  /** @type {Map<string, string>} */
  #memory = new Map();
  #mark;
  #last = 0;

  /**
   * @param {StoragePort | undefined} storage
   * @param {string} storageKey The beginning of every key.
   * @param {string} url The service's URL.
   */
  constructor(storage, storageKey, url) {
    const { origin, pathname } = new URL(url);
    this.#storage = storage;
    // A URL contains no blank, so the prefix of one service is never the beginning of another's.
    this.#prefix = `${storageKey} ${origin}${pathname.replace(/\/$/, "")} `;
    if (storage === undefined) this.isKept.set(false);
    if (ROOT.test(pathname)) this.#adopt(`${storageKey}.`);
    this.#mark = this.#get("mark") ?? newId();
    this.#put("mark", this.#mark);
  }

  /** Whether somebody has thrown away all that was here, as far as can be told; what is in memory only, nobody can. */
  get wasEmptied() {
    try {
      return this.#storage?.getItem(`${this.#prefix}mark`) !== this.#mark;
    } catch {
      return true;
    }
  }

  /** The newest token, perhaps another page's. */
  get token() {
    return this.#get("resume") ?? undefined;
  }

  set token(token) {
    if (token !== undefined) this.#put("resume", token);
  }

  /** The id of the service that answered last at this URL. */
  get service() {
    return this.#get("service") ?? undefined;
  }

  set service(id) {
    if (id !== undefined && id !== this.service) this.#put("service", id);
  }

  /** The next sequence number, above those of all pages on this storage. */
  nextSequence() {
    const stored = Number(this.#get("last"));
    this.#last = Math.max(this.#last, Number.isSafeInteger(stored) ? stored : 0) + 1;
    this.#put("last", String(this.#last));
    return this.#last;
  }

  /** @param {DeedRecord} record */
  keep(record) {
    this.#put(`deed.${record.id}`, JSON.stringify(record));
  }

  /** @param {string} id */
  drop(id) {
    const key = `${this.#prefix}deed.${id}`;
    this.#memory.delete(key);
    try {
      this.#storage?.removeItem(key);
    } catch {
      this.isKept.set(false);
    }
  }

  /**
   * Whether a deed still lies here, and was not settled by another page. Where that cannot be read, it does.
   * @param {string} id
   */
  has(id) {
    const key = `${this.#prefix}deed.${id}`;
    try {
      return this.#memory.has(key) || (this.#storage?.getItem(key) ?? null) !== null;
    } catch {
      return true;
    }
  }

  /**
   * One deed; null where it does not lie here any more.
   * @param {string} id
   */
  deed(id) {
    return parse(this.#get(`deed.${id}`))[0] ?? null;
  }

  /**
   * All deeds, the oldest first.
   * @returns {DeedRecord[]}
   */
  deeds() {
    const start = `${this.#prefix}deed.`;
    const keys = this.#keys().filter((key) => key.startsWith(start));
    const records = keys.flatMap((key) => parse(this.#get(key.slice(this.#prefix.length))));
    const numbered = records.filter(({ sequence }) => sequence > 0)
      .sort((one, two) => one.sequence - two.sequence);
    this.#last = Math.max(this.#last, numbered.at(-1)?.sequence ?? 0);
    // Records of earlier versions are ordered by the clock.
    const older = records.filter(({ sequence }) => sequence === 0)
      .sort((one, two) => one.at - two.at || (one.order ?? 0) - (two.order ?? 0))
      .map(({ order: _, ...record }) => ({ ...record, sequence: this.nextSequence() }));
    for (const record of older) this.keep(record);
    return [...numbered, ...older];
  }

  // Earlier versions had no URL in their keys, so the records most likely belong to the service at the origin's root. A page of
  // such a version that is still open sees that its deeds are gone, as if another page had settled them, and does not send them.
  /** @param {string} prefix */
  #adopt(prefix) {
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
      return [];
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

  /** @param {string} name @param {string} value */
  #put(name, value) {
    const key = this.#prefix + name;
    try {
      if (this.#storage === undefined) throw new Error("there is no storage");
      this.#storage.setItem(key, value);
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, value);
      this.isKept.set(false);
    }
  }
}

/**
 * Reads a record, including those of earlier versions, which have `order` instead of `sequence` and no `service`. Anything else is
 * skipped.
 * @param {string | null} text
 * @returns {(DeedRecord & { order?: number })[]} One, or none.
 */
function parse(text) {
  try {
    const { sequence = 0, service = null, ...record } = JSON.parse(text ?? "{}");
    const { id, room, deed, at, sentAt, triedAt, sentAs, after, receipt, fault } = record;
    const isRecord = isText(id) && isText(room) && isDeed(deed) && Number.isFinite(at) &&
      Number.isSafeInteger(sequence) && [sentAt, triedAt].every((it) =>
        isNull(it) || Number.isFinite(it)
      ) &&
      [service, sentAs, after].every((it) => isNull(it) || isText(it)) &&
      (isNull(receipt) || isText(receipt.position)) && (isNull(fault) || isText(fault.code));
    return isRecord ? [{ ...EMPTY, ...record, sequence, service }] : [];
  } catch {
    return [];
  }
}

const EMPTY = {
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
function isDeed({ type, text, of, reply, emoji, on }) {
  if (type === "say") return isText(text) && (isNull(reply) || isText(reply));
  if (type === "edit") return isText(of) && isText(text);
  if (type === "react") return isText(of) && isText(emoji) && typeof on === "boolean";
  return type === "delete" && isText(of);
}
