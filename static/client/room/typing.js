// @ts-check
/**
 * The users who are typing in one room. Each is removed after a timeout, as docs/reference/protocol.md requires, since
 * the frame that reports the end may be lost. Also limits how often the client reports its own typing.
 * @module
 */

import { Value } from "../observable.js";
import { memberOf } from "../user_kind.js";

/** @typedef {import("../frames.js").Member} Member */

// The server forwards at most one report every 2 s, and the receivers remove it after a few seconds.
const REPEAT_MS = 3_000;

/** The typing users of one room. */
export class TypingUsers {
  /** The typing users, without this one. @type {Value<readonly Member[]>} */
  users = new Value(/** @type {readonly Member[]} */ ([]));
  #platform;
  /** @type {Map<string, () => void>} */
  #timers = new Map();
  #sentAt = -Infinity;

  /** @param {import("../connection/platform.js").Platform} platform */
  constructor(platform) {
    this.#platform = platform;
  }

  /** @param {import("../frames.js").Typing} frame */
  onTyping({ user, name, on, ms }) {
    if (!on) return this.remove(user);
    const isNew = !this.#timers.has(user);
    this.#timers.get(user)?.();
    this.#timers.set(user, this.#platform.after(() => this.remove(user), ms));
    // Do not notify again for a user who is still typing.
    if (isNew) this.users.set([...this.users.value, memberOf({ user, name })]);
  }

  /** @param {string} user */
  remove(user) {
    this.#timers.get(user)?.();
    if (!this.#timers.delete(user)) return;
    this.users.set(this.users.value.filter((it) => it.user !== user));
  }

  /** Removes all users. */
  clear() {
    for (const user of [...this.#timers.keys()]) this.remove(user);
    this.#sentAt = -Infinity;
  }

  /** Whether to report this user's typing again. */
  claimOwn() {
    if (this.#wasSent()) return false;
    this.#sentAt = this.#platform.now();
    return true;
  }

  /** The text was sent or discarded: the next keystroke is reported at once. @returns {boolean} Whether typing had been reported. */
  stopOwn() {
    const wasSent = this.#wasSent();
    this.#sentAt = -Infinity;
    return wasSent;
  }

  #wasSent() {
    const passedMs = this.#platform.now() - this.#sentAt;
    // Negative if the clock was set back.
    return passedMs >= 0 && passedMs < REPEAT_MS;
  }
}
