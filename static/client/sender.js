// @ts-check
/**
 * What waits to be sent on one connection, in its order and at the pace that the server allows. It is dropped when the
 * connection ends: who wants it sent on the next one says so there.
 * @module
 */

import { Pace } from "./pace.js";
import { Value } from "./values.js";

/** @typedef {import("./frames.js").Request} Request */

// About what the server charges for an entry on top of its text.
const FRAME_BYTES = 200;
// Kept up between delayed frames, so that a display does not flicker.
const SHOWN_MS = 1_000;

/** A queue in front of a socket. */
export class Sender {
  /** Whether frames wait because of the server's rate limits. */
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

  /** Charges messages that did not pass through this queue, or that count several times. @param {number} messages */
  charge(messages) {
    this.#pace.charge(messages, FRAME_BYTES);
  }

  /** Reports that a frame has to wait. @param {number} ms */
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
