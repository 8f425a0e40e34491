// @ts-check
/**
 * Who is writing in a room. Each is taken back when its time is over, as docs/protocol.md asks, since the word that it has
 * stopped may be lost; and how often one tells the others is limited here.
 * @module
 */

import { Value } from "./values.js";

/** @typedef {import("./frames.js").Member} Member */

// The server passes one on at most each 2 s, and the others take it back after a few.
const REPEAT_MS = 3_000;

/** The writers of one room. */
export class Typists {
  /** Without oneself. @type {Value<readonly Member[]>} */
  value = new Value(/** @type {readonly Member[]} */ ([]));
  #surroundings;
  /** @type {Map<string, () => void>} */
  #timers = new Map();
  #toldAt = -Infinity;

  /** @param {import("./surroundings.js").Surroundings} surroundings */
  constructor(surroundings) {
    this.#surroundings = surroundings;
  }

  /** @param {import("./frames.js").Typing} frame */
  take({ user, name, on, ms }) {
    if (!on) return this.stop(user);
    const isNew = !this.#timers.has(user);
    this.#timers.get(user)?.();
    this.#timers.set(user, this.#surroundings.after(() => this.stop(user), ms));
    // One who goes on writing is no news.
    if (isNew) this.value.set([...this.value.value, { user, name }]);
  }

  /** @param {string} user */
  stop(user) {
    this.#timers.get(user)?.();
    if (!this.#timers.delete(user)) return;
    this.value.set(this.value.value.filter((it) => it.user !== user));
  }

  /** Nobody any more. */
  clear() {
    for (const user of [...this.#timers.keys()]) this.stop(user);
    this.#toldAt = -Infinity;
  }

  /** Whether it is time to tell the others again that one writes. */
  isDue() {
    if (this.#wasTold()) return false;
    this.#toldAt = this.#surroundings.now();
    return true;
  }

  /** What was written is sent, or given up: the next word is told at once. @returns {boolean} Whether the others were told. */
  rest() {
    const wasTold = this.#wasTold();
    this.#toldAt = -Infinity;
    return wasTold;
  }

  #wasTold() {
    const passedMs = this.#surroundings.now() - this.#toldAt;
    // Less than nothing where the clock was put back.
    return passedMs >= 0 && passedMs < REPEAT_MS;
  }
}
