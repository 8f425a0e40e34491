/**
 * The people in a room, as reported to a joining subscriber. A long replay can lie between that list and the first live
 * presence frame, so changes in between must be announced when the join completes.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import type { FrameOf } from "../../core/protocol/frames.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { ListedPerson } from "../members/known_moderators.ts";

/** Maximum number of people listed in a response. */
export const MAX_LISTED = 200;
/** Number listed in `joined` if there are more: a socket keeps the memory of the longest message that it was sent. */
const SAMPLE_SIZE = 20;

/** The people of a room at one moment. */
export interface People {
  /** Number of people. */
  readonly count: number;
  /** All or some of them; none if not requested. */
  readonly listed: readonly ListedPerson[];
}

/** The current people of a room. */
export interface PeopleSource {
  /** Number of people. */
  readonly count: number;
  /** The first people, up to the limit. */
  list(limit: number): readonly ListedPerson[];
}

/** The people of a room, for a joining subscriber. @param areWanted Whether to list them, which is expensive. */
export function listPeople(source: PeopleSource, areWanted: boolean): People {
  const { count } = source;
  const listed = areWanted ? source.list(count > MAX_LISTED ? SAMPLE_SIZE : MAX_LISTED) : [];
  return { count, listed };
}

/** The presence frame that updates an earlier list; undefined if nothing has changed. */
export function presenceChange(
  room: RoomId,
  earlier: People,
  now: People,
): FrameOf<"presence"> | undefined {
  const { count } = now;
  if (Math.max(earlier.count, count) > MAX_LISTED) {
    if (earlier.count === count) return undefined;
    return { type: "presence", room, count, joined: [], left: [], sampled: true };
  }
  const [before, after] = [byUser(earlier), byUser(now)];
  const joined = now.listed.filter(({ user, name }) => before.get(user)?.name !== name);
  const left = earlier.listed.filter(({ user }) => !after.has(user));
  const changed = now.listed.filter((it) => {
    const known = before.get(it.user);
    return known?.name === it.name && known.role !== it.role;
  });
  if (joined.length + left.length + changed.length === 0) return undefined;
  return { type: "presence", room, count, joined, left, ...(changed.length > 0 && { changed }) };
}

function byUser({ listed }: People): ReadonlyMap<UserId, ListedPerson> {
  return new Map(listed.map((it) => [it.user, it]));
}
