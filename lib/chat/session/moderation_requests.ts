/**
 * Requests of moderators. Each becomes an event: in the log of the room that it concerns, and in `_audit`, which has all of
 * them.
 * @module
 */
import { isAllowed, mayConfigure, rankOf } from "../../core/auth/rights.ts";
import type { Author, UserId } from "../../core/log/entry.ts";
import { isUserId } from "../../core/log/entry.ts";
import { eventText, FOREVER, type Rank, type RoomEvent } from "../../core/log/room_event.ts";
import {
  isStoredName,
  type Name,
  parseName,
  parseRoom,
  ROOM_RULE,
  type RoomId,
} from "../../core/names/names.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame } from "../../core/protocol/json_protocol.ts";
import type { ModerationRequest, RequestOf } from "../../core/protocol/requests.ts";
import { AUDIT_ROOM, isForModerators } from "../../core/rooms/service_rooms.ts";
import { BusUnavailable, type PublishResult, type WorkerBus } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Sanctions, Subject } from "../moderation/sanctions.ts";
import type { WordFilter } from "../moderation/word_filter.ts";
import type { Room } from "../room/room.ts";
import { acknowledge, ackOrFault } from "./room_requests.ts";

/** What these requests need. */
export interface ModerationContext {
  /** Publishes the events. */
  readonly bus: Pick<WorkerBus, "publish">;
  /** For the ends of mutes and bans. */
  readonly clock: Pick<Clock, "date">;
  /** Returns an id that was never used. */
  readonly newId: () => string;
  /** Decides which words titles, topics and reasons may contain. */
  readonly words: Pick<WordFilter, "check">;
  /** The mutes and bans of guests' addresses end with the guest's own. */
  readonly sanctions: Pick<Sanctions, "all">;
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
  if (!mayModerate(request, room, moderator)) return faultFrame(id, "not_allowed");
  const event = eventOf(request, rankOf(moderator.authority, room) ?? "moderator", {
    moderator,
    context,
  });
  if (typeof event === "string") return faultFrame(id, "bad_frame", event);
  const allowed = withAllowedText(event, context.words);
  if (allowed === undefined) return faultFrame(id, "blocked_words");
  try {
    return await publish(request, allowed, room, moderator, context);
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

/** Moderators may; and whoever has created a room may change its settings. */
function mayModerate(
  request: ModerationRequest,
  room: RoomId | undefined,
  { authority, room: joined, user }: Moderator,
): boolean {
  if (request.type === "room" && room !== undefined) {
    return mayConfigure(authority, room, joined?.state.creator === user);
  }
  if (room !== undefined && isForModerators(room)) return false;
  return isAllowed(authority, "moderate", room);
}

/** The event that a request asks for, or what is wrong with the request. */
function eventOf(
  request: ModerationRequest,
  rank: Rank,
  details: { readonly moderator: Moderator; readonly context: ModerationContext },
): RoomEvent | string {
  if (request.type === "moderate") return eventOfAction(request, rank, details);
  const { title, topic, listed, readOnly, slowSeconds, keepDays, archived } = request;
  const access = listed === undefined ? undefined : listed ? "listed" : "open";
  const settings = { access, title: title?.trim(), topic: topic?.trim(), readOnly, slowSeconds };
  const all = Object.entries({ ...settings, keepDays, archived });
  const given = Object.fromEntries(all.filter(([, value]) => value !== undefined));
  return { kind: "room", ...given };
}

function eventOfAction(
  { action, room, user, name, seconds, reason }: RequestOf<"moderate">,
  rank: Rank,
  { moderator, context }: { readonly moderator: Moderator; readonly context: ModerationContext },
): RoomEvent | string {
  const why = reason?.trim() ? { reason: reason.trim() } : {};
  switch (action) {
    case "lockdown":
    case "unlock":
      if (room !== undefined) return `${action} concerns the whole service: leave room out`;
      return { kind: "lockdown", on: action === "lockdown" };
    case "clear":
      return room === undefined ? "clear needs a room" : { kind: "clear", ...why };
    default: {
      const target = targetOf(user, name, moderator.room);
      if (target === undefined) return `${action} needs the id of a user`;
      if (action === "kick") {
        return room === undefined ? "kick needs a room" : { kind: "kick", ...target, ...why, rank };
      }
      if (action === "unmute" || action === "unban") return { kind: action, ...target };
      const until = seconds === undefined ? FOREVER : context.clock.date() + seconds * 1_000;
      return { kind: action, ...target, until, ...why, rank };
    }
  }
}

/** Undefined without a valid id. Without a name, the id is the name. */
function targetOf(
  user: string | undefined,
  given: string | undefined,
  room: Room | undefined,
): { readonly user: UserId; readonly name: Name } | undefined {
  if (user === undefined || !isUserId(user)) return undefined;
  const name = room?.presence.nameOf(user) ?? (given === undefined ? undefined : parseName(given));
  if (name !== undefined) return { user, name };
  return isStoredName(user) ? { user, name: user } : undefined;
}

/** The event with its texts masked if necessary; undefined if one is refused. */
function withAllowedText(
  event: RoomEvent,
  words: ModerationContext["words"],
): RoomEvent | undefined {
  const texts = ["title", "topic", "reason"] as const;
  let allowed = event;
  for (const field of texts) {
    const text = (event as Readonly<Record<string, unknown>>)[field];
    if (typeof text !== "string") continue;
    const verdict = words.check(text);
    if (verdict.kind === "refused") return undefined;
    if (verdict.kind === "masked") allowed = { ...allowed, [field]: verdict.text };
  }
  return allowed;
}

async function publish(
  request: ModerationRequest,
  event: RoomEvent,
  room: RoomId | undefined,
  moderator: Moderator,
  { bus, newId, sanctions }: ModerationContext,
): Promise<Frame | undefined> {
  const { id } = request;
  const seconds = request.type === "moderate" ? request.seconds : undefined;
  const enter = (where: RoomId, what: RoomEvent, draftId: string): Promise<PublishResult> => {
    const action = { kind: "said", text: eventText(what, seconds), event: what } as const;
    return bus.publish({ ...moderator.author, room: where, id: draftId, action, isExempt: true });
  };
  // The same id in both rooms: a request that is repeated is recognized in each.
  const draftId = id ?? newId();
  const result = await enter(room ?? AUDIT_ROOM, event, draftId);
  if (result.kind !== "entered") return ackOrFault(id, room ?? AUDIT_ROOM, result);
  if (room !== undefined) await enter(AUDIT_ROOM, { ...event, room }, draftId);
  if (event.kind === "unmute" || event.kind === "unban") {
    const kind = event.kind === "unmute" ? "mute" : "ban";
    for (const it of sanctions.all()) {
      if (it.guest !== event.user || it.kind !== kind || it.room !== room) continue;
      await enter(AUDIT_ROOM, { kind: event.kind, user: it.user, name: it.name, room }, newId());
    }
  }
  return room === undefined ? acknowledge(id) : ackOrFault(id, room, result);
}
