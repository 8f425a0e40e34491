// @ts-check
/**
 * When to reconnect after a connection has ended, and when not to. Pure: callers pass the random number.
 * @module
 */

const MIN_DELAY_MS = 500;
// Unless the server asks for more.
const MAX_DELAY_MS = 20_000;

const DEFAULT_RETRY_MS = 1_000;
const MAX_RETRY_MS = 10 * 60_000;

// RFC 6455: our message was not understood (1003), broke a rule (1008) or was too long (1009). Reconnecting would not help.
const FINAL_CODES = new Set([1003, 1008, 1009]);

/**
 * The delay before a refused request is repeated.
 * @param {{ afterMs?: number }} fault
 * @returns {number} Milliseconds.
 */
export function retryDelayMs({ afterMs = DEFAULT_RETRY_MS }) {
  return Number.isFinite(afterMs) ? Math.min(Math.max(0, afterMs), MAX_RETRY_MS) : DEFAULT_RETRY_MS;
}

/**
 * Whether to reconnect after this close code. With 4500 and above, the server refuses for good.
 * @param {number} code The WebSocket's close code.
 * @returns {boolean}
 */
export function shouldReconnect(code) {
  return code < 4500 && !FINAL_CODES.has(code);
}

/**
 * The delay before an attempt: drawn evenly below a ceiling that doubles (full jitter), so that clients disconnected at the same
 * time do not return at the same time.
 * @param {number} attempt 0 for the first one.
 * @param {number} random From 0 up to 1.
 * @param {number} [minDelayMs] Minimum delay, as requested by the server.
 * @returns {number} Milliseconds.
 */
export function reconnectDelayMs(attempt, random, minDelayMs = 0) {
  const ceiling = Math.min(MAX_DELAY_MS, 2 * MIN_DELAY_MS * 2 ** attempt);
  return Math.round(Math.max(MIN_DELAY_MS, minDelayMs) + random * (ceiling - MIN_DELAY_MS));
}
