/**
 * Requests of moderators. Each becomes an event: in the log of the room that it concerns, and in `_audit`, which has all of
 * them.
 * @module
 */
import type { Author } from "../../core/log/entry.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import { parseRoom, ROOM_RULE, type RoomId } from "../../core/names/names.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame } from "../../core/protocol/json_protocol.ts";
import type { ModerationRequest } from "../../core/protocol/requests.ts";
import { isClosed } from "../../core/rooms/closed_room.ts";
import { AUDIT_ROOM } from "../../core/rooms/service_rooms.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import { type EnterContext, enterEvent, judge, logOf } from "../moderation/moderate.ts";
import type { Subject } from "../moderation/sanctions.ts";
import type { RoomIndex } from "../ports/room_index.ts";
import type { RoomList } from "../rooms/room_list.ts";
import type { WordFilter } from "../moderation/word_filter.ts";
import type { Room } from "../room/room.ts";
import { withAllowedText } from "./allowed_event.ts";
import { acknowledge, ackOrFault } from "./answers.ts";
import { list } from "./rooms_requests.ts";

/** What these requests need. */
export interface ModerationContext extends EnterContext {
  /** For the ends of mutes and bans. */
  readonly clock: Pick<Clock, "date">;
  /** Decides which words titles, topics and reasons may contain. */
  readonly words: Pick<WordFilter, "check">;
  /** Where listed rooms are found. */
  readonly roomIndex: RoomIndex;
  /** The lists of rooms. */
  readonly roomList: RoomList;
}

/** Who asks. */
export interface Moderator extends Subject {
  /** The user, with the name in the room if the user is in it. */
  readonly author: Author;
  /** The room of the request, if the user is in it. */
  readonly room: Room | undefined;
}

/** Carries out a request; resolves with the answer, if there is any. */
export async function handleModeration(
  request: ModerationRequest,
  moderator: Moderator,
  context: ModerationContext,
): Promise<Frame | undefined> {
  const { id } = request;
  const room = roomOf(request, moderator);
  if (room === "invalid") return faultFrame(id, "bad_room", ROOM_RULE);
  const { authority, user, room: joined } = moderator;
  // Moderators who are no members do not learn whether the room exists.
  const isHidden = room !== undefined && isClosed(room) && joined === undefined;
  if (isHidden) return faultFrame(id, "not_allowed");
  const event = judge(request, {
    ...{ authority, room, date: context.clock.date() },
    isCreator: joined?.state.creator === user,
    nameOf: (other) => joined?.presence.nameOf(other),
  });
  if (event.kind === "refused") return faultFrame(id, event.code, event.why);
  const allowed = withAllowedText(event, context.words);
  if (allowed === undefined) return faultFrame(id, "blocked_words");
  try {
    return await enter(request, allowed, room, moderator, context);
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    const code: FaultCode = error.mayHaveApplied ? "unknown_outcome" : "unavailable";
    return faultFrame(id, code, error.message);
  }
}

function roomOf(
  request: ModerationRequest,
  { room }: Pick<Moderator, "room">,
): RoomId | undefined | "invalid" {
  if (request.room === undefined) return undefined;
  return room?.id ?? parseRoom(request.room) ?? "invalid";
}

async function enter(
  request: ModerationRequest,
  event: RoomEvent,
  room: RoomId | undefined,
  { author }: Moderator,
  context: ModerationContext,
): Promise<Frame | undefined> {
  const { id } = request;
  const seconds = request.type === "moderate" ? request.seconds : undefined;
  const result = await enterEvent(event, { author, room, id, seconds }, context);
  if (result.kind !== "entered") return ackOrFault(id, room ?? AUDIT_ROOM, result);
  if (room !== undefined) await updateList(room, event, context);
  const where = logOf(event, room);
  const isUnseen = where === AUDIT_ROOM && result.kind === "entered";
  return isUnseen ? acknowledge(id) : ackOrFault(id, where, result);
}

async function updateList(
  room: RoomId,
  event: RoomEvent,
  context: Pick<ModerationContext, "roomIndex" | "roomList">,
): Promise<void> {
  // One that is not listed is taken out when the list is read.
  if (event.kind !== "room" || isClosed(room)) return;
  if (event.access !== undefined) await list(room, event.access === "listed", context);
  else if (event.archived) await list(room, false, context);
}
