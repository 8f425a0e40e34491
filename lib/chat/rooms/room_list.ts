/**
 * The lists of rooms that users see. The index says which rooms to look at; what is in a list comes from the state of each room,
 * so a room that a user was removed from is not shown, whatever the index says.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import { formatPosition, type Position } from "../../core/log/position.ts";
import { RoomState } from "../../core/log/room_state.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { FrameOf } from "../../core/protocol/frames.ts";
import { readableUnread } from "../../core/log/reading/readable_log.ts";
import { admitsUser, closedKind, isClosed } from "../../core/rooms/closed_room.ts";
import type { PresenceRegistry, ReadState, RoomHistory } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { RoomIndex } from "../ports/room_index.ts";
import type { Hub } from "../room/hub.ts";

/** The user who asks for a list, and what that user may see. */
export interface ListReader {
  /** Whose private and direct rooms, and whose unread counts, the list has. */
  readonly user: UserId;
  /** Whether the rights of the user cover a room. */
  readonly mayRead: (room: RoomId) => boolean;
  /** Whether a private or direct room, with this state, lets the user in: the user is a member, and not banned. */
  readonly isAdmitted: (room: RoomId, state: RoomState) => boolean;
}

/** A room as one user sees it in the frames `rooms` and `room`. */
export type RoomSummary = FrameOf<"rooms">["rooms"][number];

/** Maximum number of rooms in a list. */
export const MAX_LIST = 200;
/** A number after which no room has a message. */
const AFTER_ALL = Number.MAX_SAFE_INTEGER;
/** Rooms that are read at the same time. */
const CONCURRENCY = 20;
/** For how long the list of listed rooms is used again: it is the same for all users. */
const LISTED_MS = 5_000;

/** What reading lists needs. */
export interface RoomListContext {
  /** Reads the states of rooms that are not open here, and counts people, who can be on any node. */
  readonly bus: Pick<RoomHistory, "state" | "readState"> & Pick<PresenceRegistry, "countPeople">;
  /** The rooms that are open here. */
  readonly hub: Pick<Hub, "find">;
  /** Says which rooms to look at; their states decide which are shown. */
  readonly roomIndex: RoomIndex;
  /** For the age of the list of listed rooms. */
  readonly clock: Pick<Clock, "now">;
}

/** What is known of a room at one time. */
interface RoomView {
  readonly id: RoomId;
  readonly state: RoomState;
  readonly top: Position;
  /** Undefined if they have not been counted, or could not be. */
  readonly people?: number | undefined;
  /** Whether it comes from the store: an open room can be behind. */
  readonly isRead: boolean;
}

/** A listed room; the same for all users. */
interface ListedRoom {
  readonly room: RoomId;
  readonly state: RoomState;
  readonly summary: RoomSummary;
}

/** The lists of one worker. All methods reject with `BusUnavailable`. */
export class RoomList {
  readonly #context: RoomListContext;
  #listed: { readonly at: number; readonly rooms: Promise<readonly ListedRoom[]> } | undefined;

  /** Reads nothing yet. */
  constructor(context: RoomListContext) {
    this.#context = context;
  }

