/**
 * Changes who is a member of private and direct rooms: the event in the room, the index by which its members find it, and the
 * notice to their connections.
 * @module
 */
import { type Action, type Author, fingerprint, type UserId } from "../../core/log/entry.ts";
import { eventText, type RoomEvent, type Target } from "../../core/log/room_event.ts";
import type { StateAt } from "../../core/log/reading/log_reading.ts";
import { RoomState } from "../../core/log/room_state.ts";
import { isStoredName, type Name, type RoomId } from "../../core/names/names.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame } from "../../core/protocol/json_protocol.ts";
import { closedKind } from "../../core/rooms/closed_room.ts";
import { AUDIT_ROOM } from "../../core/rooms/service_rooms.ts";
import type { MemberSignal, PublishResult, WorkerBus } from "../ports/bus.ts";
import type { RoomIndex } from "../ports/room_index.ts";
import { ackOrFault } from "./answers.ts";

/** What changing members needs. */
export interface RoomMembersContext {
  /** Publishes events, and reads the states of rooms. */
  readonly bus: Pick<WorkerBus, "publish" | "signal" | "state" | "admission" | "receipt">;
  /** Returns an id that was never used. */
  readonly newId: () => string;
  /** Where rooms are found. */
  readonly roomIndex: RoomIndex;
}

const OTHER_IS_FULL = "the user is in too many rooms";

/** The author of an event, and the request that asks for it. */
export interface EventOrigin {
  /** The user who causes the event, with the name to store. */
  readonly me: Author;
  /** The id of the request, which becomes that of the entry; undefined to draw one. */
  readonly id: string | undefined;
  /** Whether the room's settings, mutes and bans do not apply. */
  readonly isExempt?: true;
}

/**
 * Adds a member to a room. Resolves with the answer, if there is any.
 *
 * @param target Whom, and the number of the newest entry.
 */
export async function addMember(
  room: RoomId,
  target: Target & Pick<ReadRoom, "from">,
  origin: EventOrigin,
  context: RoomMembersContext,
): Promise<Frame | undefined> {
  const { roomIndex } = context;
  const { me, id } = origin;
  const users = [target.user];
  if ((await roomIndex.indexMembers(room, users, true, me.user)).length > 0) {
    return faultFrame(id, "too_many_rooms", target.user === me.user ? undefined : OTHER_IS_FULL);
  }
  const result = await publishEvent(room, { kind: "member", ...target, on: true }, origin, context);
  // Again: a reader of the room's earlier state has taken it for a mistake.
  await roomIndex.indexMembers(room, users, result.kind === "entered");
  if (result.kind === "entered") {
    notifyMember({ user: target.user, about: room, on: true }, context);
  }
  return ackOrFault(id, room, result);
}

/** Removes a member from a room. Resolves with the answer, if there is any. */
export async function removeMember(
  room: RoomId,
  state: RoomState,
  user: UserId,
  origin: EventOrigin,
  context: RoomMembersContext,
): Promise<Frame | undefined> {
  const target = { user, name: state.members.get(user) ?? nameOfId(user) };
  const result = await publishEvent(
    room,
    { kind: "member", ...target, on: false },
    origin,
    context,
  );
  if (result.kind === "entered") {
    await context.roomIndex.indexMembers(room, [user], false);
    notifyMember({ user, about: room, on: false }, context);
    // A private room without members cannot be read or joined again.
    const isLast = closedKind(room) === "private" && state.members.size === 1;
    if (isLast) await publishEvent(room, { kind: "clear" }, { ...origin, id: undefined }, context);
  }
  return ackOrFault(origin.id, room, result);
}

/** Publishes an event in a room. */
export async function publishEvent(
  room: RoomId,
  event: RoomEvent,
  { me: { user, name }, id, isExempt }: EventOrigin,
  { bus, newId }: Pick<RoomMembersContext, "bus" | "newId">,
): Promise<PublishResult> {
  const exempt = isExempt && { isExempt };
  const action = actionOf(event, user);
  return await bus.publish({ room, user, name, id: id ?? newId(), action, ...exempt });
}

function actionOf(event: RoomEvent, author: UserId): Action {
  return { kind: "said", text: eventText(event, { author }), event };
}

/**
 * The answer to a request whose event has entered the room before; undefined if it has not. What the event has changed may
 * forbid the same request now.
 */
export async function repeatedAnswer(
  room: RoomId,
  event: RoomEvent,
  { me: { user, name }, id }: EventOrigin,
  { bus }: Pick<RoomMembersContext, "bus">,
): Promise<Frame | undefined> {
  const receipt = id === undefined ? undefined : await bus.receipt(room, user, id);
  const isSame = receipt?.fingerprint === fingerprint({ action: actionOf(event, user), name });
  return receipt && isSame ? ackOrFault(id, room, { kind: "entered", ...receipt }) : undefined;
}

/** Tells all connections of a user that the user has become a member of a room, or is no longer. */
export function notifyMember(
  change: Omit<MemberSignal, "kind">,
  { bus }: Pick<RoomMembersContext, "bus">,
): void {
  bus.signal(AUDIT_ROOM, { kind: "member", ...change });
}

/** The state of a room, and the number of its newest entry. */
export interface ReadRoom {
  /** The state in the store, which may be ahead of that of an open room. */
  readonly state: RoomState;
  /** The number of the newest entry; 0 if there is none. */
  readonly from: number;
}

/** Reads the state of a room. */
export async function readRoom(
  room: RoomId,
  { bus }: Pick<RoomMembersContext, "bus">,
): Promise<ReadRoom> {
  return readRoomOf(await bus.state(room));
}

/**
 * Reads the state of a room for a user who may be in it; undefined for others, for whom that takes as long as if the room did not
 * exist.
 */
export async function readRoomFor(
  user: UserId,
  room: RoomId,
  isAdmitted: (state: RoomState) => boolean,
  { bus }: Pick<RoomMembersContext, "bus">,
): Promise<ReadRoom | undefined> {
  if (!isAdmitted(readRoomOf(await bus.admission(room, user)).state)) return undefined;
  const read = await readRoom(room, { bus });
  // The right may have ended in between.
  return isAdmitted(read.state) ? read : undefined;
}

function readRoomOf({ fields, top }: StateAt): ReadRoom {
  return { state: new RoomState(fields), from: top.seq };
}

/** The name of a user of whom only the id is known. */
export function nameOfId(user: UserId): Name {
  if (isStoredName(user)) return user;
  throw new TypeError(`Cannot name a user: received ${user}`);
}
