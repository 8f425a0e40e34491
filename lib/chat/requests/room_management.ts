/**
 * Requests about rooms in which the user need not be at the moment: creating rooms, opening direct ones, changing who is a
 * member, and lists. Who is no member of a private room gets the same answer as for a room that does not exist, in the same time.
 * @module
 */
import {
  type Authority,
  isAllowed,
  mayCreateRoom,
  mayInClosedRooms,
  mayListRoom,
  type RoomCreators,
} from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import { type Author, isUserId, type UserId } from "../../core/log/entry.ts";
import type { RoomEvent, Target } from "../../core/log/room_event.ts";
import { RECEIPTS_MS } from "../../core/log/room_log.ts";
import type { RoomState } from "../../core/log/room_state.ts";
import { isAddressUser } from "../../core/log/user_id.ts";
import {
  DEFAULT_ROOM,
  isOnlyDots,
  type Name,
  parseName,
  parseRoom,
  ROOM_RULE,
  type RoomId,
} from "../../core/names/names.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame, slowDownFault, withId } from "../../core/protocol/json_protocol.ts";
import type { RequestOf, RoomManagementRequest } from "../../core/protocol/requests.ts";
import { closedKind, isClosed } from "../../core/rooms/closed_room.ts";
import { isForModerators } from "../../core/rooms/service_rooms.ts";
import type { KnownNames } from "../members/known_names.ts";
import type { WordFilter } from "../moderation/word_filter.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { RoomIds } from "../ports/room_ids.ts";
import type { RoomList } from "../rooms/room_list.ts";
import { withAllowedText } from "../moderation/allowed_event.ts";
import {
  addMember,
  type EventOrigin,
  nameOfId,
  notifyMembers,
  publishEvent,
  type ReadRoom,
  readRoom,
  readRoomFor,
  removeMember,
  repeatedAnswer,
  type RoomMembersContext,
} from "./room_members.ts";
import { acknowledge, ackOrFault } from "./answers.ts";

/** What these requests need. */
export interface RoomManagementContext extends RoomMembersContext {
  /** Makes the ids of private and direct rooms. */
  readonly roomIds: RoomIds;
  /** The lists of rooms. */
  readonly roomList: RoomList;
  /** Who may create rooms. */
  readonly roomCreation: RoomCreators;
  /** For the periods in which a request's id stands for the same private room. */
  readonly clock: Pick<Clock, "date">;
  /** The names of members, which no other user is given, and their roles. */
  readonly names: Pick<KnownNames, "isLookalike" | "moderators">;
  /** Decides which words titles, topics and names may contain. */
  readonly words: Pick<WordFilter, "check" | "allowsName">;
}

/** Who asks. */
export interface RoomUser extends Author {
  /** What the user may do. */
  readonly authority: Authority;
  /** Whether a closed room, with this state, lets the user in: the user is a member, and not banned. */
  readonly isAdmitted: (room: RoomId, state: RoomState) => boolean;
  /** The name of another user whom this one sees in a room. */
  readonly nameOf: (user: UserId) => Name | undefined;
  /** Charges for a room that does not expire; returns the milliseconds to wait, 0 for none. */
  readonly chargeRoom: () => number;
}

const ONLY_DOTS = "the name of a new room cannot consist only of dots";
const MAY_NOT_LIST = "guests cannot put a room into the public list";
const MAY_NOT_CREATE = "you may not create this room";
const TOO_MANY_NEW = "slow down: too many new rooms";
const MAY_NOT_MESSAGE = "you may not begin private conversations";
const CANNOT_MESSAGE = "you cannot send messages to this user";
const CANNOT_ADD = "this user has left the direct room with you, and cannot be added by you";
const ONLY_PRIVATE = "only private and direct rooms have members";

/** Carries out a request; resolves with the answer, if there is any. */
export async function handleRoomManagement(
  request: RoomManagementRequest,
  me: RoomUser,
  context: RoomManagementContext,
): Promise<Frame | undefined> {
  try {
    return await respond(request, me, context);
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    const isRead = request.type === "rooms" || request.type === "members";
    const code: FaultCode = error.mayHaveApplied && !isRead ? "unknown_outcome" : "unavailable";
    return faultFrame(request.id, code, error.message);
  }
}

async function respond(
  request: RoomManagementRequest,
  me: RoomUser,
  context: RoomManagementContext,
): Promise<Frame | undefined> {
  const { id } = request;
  switch (request.type) {
    case "create":
      return await create(request, me, context);
    case "open":
      return await openDirect(request, me, context);
    case "member":
      return await changeMember(request, me, context);
    case "members":
      return await listMembers(request, me, context);
    case "rooms": {
      const { user, authority, isAdmitted } = me;
      const mayRead = (room: RoomId) => isAllowed(authority, "read", room);
      const { rooms, more } = await context.roomList.roomsFor({ user, mayRead, isAdmitted });
      return { type: "rooms", ...withId(id), rooms, ...(more && { more }) };
    }
  }
}

