// @ts-check
/**
 * What waits to be sent on one connection, in its order and at the pace that the server allows. It is dropped when the
 * connection ends: who wants it sent on the next one says so there.
 * @module
 */

import { Pace } from "./pace.js";
import { Value } from "./values.js";

/** @typedef {import("./frames.js").Request} Request */

// What the server counts for an entry beside its text is about as much.
const FRAME_BYTES = 200;
// Shown for as long after the last frame that had to wait, since the next one mostly has to as well.
const SHOWN_MS = 1_000;

/** A queue in front of a socket. */
export class Sender {
  /** Whether what is sent has to wait for the server's limits. */
  isSlowed = new Value(false);
  #write;
  #surroundings;
  #pace = new Pace();
  /** @type {{ frame: Request, go?: () => boolean }[]} */
  #queue = [];
  #stop = () => {};
  #stopShowing = () => {};

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
   * @param {{ messagesPerSecond: number, bytesPerSecond?: number }} limits 0 for no limit.
   */
  begin(limits) {
    this.#pace.begin(limits, this.#surroundings.now());
  }

  /** It has ended. */
  clear() {
    this.#stop();
    this.#stopShowing();
    this.#queue = [];
    this.isSlowed.set(false);
  }

  /** The server counts so many messages more: for what went past this queue, or has to be done in many rooms. @param {number} messages */
  charge(messages) {
    this.#pace.charge(messages, FRAME_BYTES);
  }

  /** Something has to wait. @param {number} ms */
  slow(ms) {
    this.#stopShowing();
    this.#stopShowing = this.#surroundings.after(() => this.isSlowed.set(false), ms + SHOWN_MS);
    this.isSlowed.set(true);
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
    if (this.#queue.length === 0 && this.#msUntil(frame) === 0) this.#write(frame);
  }

  #flush() {
    this.#stop();
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const ms = this.#msUntil(next.frame);
      if (ms > 0) {
        this.#stop = this.#surroundings.after(() => this.#flush(), ms);
        return this.slow(ms);
      }
      this.#queue.shift();
      if (next.go?.() ?? true) this.#write(next.frame);
    }
  }

  /** @param {Request} frame */
  #msUntil(frame) {
    const bytes = new TextEncoder().encode(JSON.stringify(frame)).length + FRAME_BYTES;
    return this.#pace.take(bytes, this.#surroundings.now());
  }
}
