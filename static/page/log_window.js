// @ts-check
/**
 * Which of a room's messages stand in the page: never so many that a phone would feel it. Messages are meant by their
 * places, which stay when others come before or after them; a span's `to` is the place after its last message.
 * @module
 */

/** @typedef {{readonly from: number, readonly to: number}} Span */

/** So many messages stand in the page at most. */
export const MAX_ROWS = 300;
// The newest, which most windows are filled with, so that they are seen soon; more come right after. And those around a message.
const NEWEST_ROWS = 16;
const FIRST_ROWS = 100;
// Each of them costs a millisecond or so, and a step must not be felt.
const STEP = 25;

/**
 * The newest ones.
 * @param {Span} all
 * @returns {Span}
 */
export function atEnd(all) {
  return { from: Math.max(all.from, all.to - NEWEST_ROWS), to: all.to };
}

/**
 * Those around a place.
 * @param {number} place
 * @param {Span} all
 * @returns {Span}
 */
export function around(place, all) {
  const from = Math.max(all.from, Math.min(place - STEP, all.to - FIRST_ROWS));
  return { from, to: Math.min(all.to, from + FIRST_ROWS) };
}

/**
 * Some more at the near side, and so many fewer at the far one that they are not too many.
 * @param {Span} span
 * @param {Span} all
 * @param {"older" | "newer"} side
 * @returns {Span} The same one where there are no more on that side.
 */
export function grown(span, all, side) {
  if (side === "older" ? span.from <= all.from : span.to >= all.to) return span;
  if (side === "older") {
    const from = Math.max(all.from, span.from - STEP);
    return { from, to: Math.min(span.to, from + MAX_ROWS) };
  }
  const to = Math.min(all.to, span.to + STEP);
  return { from: Math.max(span.from, to - MAX_ROWS), to };
}

/**
 * The span after messages came or went at either end. Who follows the end has the newest; who reads elsewhere gets what
 * comes behind it as long as that is not too many, and has to lose nothing for it.
 * @param {Span} span
 * @param {Span} all As they now are.
 * @param {{isFollowing: boolean, wasAtEnd: boolean}} reader
 * @returns {Span}
 */
export function kept(span, all, { isFollowing, wasAtEnd }) {
  const from = Math.min(Math.max(span.from, all.from), all.to);
  if (isFollowing) {
    // Half of them at once, since to take one out for each that comes would be work for each.
    return all.to - from > MAX_ROWS
      ? { from: all.to - MAX_ROWS / 2, to: all.to }
      : { from, to: all.to };
  }
  const to = wasAtEnd ? Math.min(all.to, Math.max(span.to, from + MAX_ROWS)) : span.to;
  return { from, to: Math.max(from, Math.min(to, all.to)) };
}
