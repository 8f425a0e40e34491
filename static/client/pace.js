// @ts-check
/**
 * Keeps to the server's `messagesPerSecond`, so that nothing is refused with `slow_down`. A token bucket that reads no clock. It
 * is smaller than the server's, because frames that left in a row may arrive in a crowd.
 * @module
 */

/** How fast may be sent. */
export class Pace {
  #perSecond = 0;
  #tokens = 0;
  #filledAt = 0;

  /**
   * Begins anew: the server counts each connection for itself.
   * @param {number} perSecond 0 for no limit.
   * @param {number} now Milliseconds.
   */
  begin(perSecond, now) {
    this.#perSecond = perSecond;
    // The hello and the first joining have been sent already.
    this.#tokens = this.#capacity - 2;
    this.#filledAt = now;
  }

  get #capacity() {
    return Math.max(1, 2 * this.#perSecond);
  }

  /**
   * Takes leave to send one frame, if there is any.
   * @param {number} now
   * @returns {number} 0 if it may be sent, or else the milliseconds until it may.
   */
  take(now) {
    if (this.#perSecond === 0) return 0;
    const passed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(this.#capacity, this.#tokens + passed * this.#perSecond / 1000);
    this.#filledAt = now;
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) * 1000 / this.#perSecond);
    this.#tokens -= 1;
    return 0;
  }
}
