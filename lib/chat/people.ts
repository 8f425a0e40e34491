/**
 * Who is in a room, as whoever joins it is told. What a newcomer would get wrong: between the telling and the first news
 * that the member hears, a long replay may pass, and who comes and goes meanwhile must be told once it is in.
 * @module
 */
import type { Author, UserId } from "../core/entries.ts";
import type { FrameOf } from "../core/frames.ts";
import type { Name, RoomId } from "../core/names.ts";

/** So many of the people are told to whoever joins or asks. */
export const MAX_LISTED = 200;
/** So many to whoever joins where there are more: a socket keeps the memory of the longest message that it was sent. */
const SAMPLE = 20;

/** The people of a room at one moment. */
export interface People {
  /** How many there are. */
  readonly count: number;
  /** All of them or some, or none where they are not wanted. */
  readonly listed: readonly Author[];
}

/** Who is in a room, as its attendance knows it. */
export interface Roll {
  /** How many there are. */
  readonly count: number;
  /** The first so many. */
  list(limit: number): readonly Author[];
}

/** The people of a room, for whoever joins it. @param areWanted Whether they are listed: to do so is dear. */
export function peopleOf(roll: Roll, areWanted: boolean): People {
  const { count } = roll;
  const listed = areWanted ? roll.list(count > MAX_LISTED ? SAMPLE : MAX_LISTED) : [];
  return { count, listed };
}

/** What somebody must be told who was told of the people before; undefined where nothing has changed. */
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