  /** The rooms that a user sees: the own ones, the newest first, then the listed ones; {@linkcode MAX_LIST} at most. */
  async roomsFor(
    { user, mayRead, isAdmitted }: ListReader,
  ): Promise<{ rooms: RoomSummary[]; more: boolean }> {
    const { roomIndex } = this.#context;
    const found = (await roomIndex.roomsOf(user)).toReversed().filter(mayRead);
    const views = await mapInTurns(found, (room) => this.#view(room));
    for (const view of views) {
      const isStale = view.isRead && !admitsUser(view, user);
      if (isStale) await roomIndex.indexMembers(view.id, [user], false);
    }
    const shown = views.filter(({ id, state }) => {
      return isClosed(id) && isAdmitted(id, state) && !state.settings.archived;
    });
    const counted = await this.#countPeople(shown.slice(0, MAX_LIST));
    const own = await mapInTurns(counted, (view) => this.#ownSummary(view, user));
    const listed = (await this.#listedRooms()).filter(({ room }) => mayRead(room));
    const others = await mapInTurns(listed.slice(0, MAX_LIST - own.length), async (it) => {
      return isAdmitted(it.room, it.state) ? await this.#listedSummary(it, user) : it.summary;
    });
    return { rooms: [...own, ...others], more: shown.length + listed.length > MAX_LIST };
  }

  /** Returns the summary of a room, read from the store. Callers have checked that the user may see the room. */
  async summary(room: RoomId, user: UserId): Promise<RoomSummary> {
    const { bus } = this.#context;
    const { fields, top } = await bus.state(room);
    const people = (await bus.countPeople([room])).get(room);
    const view = { id: room, state: new RoomState(fields), top, people, isRead: true };
    return isClosed(room) ? await this.#ownSummary(view, user) : summaryOf(view);
  }

  /** Forgets the listed rooms: there is another one, or one has changed. */
  onListedChanged(): void {
    this.#listed = undefined;
  }

  #listedRooms(): Promise<readonly ListedRoom[]> {
    const now = this.#context.clock.now();
    if (this.#listed && now - this.#listed.at < LISTED_MS) return this.#listed.rooms;
    const rooms = this.#readListed();
    const listed = { at: now, rooms };
    this.#listed = listed;
    rooms.catch(() => {
      if (this.#listed === listed) this.#listed = undefined;
    });
    return rooms;
  }

  async #readListed(): Promise<readonly ListedRoom[]> {
    const { roomIndex } = this.#context;
    const found = (await roomIndex.listedRooms()).toSorted();
    const views = await mapInTurns(found, (room) => this.#view(room));
    const isListed = ({ id, state: { settings } }: RoomView) =>
      !isClosed(id) && settings.access === "listed" && !settings.archived;
    for (const view of views) {
      if (view.isRead && !isListed(view)) await roomIndex.indexListed(view.id, false);
    }
    const listed = await this.#countPeople(views.filter(isListed));
    return listed.map((view) => {
      return { room: view.id, state: view.state, summary: summaryOf(view) };
    });
  }

  async #view(id: RoomId): Promise<RoomView> {
    const open = this.#context.hub.find(id);
    if (open?.last) return { id, state: open.state, top: open.last, isRead: false };
    const { fields, top } = await this.#context.bus.state(id);
    return { id, state: new RoomState(fields), top, isRead: true };
  }

  async #countPeople(views: readonly RoomView[]): Promise<readonly RoomView[]> {
    const counts = await this.#context.bus.countPeople(views.map(({ id }) => id));
    return views.map((view) => ({ ...view, people: counts.get(view.id) }));
  }

  async #ownSummary(view: RoomView, user: UserId): Promise<RoomSummary> {
    const after = view.state.readableAfter(user);
    const counted = await this.#context.bus.readState(view.id, user, after);
    const other = view.state.access === "direct" && otherMember(view.state, user);
    return {
      ...summaryOf(view),
      ...(other && { with: other }),
      ...readFields(readableUnread(counted, view.top, after)),
    };
  }

  /** What is unread is only in the summary of a room that the user is in, as far as this worker knows, or has read before. */
  async #listedSummary({ room, summary }: ListedRoom, user: UserId): Promise<RoomSummary> {
    const { bus, hub } = this.#context;
    const isIn = hub.find(room)?.presence.seenNameOf(user) !== undefined;
    // For strangers, nothing is counted: that would cost more than their answer weighs.
    const isKnown = isIn || (await bus.readState(room, user, AFTER_ALL)).read !== undefined;
    if (!isKnown) return summary;
    return { ...summary, ...readFields(await bus.readState(room, user, 0)) };
  }
}

function readFields(
  { read, unread, mentions }: ReadState,
): Pick<RoomSummary, "read" | "unread" | "mentions"> {
  return {
    ...(read && { read: formatPosition(read) }),
    unread,
    ...(mentions !== undefined && { mentions }),
  };
}

function summaryOf({ id, state, top, people }: RoomView): RoomSummary {
  const { creator, settings: { access, title, topic } } = state;
  return {
    room: id,
    kind: closedKind(id) ?? access,
    ...(title && { title }),
    ...(topic && { topic }),
    ...(creator && { createdBy: creator }),
    ...(people !== undefined && { people }),
    position: formatPosition(top),
  };
}

function otherMember(state: RoomState, user: UserId): RoomSummary["with"] {
  for (const [member, name] of state.members) if (member !== user) return { user: member, name };
  return undefined;
}

async function mapInTurns<T, U>(
  items: readonly T[],
  map: (item: T) => Promise<U>,
): Promise<readonly U[]> {
  const mapped: U[] = [];
  for (let from = 0; from < items.length; from += CONCURRENCY) {
    mapped.push(...await Promise.all(items.slice(from, from + CONCURRENCY).map(map)));
  }
  return mapped;
}
