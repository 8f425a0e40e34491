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
/** As the server's, which closes the connection on a longer message. @type {import("../frames.js").Fault} */
export const TOO_LONG_FAULT = { type: "fault", code: "too_long", message: "the text is too long" };
// Keep the flag up between delayed frames, so that a display does not flicker.
const SLOWED_SHOWN_MS = 1_000;

/** A rate-limited queue in front of a socket. */
export class SendQueue {
  /** Whether frames wait because of the server's rate limits. */
  isSlowed = new Value(false);
  #write;
  #platform;
  #rateLimit = new RateLimit();
  /** The limit of the latest connection: the hello of the next one cannot exceed it either. */
  #maxBytes = Infinity;
  /** @type {{ frame: Request, text: string, beforeSend?: () => boolean }[]} */
  #queue = [];
  #pausedAt = 0;
  #pauseMs = 0;
  #stopTimer = () => {};
  #stopSlowedTimer = () => {};

  /**
   * @param {(frame: Request, text?: string) => void} write
   * @param {import("./platform.js").Platform} platform
   */
  constructor(write, platform) {
    this.#write = write;
    this.#platform = platform;
  }

  /**
   * Starts sending on a new connection.
   * @param {import("../frames.js").Limits} limits
   */
  start(limits) {
    this.#maxBytes = limits.maxMessageBytes;
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

  /** Whether the server would close the connection on this frame. Throws if it cannot be written as JSON. @param {Request} frame */
  isTooLong(frame) {
    return sizeOf(JSON.stringify(frame)) > this.#maxBytes;
  }

  /**
   * Queues a frame, as it is now.
   * @param {Request} frame Not too long.
   * @param {() => boolean} [beforeSend] Called right before sending; false cancels it.
   */
  send(frame, beforeSend) {
    // First: a frame that cannot be written must not stay at the head of the queue.
    const text = JSON.stringify(frame);
    this.#queue.push({ frame, text, beforeSend });
    if (this.#queue.length === 1) this.#flush();
  }

  /**
   * Sends the frame only if it can go at once: for frames that would be stale later.
   * @param {Request} frame
   */
  sendNow(frame) {
    const isFirst = this.#queue.length === 0;
    if (isFirst && this.#msUntil(JSON.stringify(frame)) === 0) this.#write(frame);
  }

  #flush() {
    this.#stopTimer();
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const ms = this.#msUntil(next.text);
      if (ms > 0) {
        this.#stopTimer = this.#platform.after(() => this.#flush(), ms);
        return this.showSlowed(ms);
      }
      this.#queue.shift();
      if (next.beforeSend?.() ?? true) this.#write(next.frame, next.text);
    }
  }

  /** @param {string} text */
  #msUntil(text) {
    const now = this.#platform.now();
    const pauseLeftMs = this.#pauseLeftMs(now);
    if (pauseLeftMs > 0) return pauseLeftMs;
    return this.#rateLimit.tryAcquire(sizeOf(text) + FRAME_BYTES, now);
  }

  /** The rest of the pause; 0 if the clock was set back. @param {number} now */
  #pauseLeftMs(now) {
    const passedMs = now - this.#pausedAt;
    return passedMs < 0 ? 0 : Math.max(0, this.#pauseMs - passedMs);
  }
}

/** In UTF-8. @param {string} text */
function sizeOf(text) {
  return new TextEncoder().encode(text).length;
}
