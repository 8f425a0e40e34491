/**
 * Requests about the members of private and direct rooms: who is one, and changing that. Who is no member gets the same answer as
 * for a room that does not exist, in the same time.
 * @module
 */
import { isAllowed, mayInClosedRooms } from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import { isUserId, USER_ID_RULE, type UserId } from "../../core/log/entry.ts";
import type { RoomState } from "../../core/log/room_state.ts";
import { isAddressUser } from "../../core/log/user_id.ts";
import { parseRoom, ROOM_RULE, type RoomId } from "../../core/names/names.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame, withId } from "../../core/protocol/json_protocol.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import { closedKind, isClosed } from "../../core/rooms/closed_room.ts";
import type { KnownNames } from "../members/known_names.ts";
import type { Hub } from "../room/hub.ts";
import { acknowledge } from "./answers.ts";
import { hasLeftDirect } from "./direct_rooms.ts";
import type { RoomCreationContext } from "./room_creation.ts";
import {
  addMember,
  nameOfId,
  readRoomFor,
  removeMember,
  repeatedAnswer,
  type RoomMembersContext,
} from "./room_members.ts";
import { type GivenNameContext, knownAs, type RoomUser } from "./room_user.ts";

/** What these requests need. */
export interface MemberRequestsContext extends RoomMembersContext, GivenNameContext {
  /** Finds the direct room of two users. */
  readonly roomIds: RoomCreationContext["roomIds"];
  /** The names of members, which no other user is given, and their roles. */
  readonly names: Pick<KnownNames, "isLookalike" | "moderators">;
  /** Knows the roles of app users while they are in a room. */
  readonly hub: Pick<Hub, "find">;
}

const CANNOT_ADD = "this user has left the direct room with you, and cannot be added by you";
const ONLY_PRIVATE = "only private and direct rooms have members";

/** Adds a member to a room, or removes one; resolves with the answer, if there is any. */
export async function changeMember(
  { id, room: requested, user, name, on = true }: RequestOf<"member">,
  me: RoomUser,
  context: MemberRequestsContext,
): Promise<Frame | undefined> {
  const room = parseRoom(requested);
  if (room === undefined) return faultFrame(id, "bad_room", ROOM_RULE);
  if (!isClosed(room)) return faultFrame(id, "bad_frame", ONLY_PRIVATE);
  const target = user ?? me.user;
  if (!isUserId(target) || isAddressUser(target)) {
    return faultFrame(id, "bad_frame", `user: ${USER_ID_RULE}`);
  }
  // Banned users can still leave.
  const isThere = target === me.user
    ? (state: RoomState) => state.hasMember(me.user)
    : (state: RoomState) => me.isAdmitted(room, state);
  const read = await readRoomFor(me.user, room, isThere, context);
  // After the state was read: what it shows has a receipt.
  const change = { kind: "member", user: target, name: nameOfId(target), on } as const;
  const repeated = await repeatedAnswer(room, change, { me, id }, context);
  if (repeated) return repeated;
  if (read === undefined || !mayChangeMember(room, read.state, { me, target, on })) {
    return faultFrame(id, "not_allowed");
  }
  const { state, from } = read;
  if (state.hasMember(target) === on) return acknowledge(id, { room });
  // Not exempt: users who are muted here, for example, cannot add others.
  if (on) {
    if (await hasLeftDirect(target, me, context)) return faultFrame(id, "not_allowed", CANNOT_ADD);
    return await addMember(
      room,
      { ...knownAs(target, name, me, context), from },
      { me, id },
      context,
    );
  }
  return await removeMember(room, state, target, { me, id, isExempt: true }, context);
}

/** Whether a member may change the membership of a user. */
function mayChangeMember(
  room: RoomId,
  state: RoomState,
  { me, target, on }: { readonly me: RoomUser; readonly target: UserId; readonly on: boolean },
): boolean {
  const { user, authority } = me;
  if (target === user) return true;
  if (closedKind(room) === "direct") return false;
  const kind = userKind(user);
  if (on) return mayInClosedRooms(authority, kind, "invite", room);
  return state.creator === user || mayInClosedRooms(authority, kind, "remove from room", room);
}

/** Lists the members of a room; resolves with the answer. */
export async function listMembers(
  { id, room: requested }: RequestOf<"members">,
  me: RoomUser,
  context: Pick<MemberRequestsContext, "bus" | "names" | "hub">,
): Promise<Frame> {
  const room = parseRoom(requested);
  if (room === undefined) return faultFrame(id, "bad_room", ROOM_RULE);
  if (!isClosed(room)) return faultFrame(id, "bad_frame", ONLY_PRIVATE);
  if (!isAllowed(me.authority, "read", room)) return faultFrame(id, "not_allowed");
  const isAdmitted = (state: RoomState) => me.isAdmitted(room, state);
  const read = await readRoomFor(me.user, room, isAdmitted, context);
  if (read === undefined) return faultFrame(id, "not_allowed");
  const { state } = read;
  const presence = context.hub.find(room)?.presence;
  const people = [...state.members].map(([user, name]) => {
    const role = presence?.seenRoleOf(user);
    return { user, name, ...(role && { role }) };
  });
  const members = context.names.moderators.withRoles(people);
  const { creator } = state;
  return { type: "membership", ...withId(id), room, ...(creator && { creator }), members };
}
