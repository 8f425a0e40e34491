/**
 * Changes who is a member of private and direct rooms: the event in the room, the index by which its members find it, and the
 * notice to their connections.
 * @module
 */
import type { Author, UserId } from "../../core/log/entry.ts";
import { eventText, type RoomEvent, type Target } from "../../core/log/room_event.ts";
import { RoomState } from "../../core/log/room_state.ts";
import { isStoredName, type Name, type RoomId } from "../../core/names/names.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame } from "../../core/protocol/json_protocol.ts";
import { closedKind } from "../../core/rooms/closed_room.ts";
import { AUDIT_ROOM } from "../../core/rooms/service_rooms.ts";
import type { PublishResult, WorkerBus } from "../ports/bus.ts";
import type { RoomIndex } from "../ports/room_index.ts";
import { ackOrFault } from "./answers.ts";

/** What changing members needs. */
export interface RoomMembersContext {
  /** Publishes events, and reads the states of rooms. */
  readonly bus: Pick<WorkerBus, "publish" | "signal" | "state">;
  /** Returns an id that was never used. */
  readonly newId: () => string;
  /** Where rooms are found. */
  readonly roomIndex: RoomIndex;
}

const OTHER_IS_FULL = "the user is in too many rooms";

/** The author of an event, and the request that asks for it. */
export interface Asked {
  /** The author. */
  readonly me: Author;
  /** The id of the request. */
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
  asked: Asked,
  context: RoomMembersContext,
): Promise<Frame | undefined> {
  const { roomIndex } = context;
  const { me, id } = asked;
  const users = [target.user];
  if ((await roomIndex.indexMembers(room, users, true)).length > 0) {
    return faultFrame(id, "too_many_rooms", target.user === me.user ? undefined : OTHER_IS_FULL);
  }
  const result = await publishEvent(room, { kind: "member", ...target, on: true }, asked, context);
  // Again: whoever has read the room's state before has taken it for a mistake.
  await roomIndex.indexMembers(room, users, result.kind === "entered");
  if (result.kind === "entered") notifyMembers(room, users, true, context);
  return ackOrFault(id, room, result);
}

/** Removes a member from a room. Resolves with the answer, if there is any. */
export async function removeMember(
  room: RoomId,
  state: RoomState,
  user: UserId,
  asked: Asked,
  context: RoomMembersContext,
): Promise<Frame | undefined> {
  const target = { user, name: state.members.get(user) ?? nameOfId(user) };
  const result = await publishEvent(room, { kind: "member", ...target, on: false }, asked, context);
  if (result.kind === "entered") {
    await context.roomIndex.indexMembers(room, [user], false);
    notifyMembers(room, [user], false, context);
    // Nobody can read a private room without members, or come back into it.
    const isLast = closedKind(room) === "private" && state.members.size === 1;
    if (isLast) await publishEvent(room, { kind: "clear" }, { ...asked, id: undefined }, context);
  }
  return ackOrFault(asked.id, room, result);
}

/** Publishes an event in a room. */
export async function publishEvent(
  room: RoomId,
  event: RoomEvent,
  { me: { user, name }, id, isExempt }: Asked,
  { bus, newId }: Pick<RoomMembersContext, "bus" | "newId">,
): Promise<PublishResult> {
  const action = { kind: "said", text: eventText(event), event } as const;
  const exempt = isExempt && { isExempt };
  return await bus.publish({ room, user, name, id: id ?? newId(), action, ...exempt });
}

/** Tells all connections of users that they are members of a room now, or none any more. */
export function notifyMembers(
  about: RoomId,
  users: readonly UserId[],
  on: boolean,
  { bus }: Pick<RoomMembersContext, "bus">,
): void {
  for (const user of users) bus.signal(AUDIT_ROOM, { kind: "member", user, about, on });
}

/** The state of a room, and the number of its newest entry. */
export interface ReadRoom {
  /** The state. */
  readonly state: RoomState;
  /** The number. */
  readonly from: number;
}

/** Reads the state of a room. */
export async function readRoom(
  room: RoomId,
  { bus }: Pick<RoomMembersContext, "bus">,
): Promise<ReadRoom> {
  const { fields, top } = await bus.state(room);
  return { state: new RoomState(fields), from: top.seq };
}

/** The name of a user of whom only the id is known. */
export function nameOfId(user: UserId): Name {
  if (isStoredName(user)) return user;
  throw new TypeError(`Cannot name a user: received ${user}`);
}