async function create(
  request: RequestOf<"create">,
  me: RoomUser,
  context: RoomManagementContext,
): Promise<Frame | undefined> {
  const { id, kind, history } = request;
  const isPrivate = kind === "private";
  if (history !== undefined && !isPrivate) {
    return faultFrame(id, "bad_frame", "only private rooms have the setting history");
  }
  const { room, isRepeated } = isPrivate
    ? await findPrivate(id, me, context)
    : { room: parseRoom(request.room ?? ""), isRepeated: false };
  if (room === undefined) return faultFrame(id, "bad_room", ROOM_RULE);
  if (isOnlyDots(room)) return faultFrame(id, "bad_room", ONLY_DOTS);
  if (room === DEFAULT_ROOM) return faultFrame(id, "room_exists");
  const isOwn = isPrivate === isClosed(room) && !isForModerators(room);
  const isGuestsList = kind === "listed" && !mayListRoom(me.authority, userKind(me.user));
  if (isGuestsList) return faultFrame(id, "not_allowed", MAY_NOT_LIST);
  if (!isOwn || !mayCreate(room, me, context)) return faultFrame(id, "not_allowed", MAY_NOT_CREATE);
  const event = withAllowedText({
    kind: "room",
    created: true,
    access: kind,
    ...textOf("title", request.title),
    ...textOf("topic", request.topic),
    ...(history && { history }),
    ...(isPrivate && { members: [targetOf(me)] }),
  }, context.words);
  if (event === undefined) return faultFrame(id, "blocked_words");
  const waitMs = isRepeated ? 0 : me.chargeRoom();
  if (waitMs > 0) return slowDownFault(id, waitMs, undefined, TOO_MANY_NEW);
  const isNewPrivate = isPrivate && !isRepeated;
  if (isNewPrivate && (await context.roomIndex.indexMembers(room, [me.user], true)).length > 0) {
    return faultFrame(id, "too_many_rooms");
  }
  const result = await publishEvent(room, event, { me, id }, context);
  if (result.kind !== "entered") {
    if (isNewPrivate) await correctIndex(room, [me.user], context);
    // The settings of the room come before the rule that it is new.
    return result.why === "read_only"
      ? faultFrame(id, "room_exists")
      : ackOrFault(id, room, result);
  }
  if (isNewPrivate) notifyMembers(room, [me.user], true, context);
  // The creator of a private room may have left it since, or been banned from it.
  const isOut = isRepeated && !me.isAdmitted(room, (await readRoom(room, context)).state);
  if (isOut) return faultFrame(id, "not_allowed");
  if (kind === "listed") await setListed(room, true, context);
  return await roomFrame(id, room, me, context);
}

/** The private room that a request creates, or has created if it is repeated. */
async function findPrivate(
  id: string | undefined,
  { user }: RoomUser,
  { roomIds, bus, clock }: RoomManagementContext,
): Promise<{ readonly room: RoomId; readonly isRepeated: boolean }> {
  if (id === undefined) return { room: roomIds.newPrivate(), isRepeated: false };
  // An id can be used again when repetitions are no longer recognized, and creates another room then.
  const period = Math.floor(clock.date() / RECEIPTS_MS);
  const earlier = roomIds.privateFor(user, id, period - 1);
  if (await bus.receipt(earlier, user, id)) return { room: earlier, isRepeated: true };
  const room = roomIds.privateFor(user, id, period);
  return { room, isRepeated: await bus.receipt(room, user, id) !== undefined };
}

/**
 * Corrects the lists of users after a refused creation: another request may have created the room at the same time. Resolves with
 * the room's state.
 */
async function correctIndex(
  room: RoomId,
  users: readonly UserId[],
  context: RoomManagementContext,
): Promise<RoomState> {
  const { state } = await readRoom(room, context);
  for (const user of users) {
    await context.roomIndex.indexMembers(room, [user], state.hasMember(user));
  }
  return state;
}

/** Whether a user may create a room: by ROOM_CREATION, and by the table of rights. */
function mayCreate(
  room: RoomId,
  { user, authority }: RoomUser,
  { roomCreation }: Pick<RoomManagementContext, "roomCreation">,
): boolean {
  const kind = userKind(user);
  if (!mayCreateRoom(authority, kind, roomCreation, room)) return false;
  switch (closedKind(room)) {
    case "private":
      return mayInClosedRooms(authority, kind, "create private room", room);
    case "direct":
      return mayInClosedRooms(authority, kind, "message directly", room);
    default:
      return isAllowed(authority, "send", room);
  }
}

