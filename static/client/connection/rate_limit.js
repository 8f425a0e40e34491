// @ts-check
/**
 * Keeps the client below the server's rate limits, so that no request is refused with `slow_down`: two token buckets without a
 * clock, for messages and bytes. They are smaller than the server's, because frames can arrive in bursts and the server
 * adds up all connections of a user.
 * @module
 */

// The server's bursts are 3 s worth of messages and 16 s worth of bytes.
const MESSAGES_BURST_S = 2;
const BYTES_BURST_S = 8;

/** A token bucket. Callers pass the current time. */
class TokenBucket {
  #perSecond = 0;
  #capacity = 0;
  #tokens = 0;
  #filledAt = 0;

  /**
   * Fills the bucket.
   * @param {number} perSecond 0 for no limit.
   * @param {number} capacity
   * @param {number} spent Tokens that are already used.
   * @param {number} now Milliseconds.
   */
  reset(perSecond, capacity, spent, now) {
    this.#perSecond = perSecond;
    this.#capacity = Math.max(1, capacity);
    this.#tokens = this.#capacity - spent;
    this.#filledAt = now;
  }

  /**
   * Milliseconds until the cost is available; 0 if it is now. A cost above the capacity is available when the bucket is full.
   * @param {number} cost
   * @param {number} now
   */
  msUntil(cost, now) {
    if (this.#perSecond === 0) return 0;
    const passed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(this.#capacity, this.#tokens + passed * this.#perSecond / 1000);
    this.#filledAt = now;
    const missing = Math.min(cost, this.#capacity) - this.#tokens;
    return missing > 0 ? Math.ceil(missing * 1000 / this.#perSecond) : 0;
  }

  /** Takes tokens; the bucket may go into debt. @param {number} cost */
  spend(cost) {
    this.#tokens -= cost;
  }
}

/** The rate limits of one connection. */
export class RateLimit {
  #messages = new TokenBucket();
  #bytes = new TokenBucket();

  /**
   * Starts over: the server counts each connection separately.
   * @param {{ messagesPerSecond: number, bytesPerSecond?: number }} limits 0 for no limit.
   * @param {number} now Milliseconds.
   */
  reset({ messagesPerSecond, bytesPerSecond = 0 }, now) {
    // The hello and the first join have been sent already.
    this.#messages.reset(messagesPerSecond, MESSAGES_BURST_S * messagesPerSecond, 2, now);
    this.#bytes.reset(bytesPerSecond, BYTES_BURST_S * bytesPerSecond, 0, now);
  }

  /**
   * Takes the tokens for one frame, if available.
   * @param {number} bytes
   * @param {number} now
   * @returns {number} 0 if the frame may be sent, or the milliseconds until it may.
   */
  tryAcquire(bytes, now) {
    const ms = Math.max(this.#messages.msUntil(1, now), this.#bytes.msUntil(bytes, now));
    if (ms === 0) this.charge(1, bytes);
    return ms;
  }

  /** Charges frames that were sent without acquiring tokens. @param {number} messages @param {number} bytes */
  charge(messages, bytes) {
    this.#messages.spend(messages);
    this.#bytes.spend(bytes);
  }
}
