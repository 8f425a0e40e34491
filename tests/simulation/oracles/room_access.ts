/**
 * Who may read a private or direct room after each of its entries, worked out a second time from the events of its log.
 * @module
 */
import type { Entry } from "../../../lib/core/log/entry.ts";
import type { RoomEvent } from "../../../lib/core/log/room_event.ts";

/** Who may read a room after some of its entries. */
export interface RoomAccess {
  /** Whether the room was created. */
  readonly exists: boolean;
  readonly creator: string | undefined;
  /** Whether members read only what came after they were added. */
  readonly hidesHistory: boolean;
  /** By user, the number of the entry before the one that has added the user. */
  readonly members: ReadonlyMap<string, number>;
  readonly banned: ReadonlySet<string>;
}

/** The access to a room without entries. */
export const NO_ACCESS: RoomAccess = {
  exists: false,
  creator: undefined,
  hidesHistory: false,
  members: new Map(),
  banned: new Set(),
};

/** The access after one more entry; the same object if that changes nothing. */
export function accessAfter(before: RoomAccess, entry: Entry): RoomAccess {
  const event = entry.action.kind === "said" ? entry.action.event : undefined;
  return event === undefined ? before : afterEvent(before, event, entry);
}

function afterEvent(
  before: RoomAccess,
  event: RoomEvent,
  { user: author, position: { seq } }: Entry,
): RoomAccess {
  const members = new Map(before.members), banned = new Set(before.banned);
  const add = (user: string) => members.set(user, members.get(user) ?? seq - 1);
  switch (event.kind) {
    case "room": {
      for (const { user } of event.members ?? []) add(user);
      const { created, history } = event;
      const hidesHistory = history === undefined ? before.hidesHistory : history === "joined";
      const creation = created ? { exists: true, creator: author } : {};
      return { ...before, ...creation, hidesHistory, members };
    }
    case "member":
      if (event.on) add(event.user);
      else members.delete(event.user);
      return { ...before, members };
    case "ban":
      return { ...before, banned: banned.add(event.user) };
    case "unban":
      banned.delete(event.user);
      return { ...before, banned };
    default:
      return before;
  }
}

/** The number of the entry after which a user may read; undefined for who may read nothing. */
export function readableAfter(
  { members, banned, hidesHistory }: RoomAccess,
  user: string,
): number | undefined {
  const added = members.get(user);
  if (added === undefined || banned.has(user)) return undefined;
  return hidesHistory ? added : 0;
}

/** Whether a user may be in the room. */
export function isAdmitted(access: RoomAccess, user: string): boolean {
  return readableAfter(access, user) !== undefined;
}
