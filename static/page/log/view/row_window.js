// @ts-check
/**
 * Decides which of a room's messages are in the DOM: never more than a phone can handle. Messages are identified by their
 * ordinals, which do not change when others are added; a span's `to` is the ordinal after its last message.
 * @module
 */

/** @typedef {{readonly from: number, readonly to: number}} OrdinalSpan */

/** Maximum number of messages in the DOM. */
export const MAX_ROWS = 300;
// The newest rows, enough to fill most windows, so that the first rendering is fast; more follow. And those around a message.
const NEWEST_ROWS = 16;
const FIRST_ROWS = 100;
// Rows per step. A row takes about 1 ms, and a step must not be noticeable.
const STEP = 25;

/**
 * The span of the newest messages.
 * @param {OrdinalSpan} all
 * @returns {OrdinalSpan}
 */
export function spanAtEnd(all) {
  return { from: Math.max(all.from, all.to - NEWEST_ROWS), to: all.to };
}

/**
 * The span around a message.
 * @param {number} ordinal
 * @param {OrdinalSpan} all
 * @returns {OrdinalSpan}
 */
export function spanAround(ordinal, all) {
  const from = Math.max(all.from, Math.min(ordinal - STEP, all.to - FIRST_ROWS));
  return { from, to: Math.min(all.to, from + FIRST_ROWS) };
}

/**
 * Extends the span on one side by a step, and shortens the other side to keep the maximum.
 * @param {OrdinalSpan} span
 * @param {OrdinalSpan} all
 * @param {"older" | "newer"} side
 * @returns {OrdinalSpan} The same span if that side has no more messages.
 */
export function growSpan(span, all, side) {
  if (side === "older" ? span.from <= all.from : span.to >= all.to) return span;
  if (side === "older") {
    const from = Math.max(all.from, span.from - STEP);
    return { from, to: Math.min(span.to, from + MAX_ROWS) };
  }
  const to = Math.min(all.to, span.to + STEP);
  return { from: Math.max(span.from, to - MAX_ROWS), to };
}

/**
 * The span after messages were added or removed at either end. A reader who follows the end gets the newest messages. For
 * other readers, new messages are added up to the maximum, and none in view are removed.
 * @param {OrdinalSpan} span
 * @param {OrdinalSpan} all The loaded messages after the change.
 * @param {{isFollowing: boolean, wasAtEnd: boolean}} reader
 * @returns {OrdinalSpan}
 */
export function adjustSpan(span, all, { isFollowing, wasAtEnd }) {
  const from = Math.min(Math.max(span.from, all.from), all.to);
  if (isFollowing) {
    // Remove half of them at once: removing one per new message would cost work for each.
    return all.to - from > MAX_ROWS
      ? { from: all.to - MAX_ROWS / 2, to: all.to }
      : { from, to: all.to };
  }
  const to = wasAtEnd ? Math.min(all.to, Math.max(span.to, from + MAX_ROWS)) : span.to;
  return { from, to: Math.max(from, Math.min(to, all.to)) };
}
