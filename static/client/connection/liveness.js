// @ts-check
/**
 * Detects whether the server still responds. A connection on which packets are dropped stays open for the browser, so the
 * client sends `ping` whenever there is a reason for doubt. Any frame counts as an answer: a pong may wait behind
 * a long message.
 * @module
 */

// Added to the heartbeat interval before a silent server is probed.
const SILENCE_MARGIN_MS = 10_000;
// Timers stop while a computer sleeps: after waking up, silence is detected within this time.
const CHECK_INTERVAL_MS = 5_000;
// Time that a request may stay unanswered in silence before a probe, and then the timeout of the probe.
const ACK_TIMEOUT_MS = 2_000;
const ANSWER_TIMEOUT_MS = 3_000;
// Data sent earlier leaves before the ping. This is the throughput of a slow mobile connection.
const LENGTH_PER_SECOND = 8_000;
// On an even slower connection each timeout doubles, up to this factor.
const MAX_TIMEOUT_FACTOR = 8;
// Browsers report an unstable network again and again, and the server closes a connection that sends too much.
const MAX_PINGS = 6;
const PING_WINDOW_MS = 10_000;

/** Time the server has to answer when nothing suggests a lost connection. */
export const PROBE_TIMEOUT_MS = 5_000;

/** Watches the current connection. */
export class Liveness {
  #platform;
  #sendPing;
  #onLost;
  #heartbeatMs = 0;
  #receivedCount = 0;
  #receivedAt = 0;
  #stopSilenceTimer = () => {};
  #stopProbeTimer = () => {};
  #stopAnswerTimer = () => {};
  /** When the current probe ends; null if there is none. @type {number | null} */
  #probeUntil = null;
  /** The lengths of unanswered requests by id. @type {Map<string, number>} */
  #unanswered = new Map();
  #timeoutFactor = 1;
  /** The number of pings in the current window. */
  #pingCount = 0;
  #pingWindowStart = -Infinity;
  /** Whether a ping was suppressed by the limit. */
  #isPingDue = false;

  /**
   * @param {import("./platform.js").Platform} platform
   * @param {() => void} sendPing Sends a ping.
   * @param {() => void} onLost Called when the server does not answer.
   */
  constructor(platform, sendPing, onLost) {
    this.#platform = platform;
    this.#sendPing = sendPing;
    this.#onLost = onLost;
  }

  /** A connection was opened. @param {number} heartbeatMs After this much silence the server itself sends a ping. */
  start(heartbeatMs) {
    this.#heartbeatMs = heartbeatMs + SILENCE_MARGIN_MS;
    this.onMessage();
    this.#checkSilence();
  }

  /** The connection has ended. */
  stop() {
    this.#stopSilenceTimer();
    this.#stopProbeTimer();
    this.#stopAnswerTimer();
    this.#heartbeatMs = 0;
    this.#probeUntil = null;
    this.#unanswered.clear();
  }

  /** The server has sent something. */
  onMessage() {
    this.#receivedCount += 1;
    this.#receivedAt = this.#platform.now();
  }

  /** The server has answered a ping. */
  onPong() {
    this.#stopProbeTimer();
    this.#probeUntil = null;
  }

  /** A request with a short, quick answer was sent. @param {string} id @param {number} length */
  onSent(id, length) {
    this.#unanswered.set(id, length);
    if (this.#unanswered.size === 1) this.#watchUnanswered();
  }

  /** A request was answered. @param {string | undefined} id */
  onAnswered(id) {
    if (!this.#unanswered.delete(id ?? "") || this.#unanswered.size > 0) return;
    this.#stopAnswerTimer();
    this.#timeoutFactor = 1;
  }

  /** Pings the server, unless a probe with less time left is running. @param {number} ms Time to answer. */
  probe(ms) {
    if (this.#heartbeatMs === 0) return;
    const until = this.#platform.now() + ms;
    if (this.#probeUntil !== null && this.#probeUntil <= until) return;
    if (this.#probeUntil === null) {
      this.#isPingDue = !this.#canPing();
      if (this.#isPingDue) return;
      // A pong proves that all earlier frames have arrived.
      this.#unanswered.clear();
      this.#stopAnswerTimer();
      this.#sendPing();
    }
    this.#probeUntil = until;
    this.#awaitAnswer(ms);
  }

  #canPing() {
    const now = this.#platform.now();
    // Absolute difference: the clock may have been set back.
    if (Math.abs(now - this.#pingWindowStart) >= PING_WINDOW_MS) {
      this.#pingWindowStart = now;
      this.#pingCount = 0;
    }
    this.#pingCount += 1;
    return this.#pingCount <= MAX_PINGS;
  }

  /** @param {number} ms */
  #awaitAnswer(ms) {
    // Do not compare times: a frame may arrive in the same millisecond as the previous one.
    const receivedCount = this.#receivedCount;
    this.#stopProbeTimer();
    this.#stopProbeTimer = this.#platform.after(
      () => {
        // The pong may wait behind a long message. But data sent before the network was lost may arrive too.
        if (this.#receivedCount !== receivedCount) return this.#awaitAnswer(ms);
        this.#probeUntil = null;
        this.#onLost();
      },
      ms,
      true,
    );
  }

  #watchUnanswered() {
    const receivedCount = this.#receivedCount;
    this.#stopAnswerTimer = this.#platform.after(
      () => {
        if (this.#receivedCount !== receivedCount) return this.#watchUnanswered();
        let length = 0;
        for (const it of this.#unanswered.values()) length += it;
        const ms = ANSWER_TIMEOUT_MS * this.#timeoutFactor +
          1_000 * Math.floor(length / LENGTH_PER_SECOND);
        this.#timeoutFactor = Math.min(2 * this.#timeoutFactor, MAX_TIMEOUT_FACTOR);
        this.probe(ms);
      },
      ACK_TIMEOUT_MS,
      true,
    );
  }

  #checkSilence() {
    const now = this.#platform.now();
    // If the clock was set back, the silence counts from now.
    this.#receivedAt = Math.min(this.#receivedAt, now);
    const remainingMs = this.#receivedAt + this.#heartbeatMs - now;
    if (remainingMs <= 0 || this.#isPingDue) this.probe(PROBE_TIMEOUT_MS);
    const ms = remainingMs <= 0 ? CHECK_INTERVAL_MS : Math.min(remainingMs, CHECK_INTERVAL_MS);
    this.#stopSilenceTimer = this.#platform.after(() => this.#checkSilence(), ms);
  }
}
