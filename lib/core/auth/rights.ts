/**
 * What a user may do in which room. A token states grants; each allows some actions in the rooms that it matches, and
 * nothing takes an action away. Everything that asks for permission asks {@linkcode isAllowed}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rights = [{ match: "team-*", allow: ["read", "send"] }] as const;
 * assert.equal(isAllowed(rights, "send", "team-red"), true);
 * assert.equal(isAllowed(rights, "react", "team-red"), false);
 * assert.equal(isAllowed(rights, "read", "lobby"), false);
 * ```
 * @module
 */
/** Everything that can be granted in a room. */
export const ROOM_ACTIONS = ["read", "send", "react", "invite", "moderate"] as const;

/** An action in a room. */
export type RoomAction = typeof ROOM_ACTIONS[number];

/** Allows actions in the rooms that it matches. */
export interface RoomGrant {
  /** A room, or the beginning of rooms and a `*`. */
  readonly match: string;
  /** The allowed actions. */
  readonly allow: readonly RoomAction[];
}

/** The grants of a user; null for a user without restrictions. */
export type Rights = readonly RoomGrant[] | null;

/** Whether any of the grants allows an action in a room. */
export function isAllowed(rights: Rights, action: RoomAction, room: string): boolean {
  if (rights === null) return true;
  const name = room.toLowerCase();
  return rights.some(({ match, allow }) => allow.includes(action) && matches(match, name));
}

function matches(pattern: string, room: string): boolean {
  return pattern.endsWith("*") ? room.startsWith(pattern.slice(0, -1)) : room === pattern;
}
