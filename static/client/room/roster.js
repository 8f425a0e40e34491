// @ts-check
/**
 * The members of a room, merged from the list on joining and later presence frames. In a big room only the count is
 * exact, and the names are a sample.
 * @module
 */

import { memberOf } from "../user_kind.js";

/** @typedef {import("../frames.js").Member} Member */
/** @typedef {import("../frames.js").Person} Person */

/**
 * The members of a room. `isSampled`: there are more users than `members` lists.
 * @typedef {{ readonly count: number, readonly members: readonly Member[], readonly isSampled: boolean }} Roster
 */

// The maximum that the server lists. Presence frames of a big room name only some of the leaving users; the rest would stay forever.
const MAX_SAMPLED = 200;

/** An empty roster. @type {Roster} */
export const EMPTY_ROSTER = { count: 0, members: [], isSampled: false };

/**
 * The roster from the answer to a join or `who`.
 * @param {{ readonly count: number, readonly members: readonly Person[] }} frame
 * @returns {Roster}
 */
export function rosterOf({ count, members }) {
  return { count, members: members.map(memberOf), isSampled: count > members.length };
}

/**
 * The roster after users have joined or left, or got other roles.
 * @param {Roster} roster
 * @param {import("../frames.js").Presence} presence
 * @returns {Roster}
 */
export function withPresence(roster, { count, joined, left, changed = [], sampled }) {
  const members = new Map(roster.members.map((it) => [it.user, it]));
  for (const { user } of left) members.delete(user);
  const known = changed.filter(({ user }) => members.has(user));
  for (const it of [...known, ...joined]) members.set(it.user, memberOf(it));
  const named = [...members.values()];
  if (sampled !== true) return { count, members: named, isSampled: named.length < count };
  return { count, members: named.slice(-MAX_SAMPLED), isSampled: true };
}

/**
 * The roster after a user has changed their name.
 * @param {Roster} roster
 * @param {Person} renamed
 * @returns {Roster}
 */
export function withName(roster, { user, name }) {
  if (!roster.members.some((it) => it.user === user)) return roster;
  return {
    ...roster,
    members: roster.members.map((it) => it.user === user ? { ...it, name } : it),
  };
}
