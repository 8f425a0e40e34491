// @ts-check
/**
 * The outgoing frames of one connection, in order and within the server's rate limits. The queue is dropped when the
 * connection ends: whatever is still needed must be sent again on the next one.
 * @module
 */

import { retryDelayMs } from "./reconnect.js";
import { RateLimit } from "./rate_limit.js";
import { Value } from "../observable.js";

/** @typedef {import("../frames.js").Request} Request */

// Approximately what the server charges for an entry on top of its text.
const FRAME_BYTES = 200;
// Keep the flag up between delayed frames, so that a display does not flicker.
const SLOWED_SHOWN_MS = 1_000;

/** A rate-limited queue in front of a socket. */
export class SendQueue {
  /** Whether frames wait because of the server's rate limits. */
  isSlowed = new Value(false);
  #write;
  #platform;
  #rateLimit = new RateLimit();
  /** @type {{ frame: Request, beforeSend?: () => boolean }[]} */
  #queue = [];
  #pausedAt = 0;
  #pauseMs = 0;
  #stopTimer = () => {};
  #stopSlowedTimer = () => {};

  /**
   * @param {(frame: Request) => void} write
   * @param {import("./platform.js").Platform} platform
   */
  constructor(write, platform) {
    this.#write = write;
    this.#platform = platform;
  }

  /**
   * Starts sending on a new connection.
   * @param {{ messagesPerSecond: number, bytesPerSecond?: number }} limits 0 for no limit.
   */
  start(limits) {
    this.#rateLimit.reset(limits, this.#platform.now());
  }

  /** Drops all frames: the connection has ended. */
  clear() {
    this.#stopTimer();
    this.#stopSlowedTimer();
    this.#queue = [];
    this.#pauseMs = 0;
    this.isSlowed.set(false);
  }

  /** Charges messages that did not pass through this queue, or that count several times. @param {number} messages */
  charge(messages) {
    this.#rateLimit.charge(messages, FRAME_BYTES);
  }

  /**
   * Pauses for as long as the server asks, if the limit applies to the whole connection; otherwise only the room waits.
   * @param {import("../frames.js").Fault} fault `slow_down`.
   */
  onSlowDown(fault) {
    const ms = retryDelayMs(fault);
    const now = this.#platform.now();
    if (fault.scope === "connection" && ms > this.#pauseLeftMs(now)) {
      this.#pausedAt = now;
      this.#pauseMs = ms;
    }
    this.showSlowed(ms);
  }

  /** Reports that a frame has to wait. @param {number} ms */
  showSlowed(ms) {
    this.#stopSlowedTimer();
    this.#stopSlowedTimer = this.#platform.after(
      () => this.isSlowed.set(false),
      ms + SLOWED_SHOWN_MS,
    );
    this.isSlowed.set(true);
  }

  /**
   * Queues a frame.
   * @param {Request} frame
   * @param {() => boolean} [beforeSend] Called right before sending; false cancels it.
   */
  send(frame, beforeSend) {
    this.#queue.push({ frame, beforeSend });
    if (this.#queue.length === 1) this.#flush();
  }

  /**
   * Sends the frame only if it can go at once: for frames that would be stale later.
   * @param {Request} frame
   */
  sendNow(frame) {
    if (this.#queue.length === 0 && this.#msUntil(frame) === 0) this.#write(frame);
  }

  #flush() {
    this.#stopTimer();
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const ms = this.#msUntil(next.frame);
      if (ms > 0) {
        this.#stopTimer = this.#platform.after(() => this.#flush(), ms);
        return this.showSlowed(ms);
      }
      this.#queue.shift();
      if (next.beforeSend?.() ?? true) this.#write(next.frame);
    }
  }

  /** @param {Request} frame */
  #msUntil(frame) {
    const now = this.#platform.now();
    const pauseLeftMs = this.#pauseLeftMs(now);
    if (pauseLeftMs > 0) return pauseLeftMs;
    const bytes = new TextEncoder().encode(JSON.stringify(frame)).length + FRAME_BYTES;
    return this.#rateLimit.tryAcquire(bytes, now);
  }

  /** The rest of the pause; 0 if the clock was set back. @param {number} now */
  #pauseLeftMs(now) {
    const passedMs = now - this.#pausedAt;
    return passedMs < 0 ? 0 : Math.max(0, this.#pauseMs - passedMs);
  }
}
