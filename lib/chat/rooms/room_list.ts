/**
 * The lists of rooms that users see. The index says which rooms to look at; what is in a list comes from the state of each room,
 * so a room that a user was removed from is not shown, whatever the index says.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import { formatPosition, type Position } from "../../core/log/position.ts";
import { readableUnread } from "../../core/log/readable_log.ts";
import { RoomState } from "../../core/log/room_state.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { FrameOf } from "../../core/protocol/frames.ts";
import { admitsUser, closedKind, isClosed } from "../../core/rooms/closed_room.ts";
import type { RoomHistory } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { RoomIndex } from "../ports/room_index.ts";
import type { Hub } from "../room/hub.ts";

/** Whose list it is. */
export interface ListReader {
  /** The user. */
  readonly user: UserId;
  /** Whether the rights of the user cover a room. */
  readonly mayRead: (room: RoomId) => boolean;
  /** Whether a private or direct room, with this state, lets the user in: the user is a member, and not banned. */
  readonly isAdmitted: (room: RoomId, state: RoomState) => boolean;
}

/** A room in a list. */
export type RoomSummary = FrameOf<"rooms">["rooms"][number];

/** Maximum number of rooms in a list. */
export const MAX_LIST = 200;
/** Rooms that are read at the same time. */
const CONCURRENCY = 20;
/** For how long the list of listed rooms is used again: it is the same for everybody. */
const LISTED_MS = 5_000;

/** What reading lists needs. */
export interface RoomListContext {
  /** Reads the states of rooms that are not open here. */
  readonly bus: Pick<RoomHistory, "state" | "readState">;
  /** The rooms that are open here. */
  readonly hub: Pick<Hub, "find">;
  /** Which rooms to look at. */
  readonly roomIndex: RoomIndex;
  /** For the age of the list of listed rooms. */
  readonly clock: Pick<Clock, "now">;
}

/** What is known of a room at one time. */
interface RoomView {
  readonly id: RoomId;
  readonly state: RoomState;
  readonly top: Position;
  readonly people: number | undefined;
  /** Whether it comes from the store: an open room can be behind. */
  readonly isRead: boolean;
}

/** A listed room; the same for everybody. */
interface ListedRoom {
  readonly room: RoomId;
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
    const summaries = await mapInTurns(shown, (view) => this.#ownSummary(view, user));
    const listed = (await this.#listedRooms()).filter(({ room }) => mayRead(room));
    const rooms = [...summaries, ...listed.map(({ summary }) => summary)];
    return { rooms: rooms.slice(0, MAX_LIST), more: rooms.length > MAX_LIST };
  }

  /** A room that its user may see. */
  async summary(room: RoomId, user: UserId): Promise<RoomSummary> {
    const { bus } = this.#context;
    const { fields, top } = await bus.state(room);
    const people = this.#context.hub.find(room)?.presence.count;
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
    return views.filter(isListed).map((view) => ({ room: view.id, summary: summaryOf(view) }));
  }

  async #view(id: RoomId): Promise<RoomView> {
    const open = this.#context.hub.find(id);
    if (open?.last) {
      const { state, last: top, presence: { count: people } } = open;
      return { id, state, top, people, isRead: false };
    }
    const { fields, top } = await this.#context.bus.state(id);
    return { id, state: new RoomState(fields), top, people: undefined, isRead: true };
  }

  async #ownSummary(view: RoomView, user: UserId): Promise<RoomSummary> {
    const { read, unread } = await this.#context.bus.readState(view.id, user);
    const other = view.state.access === "direct" && otherMember(view.state, user);
    return {
      ...summaryOf(view),
      ...(other && { with: other }),
      ...(read && { read: formatPosition(read) }),
      unread: readableUnread(unread, view.top, view.state.readableAfter(user)),
    };
  }
}

function summaryOf({ id, state, top, people }: RoomView): RoomSummary {
  const { access, title, topic } = state.settings;
  return {
    room: id,
    kind: closedKind(id) ?? access,
    ...(title && { title }),
    ...(topic && { topic }),
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
