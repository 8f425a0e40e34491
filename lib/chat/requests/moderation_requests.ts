/**
 * Requests of moderators. Each becomes an event: in the log of the room that it concerns, and in `_audit`, which has all of
 * them.
 * @module
 */
import { mayConfigure, mayListRoom, outranks, rankOf } from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import type { Author } from "../../core/log/entry.ts";
import type { RoomEvent, Sanction } from "../../core/log/room_event.ts";
import { RoomState } from "../../core/log/room_state.ts";
import { parseRoom, ROOM_RULE, type RoomId } from "../../core/names/names.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame } from "../../core/protocol/json_protocol.ts";
import type { ModerationRequest } from "../../core/protocol/requests.ts";
import { isClosed } from "../../core/rooms/closed_room.ts";
import { AUDIT_ROOM } from "../../core/rooms/service_rooms.ts";
import { BusUnavailable, type WorkerBus } from "../ports/bus.ts";
import type { KnownModerators } from "../members/known_moderators.ts";
import type { KnownNames } from "../members/known_names.ts";
import type { Clock } from "../ports/clock.ts";
import { type EnterContext, enterEvent, logOf, moderationEvent } from "../moderation/moderate.ts";
import type { RuledRoom, Sanctions, Subject } from "../moderation/sanctions.ts";
import type { RoomIndex } from "../ports/room_index.ts";
import type { RoomList } from "../rooms/room_list.ts";
import type { WordFilter } from "../moderation/word_filter.ts";
import type { Room } from "../room/room.ts";
import { withAllowedText } from "../moderation/allowed_event.ts";
import { acknowledge, ackOrFault } from "./answers.ts";
import { setListed } from "./room_creation.ts";

/** What these requests need. */
export interface ModerationContext extends EnterContext {
  /** Publishes the events, and reads the states and the people of rooms. */
  readonly bus: Pick<WorkerBus, "publish" | "state" | "people">;
  /** The mutes and bans in effect, and the exemptions that ending one requires. */
  readonly sanctions: Pick<Sanctions, "imposed" | "exemptionFor">;
  /** The names and the roles of members. */
  readonly names: Pick<KnownNames, "isCredible"> & {
    readonly moderators: Pick<KnownModerators, "roleOf">;
  };
  /** Current time, from which the ends of mutes and bans are computed. */
  readonly clock: Pick<Clock, "date">;
  /** Decides which words titles, topics and reasons may contain. */
  readonly words: Pick<WordFilter, "check">;
  /** Where listed rooms are found. */
  readonly roomIndex: RoomIndex;
  /** Notified when a listed room has changed, so that the next list is read again. */
  readonly roomList: RoomList;
}

/** The user who makes the request; need not be a moderator. */
export interface Moderator extends Subject {
  /** The user, with the name in the room if the user is in it. */
  readonly author: Author;
  /** The room of the request, if the user is in it. */
  readonly room: Room | undefined;
  /** Why the rules do not let the user do this in a room, or in the whole service. */
  readonly faultIn: (room: RuledRoom | undefined) => Frame | undefined;
}

const AS_HIGH = "this member ranks as high as you do";
const ABOVE = "a user of a higher rank has imposed that";
/** The kind of sanction that an event imposes or ends. */
const SANCTION_OF: Readonly<Partial<Record<RoomEvent["kind"], Sanction["kind"]>>> = {
  mute: "mute",
  unmute: "mute",
  ban: "ban",
  unban: "ban",
};

