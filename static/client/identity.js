// @ts-check
/**
 * Who one is to the server: the name one asks for, and the token by which one is the same person again, on this page and on
 * every other that shares its storage.
 * @module
 */

import { Value } from "./values.js";

/** @typedef {import("./frames.js").Member} Member */

// Who is gone without a word keeps the name for 10 s on the server. The rest is for the way.
const GHOST_MS = 15_000;
// The server's limit, in UTF-16 units. Normalizing a long run of combining marks takes quadratic time.
const MAX_NAME_LENGTH = 128;

/** Oneself. */
export class Identity {
  /** Null before the first hello. @type {Value<Member | null>} */
  me = new Value(/** @type {Member | null} */ (null));
  #name;
  #shelf;
  #surroundings;
  /** By which one has asked on this connection. @type {string | undefined} */
  #asked;
  /** The newest that this page was given. @type {string | undefined} */
  #given;
  #ghostUntil = -Infinity;

  /**
   * @param {string | undefined} name
   * @param {import("./shelf.js").Shelf} shelf
   * @param {import("./surroundings.js").Surroundings} surroundings
   */
  constructor(name, shelf, surroundings) {
    this.#name = name;
    this.#shelf = shelf;
    this.#surroundings = surroundings;
  }

  /** As whom one would be known. */
  hello() {
    this.#asked = this.#shelf.token;
    return { type: "hello", name: this.#isOthers ? undefined : this.#name, resume: this.#asked };
  }

  // The name that was chosen on another page goes with its token, and must not be undone from here.
  get #isOthers() {
    return this.#given !== undefined && this.#asked !== this.#given;
  }

  /** The connection was lost before the hello was answered. */
  unanswered() {
    // Somebody was made, perhaps, whose token we shall never have.
    if (this.#asked === undefined) this.#haunt();
  }

  /**
   * The hello is answered.
   * @param {{ you: Member, resume?: string }} hello
   * @returns {boolean} False where one is not whom one should be, and should say hello again.
   */
  greeted({ you, resume }) {
    // Another page on the same storage was greeted meanwhile: they are to be one person.
    if (this.#asked === undefined && this.#shelf.token !== undefined) return false;
    const isStranger = this.me.value !== null && this.me.value.user !== you.user;
    if (isStranger) this.#haunt();
    if (this.#isOthers) {
      this.#given = undefined;
      // The other page's token was not believed, and no name was asked for with it.
      if (isStranger && this.#name !== undefined) return false;
      if (this.#name !== undefined) this.#name = you.name;
    }
    this.keep(resume);
    this.me.set(you);
    return true;
  }

  /** @param {string | undefined} token A newer one. */
  keep(token) {
    if (token === undefined) return;
    this.#given = token;
    this.#shelf.token = token;
  }

  /** One is called so now. @param {string} name */
  renamed(name) {
    this.#name = name;
    const { value } = this.me;
    if (value === null || name.length > MAX_NAME_LENGTH) return;
    this.me.set({ ...value, name: name.trim().normalize("NFC") });
  }

  /** Whether one's name may be taken by nobody but oneself, as somebody who is given up soon. */
  get hasGhost() {
    return this.#surroundings.now() < this.#ghostUntil;
  }

  #haunt() {
    this.#ghostUntil = this.#surroundings.now() + GHOST_MS;
  }
}
