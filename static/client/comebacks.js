// @ts-check
/**
 * When to come back after a connection has ended, and when not. Pure: the draw comes from outside.
 * @module
 */

const SHORTEST_MS = 500;
// Unless the server asks for more.
const LONGEST_MS = 20_000;

const AGAIN_MS = 1_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

// RFC 6455: what we sent could not be understood (1003), broke a rule (1008), was too long (1009). It would only happen again.
const FINAL_CODES = new Set([1003, 1008, 1009]);

/**
 * The wait before a refused request is repeated.
 * @param {{ afterMs?: number }} fault
 * @returns {number} Milliseconds.
 */
export function pauseMs({ afterMs = AGAIN_MS }) {
  return Number.isFinite(afterMs) ? Math.min(Math.max(0, afterMs), LONGEST_PAUSE_MS) : AGAIN_MS;
}

/**
 * Whether a connection that ended with this code may be made again. 4500 and above are the server's own way to say no.
 * @param {number} code Of the WebSocket's close.
 * @returns {boolean}
 */
export function mayComeBack(code) {
  return code < 4500 && !FINAL_CODES.has(code);
}

/**
 * The wait before a try: drawn evenly below a ceiling that doubles (full jitter), so that all who were cut off in one moment do
 * not come back in one moment.
 * @param {number} attempt 0 for the first one.
 * @param {number} drawn From 0 up to 1.
 * @param {number} [hintMs] Not before so long, as the server has asked.
 * @returns {number} Milliseconds.
 */
export function waitMs(attempt, drawn, hintMs = 0) {
  const ceiling = Math.min(LONGEST_MS, 2 * SHORTEST_MS * 2 ** attempt);
  return Math.round(Math.max(SHORTEST_MS, hintMs) + drawn * (ceiling - SHORTEST_MS));
}
