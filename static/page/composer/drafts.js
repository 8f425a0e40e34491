// @ts-check
/**
 * The drafts of all rooms, kept across reloads. All tabs share one stored copy per room; the last writer wins.
 * A tab always shows its own edits, and removes the copy only if it wrote it.
 * @module
 */

import { EMPTY_DRAFT, isEmpty } from "./draft.js";

/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./draft.js").Edit} Edit */
/** @typedef {import("./draft.js").Quoted} Quoted */

/** The drafts by room. */
export class Drafts {
  #storage;
  /** The drafts edited in this tab. @type {Map<string, Draft>} */
  #own = new Map();
  /** The copies as this tab last read or wrote them. @type {Map<string, string | null>} */
  #copies = new Map();

  /** @param {import("../base/storage.js").PageStorage} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /** @param {string} room @returns {Draft} */
  get(room) {
    const own = this.#own.get(room);
    if (own) return own;
    const kept = this.#storage.get(keyOf(room));
    this.#copies.set(room, kept);
    try {
      return parseDraft(JSON.parse(kept ?? "null")) ?? EMPTY_DRAFT;
    } catch {
      return EMPTY_DRAFT;
    }
  }

  /** @param {string} room @param {Draft} draft */
  set(room, draft) {
    this.#own.set(room, draft);
    if (!isEmpty(draft)) this.#save(room, draft);
    else if (this.#storage.get(keyOf(room)) === this.#copies.get(room)) {
      this.#storage.set(keyOf(room), null);
      this.#copies.set(room, null);
    }
  }

  /** Stores this tab's drafts again if another tab has removed the copy: that tab has sent only its own draft. */
  restore() {
    for (const [room, draft] of this.#own) {
      if (!isEmpty(draft) && this.#storage.get(keyOf(room)) === null) this.#save(room, draft);
    }
  }

  /** @param {string} room @param {Draft} draft */
  #save(room, draft) {
    const text = JSON.stringify(draft);
    this.#storage.set(keyOf(room), text);
    this.#copies.set(room, text);
  }
}

/** @param {string} room */
function keyOf(room) {
  return `draft.${room}`;
}

/** @param {unknown} value @returns {Draft | undefined} */
function parseDraft(value) {
  const { text, reply, edit } = fields(value);
  if (typeof text !== "string") return undefined;
  return { text, reply: parseQuoted(reply), edit: parseEdit(edit) };
}

/** @param {unknown} value @returns {Quoted | null} */
function parseQuoted(value) {
  const { position, name, text } = fields(value);
  const isWhole = [position, name, text].every((it) => typeof it === "string");
  return isWhole ? /** @type {Quoted} */ ({ position, name, text }) : null;
}

/** @param {unknown} value @returns {Edit | null} */
function parseEdit(value) {
  const { position, known, text } = fields(value);
  const isWhole = Array.isArray(known) &&
    [position, text, ...known].every((it) => typeof it === "string");
  return isWhole ? /** @type {Edit} */ ({ position, known, text }) : null;
}

/** @param {unknown} value @returns {Partial<Record<string, unknown>>} */
function fields(value) {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