/** Carries out a request; resolves with the answer, if there is any. */
export async function handleModeration(
  request: ModerationRequest,
  moderator: Moderator,
  context: ModerationContext,
): Promise<Frame | undefined> {
  const { id } = request;
  const isListing = request.type === "room" && request.listed === true;
  if (isListing && !mayListRoom(moderator.authority, userKind(moderator.user))) {
    return faultFrame(id, "not_allowed");
  }
  const room = roomOf(request, moderator);
  if (room === "invalid") return faultFrame(id, "bad_room", ROOM_RULE);
  const { authority, user, room: joined } = moderator;
  // Moderators who are no members do not learn whether the room exists.
  const isHidden = room !== undefined && isClosed(room) && joined === undefined;
  if (isHidden) return faultFrame(id, "not_allowed");
  const event = moderationEvent(request, {
    ...{ authority, room, date: context.clock.date() },
    isCreator: joined?.state.creator === user,
    nameOf: (other) => joined?.presence.seenNameOf(other),
    isCredible: (target) => context.names.isCredible(target),
  });
  if (event.kind === "refused") return faultFrame(id, event.code, event.why);
  const allowed = withAllowedText(event, context.words);
  if (allowed === undefined) return faultFrame(id, "blocked_words");
  try {
    if (room && request.type === "room" && !await mayStillConfigure(room, moderator, context)) {
      return faultFrame(id, "not_allowed");
    }
    const ruled = room && await ruledRoom(room, joined, context);
    const fault = moderator.faultIn(ruled);
    if (fault) return fault;
    if (isAgainstEqual(event, room, moderator, context)) {
      return faultFrame(id, "not_allowed", AS_HIGH);
    }
    if (!mayReplace(event, ruled, moderator, context)) return faultFrame(id, "not_allowed", ABOVE);
    const named = await withStoredName(allowed, room, context);
    return await enter(request, named, room, moderator, context);
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

/** Whether a room still has the creator who changes its settings: it may have been deleted, which this worker is yet to learn. */
async function mayStillConfigure(
  room: RoomId,
  { authority, user }: Moderator,
  { bus }: Pick<ModerationContext, "bus">,
): Promise<boolean> {
  if (mayConfigure(authority, room, false)) return true;
  return new RoomState((await bus.state(room)).fields).creator === user;
}

async function ruledRoom(
  id: RoomId,
  joined: Room | undefined,
  { bus }: Pick<ModerationContext, "bus">,
): Promise<RuledRoom> {
  return joined ?? { id, state: new RoomState((await bus.state(id)).fields) };
}

/** Whether the user may end or replace the mute or ban that an event concerns: not if a higher rank has imposed it. */
function mayReplace(
  event: RoomEvent,
  room: RuledRoom | undefined,
  { authority }: Moderator,
  { sanctions }: Pick<ModerationContext, "sanctions">,
): boolean {
  const kind = SANCTION_OF[event.kind];
  const before = kind && "user" in event ? sanctions.imposed(kind, event.user, room) : undefined;
  const own = rankOf(authority, room?.id);
  return before === undefined || (own !== undefined && !outranks(before.rank, own));
}

/** Whether an event is against a member who ranks as high: it would take effect as soon as the member has a lower role. */
function isAgainstEqual(
  event: RoomEvent,
  room: RoomId | undefined,
  { authority }: Moderator,
  { names }: Pick<ModerationContext, "names">,
): boolean {
  if (event.kind !== "mute" && event.kind !== "ban" && event.kind !== "kick") return false;
  const role = names.moderators.roleOf(event.user);
  const own = rankOf(authority, room);
  return own === undefined || !outranks(own, rankOf({ role, rights: null }, room));
}

/** Names whom an event is about if only the id is known here: a worker may not have heard yet of who has just joined. */
async function withStoredName(
  event: RoomEvent,
  room: RoomId | undefined,
  { bus }: Pick<ModerationContext, "bus">,
): Promise<RoomEvent> {
  const isUnnamed = "user" in event && event.name === String(event.user);
  if (room === undefined || !isUnnamed) return event;
  const person = (await bus.people(room)).find(({ user }) => user === event.user);
  return person ? { ...event, name: person.name } : event;
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
  if (isClosed(room)) return;
  if (event.kind === "clear" && event.archived) return await setListed(room, false, context);
  // One that is not listed is taken out when the list is read.
  if (event.kind !== "room") return;
  if (event.access !== undefined) await setListed(room, event.access === "listed", context);
  else if (event.archived) await setListed(room, false, context);
  else context.roomList.onListedChanged();
}
