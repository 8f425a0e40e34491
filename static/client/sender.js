// @ts-check
/**
 * What waits to be sent on one connection, in its order and at the pace that the server allows. It is dropped when the
 * connection ends: who wants it sent on the next one says so there.
 * @module
 */

import { Pace } from "./pace.js";

/** @typedef {import("./frames.js").Request} Request */

/** A queue in front of a socket. */
export class Sender {
  #write;
  #surroundings;
  #pace = new Pace();
  /** @type {{ frame: Request, go?: () => boolean }[]} */
  #queue = [];
  #stop = () => {};

  /**
   * @param {(frame: Request) => void} write
   * @param {import("./surroundings.js").Surroundings} surroundings
   */
  constructor(write, surroundings) {
    this.#write = write;
    this.#surroundings = surroundings;
  }

  /**
   * A connection begins.
   * @param {number} messagesPerSecond 0 for no limit.
   */
  begin(messagesPerSecond) {
    this.#pace.begin(messagesPerSecond, this.#surroundings.now());
  }

  /** It has ended. */
  clear() {
    this.#stop();
    this.#queue = [];
  }

  /**
   * Sends in its turn.
   * @param {Request} frame
   * @param {() => boolean} [go] Called right before it is sent; false where that is not wanted any more.
   */
  send(frame, go) {
    this.#queue.push({ frame, go });
    if (this.#queue.length === 1) this.#flush();
  }

  /**
   * Sends only what may go at once: for what would be stale later.
   * @param {Request} frame
   */
  sendNow(frame) {
    const isFree = this.#queue.length === 0 && this.#pace.take(this.#surroundings.now()) === 0;
    if (isFree) this.#write(frame);
  }

  #flush() {
    this.#stop();
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const ms = this.#pace.take(this.#surroundings.now());
      if (ms > 0) {
        this.#stop = this.#surroundings.after(() => this.#flush(), ms);
        return;
      }
      this.#queue.shift();
      if (next.go?.() ?? true) this.#write(next.frame);
    }
  }
}