/** Lists a room or takes it from the list. If that fails, it happens when the room is opened the next time. */
export async function setListed(
  room: RoomId,
  on: boolean,
  { roomIndex, roomList }: Pick<RoomManagementContext, "roomIndex" | "roomList">,
): Promise<void> {
  try {
    await roomIndex.indexListed(room, on);
    roomList.onListedChanged();
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
  }
}

async function openDirect(
  { id, user: other, name }: RequestOf<"open">,
  me: RoomUser,
  context: RoomManagementContext,
): Promise<Frame | undefined> {
  if (!isUserId(other) || isAddressUser(other) || other === me.user) {
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
  context: RoomManagementContext,
): Promise<Frame | undefined> {
  if (!mayCreate(room, me, context)) return faultFrame(id, "not_allowed", MAY_NOT_CREATE);
  const waitMs = me.chargeRoom();
  if (waitMs > 0) return slowDownFault(id, waitMs, undefined, TOO_MANY_NEW);
  const users = members.map(({ user }) => user);
  const full = await context.roomIndex.indexMembers(room, users, true, me.user);
  const event: RoomEvent = { kind: "room", created: true, access: "direct", members };
  const result = full.length === 0 && await publishEvent(room, event, { me, id }, context);
  if (result && result.kind === "entered") {
    notifyMembers(room, users, true, context);
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
  context: RoomManagementContext,
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

async function changeMember(
  { id, room: requested, user, name, on = true }: RequestOf<"member">,
  me: RoomUser,
  context: RoomManagementContext,
): Promise<Frame | undefined> {
  const room = parseRoom(requested);
  if (room === undefined) return faultFrame(id, "bad_room", ROOM_RULE);
  if (!isClosed(room)) return faultFrame(id, "bad_frame", ONLY_PRIVATE);
  const target = user ?? me.user;
  if (!isUserId(target) || isAddressUser(target)) {
    return faultFrame(id, "bad_frame", "member needs the id of a user");
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

/** Whether another user has left their direct room, and so does not want to hear from this one. */
async function hasLeftDirect(
  other: UserId,
  { user }: RoomUser,
  context: RoomManagementContext,
): Promise<boolean> {
  if (other === user) return false;
  const { state } = await readRoom(context.roomIds.direct(user, other), context);
  return state.access === "direct" && !state.hasMember(other);
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

async function listMembers(
  { id, room: requested }: RequestOf<"members">,
  me: RoomUser,
  context: RoomManagementContext,
): Promise<Frame> {
  const room = parseRoom(requested);
  if (room === undefined) return faultFrame(id, "bad_room", ROOM_RULE);
  if (!isClosed(room)) return faultFrame(id, "bad_frame", ONLY_PRIVATE);
  if (!isAllowed(me.authority, "read", room)) return faultFrame(id, "not_allowed");
  const isAdmitted = (state: RoomState) => me.isAdmitted(room, state);
  const read = await readRoomFor(me.user, room, isAdmitted, context);
  if (read === undefined) return faultFrame(id, "not_allowed");
  const { state } = read;
  const people = [...state.members].map(([user, name]) => ({ user, name }));
  const members = context.names.moderators.withRoles(people);
  const { creator } = state;
  return { type: "membership", ...withId(id), room, ...(creator && { creator }), members };
}

async function roomFrame(
  id: string | undefined,
  room: RoomId,
  { user }: RoomUser,
  { roomList }: RoomManagementContext,
): Promise<Frame> {
  return { type: "room", ...withId(id), ...await roomList.summary(room, user) };
}

function targetOf({ user, name }: Author): Target {
  return { user, name };
}

/**
 * A user by the name in one of the rooms of the caller, or else by the name that the request gives, unless that could be taken
 * for a member's. Otherwise the id is the name.
 */
function knownAs(
  user: UserId,
  given: string | undefined,
  { nameOf }: RoomUser,
  { words, names }: RoomManagementContext,
): Target {
  const seen = nameOf(user);
  if (seen !== undefined) return { user, name: seen };
  const name = given === undefined ? undefined : parseName(given);
  const isUsable = name && words.allowsName(name) && !names.isLookalike({ user, name });
  return { user, name: isUsable ? name : nameOfId(user) };
}

function textOf(
  field: "title" | "topic",
  text: string | undefined,
): Partial<Record<typeof field, string>> {
  const trimmed = text?.trim();
  return trimmed ? { [field]: trimmed } : {};
}
