// @ts-check
/**
 * What is half written, for each room: its text and which message it answers. It is kept over reloads, and only as long as
 * there is something to keep.
 * @module
 */

/** @typedef {{ position: string, name: string, text: string }} Quoted What is answered, as far as it is shown. */
/** @typedef {{ text: string, reply: Quoted | null }} Draft */

/** @type {Draft} */
const NOTHING = { text: "", reply: null };

/** The drafts by room. */
export class Drafts {
  #memory;

  /** @param {import("./storage.js").Memory} memory */
  constructor(memory) {
    this.#memory = memory;
  }

  /** @param {string} room @returns {Draft} */
  get(room) {
    try {
      return toDraft(JSON.parse(this.#memory.get(`draft.${room}`) ?? "null")) ?? NOTHING;
    } catch {
      return NOTHING;
    }
  }

  /** @param {string} room @param {Draft} draft */
  set(room, { text, reply }) {
    const isNothing = text === "" && reply === null;
    this.#memory.set(`draft.${room}`, isNothing ? null : JSON.stringify({ text, reply }));
  }
}

/** @param {unknown} value @returns {Draft | undefined} */
function toDraft(value) {
  if (typeof value !== "object" || value === null || !("text" in value)) return undefined;
  if (typeof value.text !== "string") return undefined;
  return { text: value.text, reply: "reply" in value ? toQuoted(value.reply) : null };
}

/** @param {unknown} value @returns {Quoted | null} */
function toQuoted(value) {
  if (typeof value !== "object" || value === null) return null;
  const { position, name, text } = /** @type {Partial<Record<string, unknown>>} */ (value);
  const isWhole = [position, name, text].every((it) => typeof it === "string");
  return isWhole ? /** @type {Quoted} */ ({ position, name, text }) : null;
}
