/**
 * Requests that open direct rooms. Two users share one direct room, regardless of who opens it. A user who has left it receives
 * nothing more from the other one until they return.
 * @module
 */
import { mayInClosedRooms } from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import { isUserId, USER_ID_RULE, type UserId } from "../../core/log/entry.ts";
import type { RoomEvent, Target } from "../../core/log/room_event.ts";
import { isAddressUser } from "../../core/log/user_id.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame, slowDownFault } from "../../core/protocol/json_protocol.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import type { WordFilter } from "../moderation/word_filter.ts";
import { ackOrFault } from "./answers.ts";
import {
  correctIndex,
  MAY_NOT_CREATE,
  mayCreate,
  type RoomCreationContext,
  roomFrame,
  TOO_MANY_NEW,
} from "./room_creation.ts";
import {
  addMember,
  type EventOrigin,
  notifyMember,
  publishEvent,
  type ReadRoom,
  readRoom,
  type RoomMembersContext,
} from "./room_members.ts";
import { type GivenNameContext, knownAs, type RoomUser, targetOf } from "./room_user.ts";

/** What opening direct rooms needs. */
export interface DirectRoomsContext extends RoomCreationContext, GivenNameContext {
  /** Decides which words texts and names may contain. */
  readonly words: Pick<WordFilter, "check" | "allowsName">;
}

const MAY_NOT_MESSAGE = "you may not begin private conversations";
const CANNOT_MESSAGE = "you cannot send messages to this user";

/** Opens the direct room with another user, and creates it if there is none; resolves with the answer. */
export async function openDirect(
  { id, user: other, name }: RequestOf<"open">,
  me: RoomUser,
  context: DirectRoomsContext,
): Promise<Frame | undefined> {
  if (!isUserId(other)) return faultFrame(id, "bad_frame", `user: ${USER_ID_RULE}`);
  if (isAddressUser(other) || other === me.user) {
    return faultFrame(id, "bad_frame", "open needs the id of another user");
  }
  const room = context.roomIds.direct(me.user, other);
  if (!mayInClosedRooms(me.authority, userKind(me.user), "message directly", room)) {
    return faultFrame(id, "not_allowed", MAY_NOT_MESSAGE);
  }
  const target = knownAs(other, name, me, context);
  const before = await readRoom(room, context);
  const isNew = before.state.access !== "direct";
  const fault = isNew
    ? await createDirect(room, [targetOf(me), target], { me, id }, context)
    : await comeBack(room, before, { me, id }, context);
  if (fault) return fault;
  // Who has left does not want to be written to.
  const { state } = isNew ? await readRoom(room, context) : before;
  if (!state.hasMember(other)) return faultFrame(id, "not_allowed", CANNOT_MESSAGE);
  return await roomFrame(id, room, me, context);
}

async function createDirect(
  room: RoomId,
  members: readonly [Target, Target],
  { me, id }: EventOrigin & { readonly me: RoomUser },
  context: DirectRoomsContext,
): Promise<Frame | undefined> {
  if (!mayCreate(room, me, context)) return faultFrame(id, "not_allowed", MAY_NOT_CREATE);
  const waitMs = me.chargeRoom();
  if (waitMs > 0) return slowDownFault(id, waitMs, undefined, TOO_MANY_NEW);
  const users = members.map(({ user }) => user);
  const full = await context.roomIndex.indexMembers(room, users, true, me.user);
  const event: RoomEvent = { kind: "room", created: true, access: "direct", members };
  const result = full.length === 0 && await publishEvent(room, event, { me, id }, context);
  if (result && result.kind === "entered") {
    const [mine, other] = members;
    notifyMember({ user: mine.user, about: room, on: true, with: other }, context);
    notifyMember({ user: other.user, about: room, on: true, with: mine }, context);
    return undefined;
  }
  const state = await correctIndex(room, users, context);
  // The other user was faster.
  if (state.access === "direct") return undefined;
  if (result) return ackOrFault(id, room, result);
  return full.includes(me.user)
    ? faultFrame(id, "too_many_rooms")
    : faultFrame(id, "not_allowed", CANNOT_MESSAGE);
}

/** A user who has left a direct room returns to it. */
async function comeBack(
  room: RoomId,
  { state, from }: ReadRoom,
  { me, id }: EventOrigin,
  context: RoomMembersContext,
): Promise<Frame | undefined> {
  if (state.hasMember(me.user)) return undefined;
  const answer = await addMember(
    room,
    { ...targetOf(me), from },
    { me, id, isExempt: true },
    context,
  );
  return answer?.type === "fault" ? answer : undefined;
}

/** Whether another user has left their direct room, and so does not want to hear from this one. */
export async function hasLeftDirect(
  other: UserId,
  { user }: RoomUser,
  context: Pick<RoomCreationContext, "bus" | "roomIds">,
): Promise<boolean> {
  if (other === user) return false;
  const { state } = await readRoom(context.roomIds.direct(user, other), context);
  return state.access === "direct" && !state.hasMember(other);
}
