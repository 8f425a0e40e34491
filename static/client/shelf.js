// @ts-check
/**
 * What outlives a page: the resume token, and every deed that is not settled. Each deed lies under a key of its own, so that two
 * pages on one storage cannot overwrite each other's. Where the storage refuses, everything is still here, in memory.
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
 * @property {number} order Of two that were said in one millisecond, the greater is the later.
 * @property {number | null} sentAt When it was first sent; null as long as it surely was not.
 * @property {number | null} triedAt When it was last sent.
 * @property {string | null} sentAs As which user it was first sent.
 * @property {string | null} after The position that the room had here when it was first sent.
 * @property {{ position: string, at: number } | null} receipt The server's acknowledgement.
 * @property {{ code: string, message: string } | null} fault Why it was refused for good.
 */

/** A shelf in a storage, under a prefix. */
export class Shelf {
  /** Whether all that was put here is kept. */
  isKept = new Value(true);
  #storage;
  #prefix;
  /** @type {Map<string, string>} */
  #memory = new Map();
  #mark;

  /**
   * @param {StoragePort | undefined} storage
   * @param {string} prefix
   */
  constructor(storage, prefix) {
    this.#storage = storage;
    this.#prefix = prefix;
    if (storage === undefined) this.isKept.set(false);
    this.#mark = this.#get("mark") ?? newId();
    this.#put("mark", this.#mark);
  }

  /** Whether somebody has thrown away all that was here, as far as can be told; what is in memory only, nobody can. */
  get wasEmptied() {
    try {
      return this.#storage?.getItem(`${this.#prefix}.mark`) !== this.#mark;
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

  /** @param {DeedRecord} record */
  keep(record) {
    this.#put(`deed.${record.id}`, JSON.stringify(record));
  }

  /** @param {string} id */
  drop(id) {
    const key = `${this.#prefix}.deed.${id}`;
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
    const key = `${this.#prefix}.deed.${id}`;
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
    const start = `${this.#prefix}.deed.`;
    const keys = this.#keys().filter((key) => key.startsWith(start));
    const records = keys.flatMap((key) => parse(this.#get(key.slice(this.#prefix.length + 1))));
    return records.sort((one, two) => one.at - two.at || one.order - two.order);
  }

  #keys() {
    try {
      const count = this.#storage?.length ?? 0;
      return Array.from({ length: count }, (_, index) => this.#storage?.key(index) ?? "");
    } catch {
      return [];
    }
  }

  /** @param {string} name */
  #get(name) {
    const key = `${this.#prefix}.${name}`;
    try {
      return this.#memory.get(key) ?? this.#storage?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  /** @param {string} name @param {string} value */
  #put(name, value) {
    const key = `${this.#prefix}.${name}`;
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
 * @param {string | null} text
 * @returns {DeedRecord[]} One, or none where the text is no record.
 */
function parse(text) {
  try {
    const record = JSON.parse(text ?? "null");
    const isRecord = typeof record?.id === "string" && typeof record.room === "string" &&
      typeof record.deed?.type === "string" && typeof record.at === "number";
    return isRecord ? [record] : [];
  } catch {
    return [];
  }
}
