// @ts-check
/**
 * The user's identity: the wanted name, and the session token that keeps the same user across reconnects, on this page
 * and on every other page that shares the storage.
 * @module
 */

import { Value } from "./observable.js";
import { memberOf } from "./user_kind.js";

/** @typedef {import("./frames.js").Me} Me */

// The server holds the name of a silently lost connection for 10 s. The rest allows for network delay.
const GHOST_MS = 15_000;
/** The close code of a session that has been ended, or whose token is worthless. */
export const SIGNED_OUT = 4508;
/** The server's limit for names, in UTF-16 units. Normalizing a long run of combining marks takes quadratic time. */
export const MAX_NAME_LENGTH = 128;

/** Matches the server's temporary names: `Ann (2)` for `Ann`. The server may shorten the wanted name. */
const TEMPORARY_NAME = /^(.*) \(\d{1,5}\)$/;

/** This session's user. */
export class Identity {
  /** Null before the first hello. @type {Value<Me | null>} */
  me = new Value(/** @type {Me | null} */ (null));
  #name;
  #storage;
  #platform;
  #language;
  /** The token sent on this connection. @type {string | undefined} */
  #sentToken;
  /** The newest token issued to this page. @type {string | undefined} */
  #ownToken;
  /** The guest's new name that was stored when the hello was sent. @type {string | undefined} */
  #storedName;
  // Whether a guest's token has been sent and not been answered.
  #isReturningGuest = false;
  // Whether another page's token is stored instead of the one with the newest name.
  #isNameUnsaved = false;
  #ghostSince = -Infinity;

  /**
   * @param {string | undefined} name
   * @param {import("./client_storage.js").ClientStorage} storage
   * @param {import("./connection/platform.js").Platform} platform
   * @param {string} [language]
   */
  constructor(name, storage, platform, language) {
    this.#name = name;
    this.#storage = storage;
    this.#platform = platform;
    this.#language = language;
  }

  /** The hello to send. */
  helloRequest() {
    this.#sentToken = this.#storage.token;
    this.#isReturningGuest = this.#sentToken !== undefined && this.#storage.member === null;
    this.#storedName = this.#storage.newName;
    const newName = this.#isReturningGuest ? this.#storedName : undefined;
    // Only the name that the page begins with is chosen later than one that is stored.
    const name = this.me.value === null ? this.#name ?? newName : newName ?? this.wantedName;
    const language = this.#language && { language: this.#language };
    return { type: "hello", name, resume: this.#sentToken, ...language };
  }

  /** The name that the user has chosen on this page. */
  get wantedName() {
    return this.#isOthers ? undefined : this.#name;
  }

  // A name chosen on another page belongs to that page's token; do not overwrite it from here.
  get #isOthers() {
    return this.#ownToken !== undefined && this.#sentToken !== this.#ownToken;
  }

  /** The connection was lost before the hello was answered. */
  onHelloLost() {
    // The server may have created a user whose token this page will never receive.
    if (this.#sentToken === undefined) this.#startGhost();
  }

  /**
   * Handles the answer to the hello.
   * @param {Pick<import("./frames.js").Hello, "you" | "resume">} hello
   * @returns {boolean} False if the server assigned another user than it should: send the hello again.
   */
  acceptHello({ you, resume }) {
    this.#isReturningGuest = false;
    // Another page on the same storage received its hello meanwhile: both pages must be the same user.
    if (this.#sentToken === undefined && this.#storage.token !== undefined) return false;
    const isStranger = this.me.value !== null && this.me.value.user !== you.user;
    if (isStranger) this.#startGhost();
    if (this.#isOthers) {
      this.#ownToken = undefined;
      // The server rejected the other page's token, and no name was requested with it.
      if (isStranger && this.#name !== undefined) return false;
      if (this.#name !== undefined) this.#name = you.name;
    }
    const { role } = you;
    const me = { ...memberOf(you), ...(role && { role }) };
    // The token of a member that makes a guest of the user is worthless for good.
    if (me.kind === "guest" && this.#sentToken === this.#storage.token) {
      this.#storage.forgetMember();
      this.#sentToken = this.#storage.token;
    }
    // The wanted name belongs to a member. Asked for again, it would lead to another guest name each time.
    if (me.kind === "guest" && this.#name && you.name !== normalized(this.#name)) {
      this.#name = undefined;
    }
    this.#isNameUnsaved = false;
    const isSaved = this.#save(resume, me, this.#sentToken);
    // One that was stored since the hello was sent is not in the token.
    const isOlder = this.#storage.newName === this.#storedName;
    if (isSaved && isOlder && me.kind === "guest") this.#storage.newName = undefined;
    this.me.set(me);
    return true;
  }

  /** @param {string | undefined} token The new token. */
  saveToken(token) {
    this.#isNameUnsaved = !this.#save(token, this.me.value, this.#ownToken);
  }

  /** @param {string | undefined} token @param {Me | null} me @param {string | undefined} previous */
  #save(token, me, previous) {
    if (token === undefined) return true;
    this.#ownToken = token;
    return this.#storage.saveToken(token, me?.kind === "member" ? me.user : null, previous);
  }

  /**
   * The server has refused the hello for good.
   * @param {{ code: string }} _error
   * @returns {boolean} Whether another hello may be accepted.
   */
  onRefused(_error) {
    return false;
  }

  /**
   * The server has closed the connection for good.
   * @param {number} code
   * @returns {boolean} Whether to reconnect: a newer token has made this page's worthless. Another page may have it. Otherwise it
   *   was used with a copy of the storage; a guest then comes back as a new user.
   */
  onClosed(code) {
    if (code !== SIGNED_OUT) return false;
    const { member, token } = this.#storage;
    if (this.#isReturningGuest) {
      if (token === this.#sentToken) {
        this.#storage.forgetGuest();
        this.#ownToken = undefined;
      }
      return true;
    }
    return member !== null && token !== this.#sentToken && token !== this.#ownToken;
  }

  /**
   * The user has joined a room, which has given a user who wants no certain name another one if the first was taken there.
   * @param {string} name
   */
  onJoinedAs(name) {
    const { value } = this.me;
    if (this.#name === undefined && value !== null && value.name !== name) {
      this.me.set({ ...value, name });
    }
  }

  /**
   * The server or another page has renamed the user.
   * @param {string} name
   * @returns {string | null} The wanted name, if the new one is temporary.
   */
  onRenamed(name) {
    const wantedName = this.me.value?.name ?? "";
    const stem = TEMPORARY_NAME.exec(name)?.[1];
    if (stem && wantedName !== name && wantedName.startsWith(stem)) return wantedName;
    this.setName(name);
    return null;
  }

  /** Records the user's current name. @param {string} name */
  setName(name) {
    this.#name = name;
    const { value } = this.me;
    // One that is stored already is older, and would otherwise be asked for again. Members have their names from the server.
    const isNameStored = this.#isNameUnsaved || this.#storage.newName !== undefined;
    if (isNameStored && value?.kind === "guest") this.#storage.newName = name;
    if (value === null || name.length > MAX_NAME_LENGTH) return;
    this.me.set({ ...value, name: normalized(name) });
  }

  /** Whether the name may still be held by this user's own earlier connection, which the server drops soon. */
  get hasGhost() {
    const passedMs = this.#platform.now() - this.#ghostSince;
    // Negative if the clock was set back.
    return passedMs >= 0 && passedMs < GHOST_MS;
  }

  #startGhost() {
    this.#ghostSince = this.#platform.now();
  }
}

/** A name as the server spells it. @param {string} name */
function normalized(name) {
  return name.trim().normalize("NFC");
}
