/**
 * Who makes requests about rooms, and how the events that they cause name users.
 * @module
 */
import type { Authority } from "../../core/auth/rights.ts";
import type { Author, UserId } from "../../core/log/entry.ts";
import type { Target } from "../../core/log/room_event.ts";
import type { RoomState } from "../../core/log/room_state.ts";
import { type Name, parseName, type RoomId } from "../../core/names/names.ts";
import type { KnownNames } from "../members/known_names.ts";
import type { WordFilter } from "../moderation/word_filter.ts";
import { nameOfId } from "./room_members.ts";

/** The user who makes a request about rooms, whether in one or not. */
export interface RoomUser extends Author {
  /** The user's role and rights. */
  readonly authority: Authority;
  /** Whether a closed room, with this state, lets the user in: the user is a member, and not banned. */
  readonly isAdmitted: (room: RoomId, state: RoomState) => boolean;
  /** The name of another user whom this one sees in a room. */
  readonly nameOf: (user: UserId) => Name | undefined;
  /** Charges for a room that does not expire; returns the milliseconds to wait, 0 for none. */
  readonly chargeRoom: () => number;
}

/** The user as the target of an event. */
export function targetOf({ user, name }: Author): Target {
  return { user, name };
}

/** Decides which names that requests give are used. */
export interface GivenNameContext {
  /** The names of members, which no other user is given. */
  readonly names: Pick<KnownNames, "isLookalike">;
  /** Decides which words names may contain. */
  readonly words: Pick<WordFilter, "allowsName">;
}

/**
 * A user by the name in one of the rooms of the caller, or else by the name that the request gives, unless that could be taken
 * for a member's. Otherwise the id is the name.
 */
export function knownAs(
  user: UserId,
  given: string | undefined,
  { nameOf }: RoomUser,
  { words, names }: GivenNameContext,
): Target {
  const seen = nameOf(user);
  if (seen !== undefined) return { user, name: seen };
  const name = given === undefined ? undefined : parseName(given);
  const isUsable = name && words.allowsName(name) && !names.isLookalike({ user, name });
  return { user, name: isUsable ? name : nameOfId(user) };
}
