// @ts-check
/**
 * Who is in a room, merged from what the server tells: the list on joining, then who comes and goes. In a big room only the
 * count is whole, and names are a sample.
 * @module
 */

/** @typedef {import("./frames.js").Member} Member */

/**
 * Who is here. `isSampled`: there are more people than `members` names.
 * @typedef {{ readonly count: number, readonly members: readonly Member[], readonly isSampled: boolean }} Roster
 */

// As many as the server itself names at most. Where only some are named who go, the others would stay for ever.
const MAX_SAMPLED = 200;

/** Nobody. @type {Roster} */
export const NOBODY = { count: 0, members: [], isSampled: false };

/**
 * As a joining, or the answer to `who`, tells it.
 * @param {{ readonly count: number, readonly members: readonly Member[] }} told
 * @returns {Roster}
 */
export function rosterOf({ count, members }) {
  return { count, members, isSampled: count > members.length };
}

/**
 * After somebody has come or gone.
 * @param {Roster} roster
 * @param {import("./frames.js").Presence} presence
 * @returns {Roster}
 */
export function withPresence(roster, { count, joined, left, sampled }) {
  const members = new Map(roster.members.map((it) => [it.user, it]));
  for (const { user } of left) members.delete(user);
  for (const it of joined) members.set(it.user, it);
  const named = [...members.values()];
  if (sampled !== true) return { count, members: named, isSampled: named.length < count };
  return { count, members: named.slice(-MAX_SAMPLED), isSampled: true };
}

/**
 * After somebody has taken another name.
 * @param {Roster} roster
 * @param {Member} renamed
 * @returns {Roster}
 */
export function withName(roster, { user, name }) {
  if (!roster.members.some((it) => it.user === user)) return roster;
  return {
    ...roster,
    members: roster.members.map((it) => it.user === user ? { user, name } : it),
  };
}
