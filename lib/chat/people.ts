/**
 * The people in a room, as told to a member that joins. What a newcomer would get wrong: a long replay can lie between
 * that list and the first live presence, so changes in between must be announced when the member is in.
 * @module
 */
import type { Author, UserId } from "../core/entries.ts";
import type { FrameOf } from "../core/frames.ts";
import type { Name, RoomId } from "../core/names.ts";

/** Maximum number of people listed in an answer. */
export const MAX_LISTED = 200;
/** Number listed in `joined` if there are more: a socket keeps the memory of the longest message that it was sent. */
const SAMPLE = 20;

/** The people of a room at one moment. */
export interface People {
  /** Number of people. */
  readonly count: number;
  /** All or some of them; none if they are not wanted. */
  readonly listed: readonly Author[];
}

/** Who is in a room, as its attendance knows it. */
export interface Roll {
  /** Number of people. */
  readonly count: number;
  /** The first ones, up to the limit. */
  list(limit: number): readonly Author[];
}

/** The people of a room, for a member that joins. @param areWanted Whether to list them, which is expensive. */
export function peopleOf(roll: Roll, areWanted: boolean): People {
  const { count } = roll;
  const listed = areWanted ? roll.list(count > MAX_LISTED ? SAMPLE : MAX_LISTED) : [];
  return { count, listed };
}

/** The presence frame that updates an earlier list; undefined if nothing has changed. */
export function presenceSince(
  room: RoomId,
  told: People,
  now: People,
): FrameOf<"presence"> | undefined {
  const { count } = now;
  if (Math.max(told.count, count) > MAX_LISTED) {
    if (told.count === count) return undefined;
    return { type: "presence", room, count, joined: [], left: [], sampled: true };
  }
  const [before, after] = [namesOf(told), namesOf(now)];
  const joined = now.listed.filter(({ user, name }) => before.get(user) !== name);
  const left = told.listed.filter(({ user }) => !after.has(user));
  if (joined.length + left.length === 0) return undefined;
  return { type: "presence", room, count, joined: [...joined], left: [...left] };
}

function namesOf({ listed }: People): ReadonlyMap<UserId, Name> {
  return new Map(listed.map(({ user, name }) => [user, name]));
}
