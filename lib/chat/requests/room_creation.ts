/**
 * Requests that create rooms: open, listed and private ones. A request for a private room that is repeated finds the room that it
 * has created.
 * @module
 */
import {
  isAllowed,
  mayCreateRoom,
  mayInClosedRooms,
  mayListRoom,
  type RoomCreators,
} from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import type { UserId } from "../../core/log/entry.ts";
import { RECEIPTS_MS } from "../../core/log/room_log.ts";
import type { RoomState } from "../../core/log/room_state.ts";
import {
  DEFAULT_ROOM,
  isOnlyDots,
  parseRoom,
  ROOM_RULE,
  type RoomId,
} from "../../core/names/names.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame, slowDownFault, withId } from "../../core/protocol/json_protocol.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import { closedKind, isClosed } from "../../core/rooms/closed_room.ts";
import { isForModerators } from "../../core/rooms/service_rooms.ts";
import { withAllowedText } from "../moderation/allowed_event.ts";
import type { WordFilter } from "../moderation/word_filter.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { RoomIds } from "../ports/room_ids.ts";
import type { RoomList } from "../rooms/room_list.ts";
import { ackOrFault } from "./answers.ts";
import { notifyMember, publishEvent, readRoom, type RoomMembersContext } from "./room_members.ts";
import { type RoomUser, targetOf } from "./room_user.ts";

/** What creating rooms needs. */
export interface RoomCreationContext extends RoomMembersContext {
  /** Makes the ids of private and direct rooms. */
  readonly roomIds: RoomIds;
  /** Summarizes the new room for the answer; notified when a room is listed. */
  readonly roomList: RoomList;
  /** The setting ROOM_CREATION: who may create rooms. */
  readonly roomCreation: RoomCreators;
  /** For the periods in which a request's id stands for the same private room. */
  readonly clock: Pick<Clock, "date">;
  /** Decides which words titles and topics may contain. */
  readonly words: Pick<WordFilter, "check">;
}

/** Message of the fault `not_allowed` for a user who may not create a room. */
export const MAY_NOT_CREATE = "you may not create this room";
/** Message of the fault `slow_down` for a user who has created many rooms. */
export const TOO_MANY_NEW = "slow down: too many new rooms";
const ONLY_DOTS = "the name of a new room cannot consist only of dots";
const MAY_NOT_LIST = "guests cannot put a room into the public list";

/** Creates a room; resolves with the answer. */
export async function createRoom(
  request: RequestOf<"create">,
  me: RoomUser,
  context: RoomCreationContext,
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
  if (isNewPrivate) notifyMember({ user: me.user, about: room, on: true }, context);
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
  { roomIds, bus, clock }: RoomCreationContext,
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
export async function correctIndex(
  room: RoomId,
  users: readonly UserId[],
  context: RoomMembersContext,
): Promise<RoomState> {
  const { state } = await readRoom(room, context);
  for (const user of users) {
    await context.roomIndex.indexMembers(room, [user], state.hasMember(user));
  }
  return state;
}

/** Whether a user may create a room: by ROOM_CREATION, and by the table of rights. */
export function mayCreate(
  room: RoomId,
  { user, authority }: RoomUser,
  { roomCreation }: Pick<RoomCreationContext, "roomCreation">,
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
  { roomIndex, roomList }: Pick<RoomCreationContext, "roomIndex" | "roomList">,
): Promise<void> {
  try {
    await roomIndex.indexListed(room, on);
    roomList.onListedChanged();
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
  }
}

/** The answer to a request that has created or opened a room. */
export async function roomFrame(
  id: string | undefined,
  room: RoomId,
  { user }: RoomUser,
  { roomList }: Pick<RoomCreationContext, "roomList">,
): Promise<Frame> {
  return { type: "room", ...withId(id), ...await roomList.summary(room, user) };
}

function textOf(
  field: "title" | "topic",
  text: string | undefined,
): Partial<Record<typeof field, string>> {
  const trimmed = text?.trim();
  return trimmed ? { [field]: trimmed } : {};
}
