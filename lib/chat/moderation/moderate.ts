/**
 * What moderators and operators do: the rules of a request, and how it becomes an event in the log of the room that it
 * concerns and in `_audit`, which has all of them. Sessions and the HTTP API share this, so both have the same rules.
 * @module
 */
import { type Authority, isAllowed, mayConfigure, rankOf } from "../../core/auth/rights.ts";
import type { Author } from "../../core/log/entry.ts";
import { eventText, FOREVER, type RoomEvent, type Target } from "../../core/log/room_event.ts";
import { formatPosition, type Position } from "../../core/log/position.ts";
import { isAddressUser, isUserId, USER_ID_RULE, type UserId } from "../../core/log/user_id.ts";
import { isStoredName, type Name, parseName, type RoomId } from "../../core/names/names.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { ModerationRequest, RequestOf } from "../../core/protocol/requests.ts";
import { isClosed } from "../../core/rooms/closed_room.ts";
import { AUDIT_ROOM, isForModerators } from "../../core/rooms/service_rooms.ts";
import { type Bus, BusUnavailable, type PublishResult, type WorkerBus } from "../ports/bus.ts";
import type { Sanctions } from "./sanctions.ts";

/** Who asks, and where. */
export interface ModerationCase {
  /** What the caller may do; operators of the service may do everything. */
  readonly authority: Authority | "operator";
  /** The room that the request concerns; undefined for the whole service. */
  readonly room: RoomId | undefined;
  /** Whether the caller has created the room. */
  readonly isCreator: boolean;
  /** The name of a user who is in the room. */
  readonly nameOf: (user: UserId) => Name | undefined;
  /** Whether the name that the request gives for a user is safe to show: everyone who reads the event sees it. */
  readonly isCredible: (target: Target) => boolean;
  /** The current time, in milliseconds since 1970. */
  readonly date: number;
}

/** Why a request is not carried out. */
export interface ModerationRefusal {
  /** Discriminates it from events. */
  readonly kind: "refused";
  /** The fault. */
  readonly code: FaultCode & ("not_allowed" | "bad_frame");
  /** For people; undefined if the code says it all. */
  readonly why?: string;
}

/** The event that a request leads to, or why there is none. */
export function moderationEvent(
  request: ModerationRequest,
  given: ModerationCase,
): RoomEvent | ModerationRefusal {
  if (!mayModerate(request, given)) return { kind: "refused", code: "not_allowed" };
  const event = request.type === "room"
    ? settingsEvent(request, given)
    : actionEvent(request, given);
  return typeof event === "string" ? { kind: "refused", code: "bad_frame", why: event } : event;
}

/** Moderators may, and the creator of a room may change its settings. */
function mayModerate(
  { type }: ModerationRequest,
  { authority, room, isCreator }: ModerationCase,
): boolean {
  if (room !== undefined && isForModerators(room)) return false;
  if (authority === "operator") return true;
  return type === "room" && room !== undefined
    ? mayConfigure(authority, room, isCreator)
    : isAllowed(authority, "moderate", room);
}

function settingsEvent(
  { title, topic, listed, readOnly, slowSeconds, keepDays, history, archived }: RequestOf<"room">,
  { room }: ModerationCase,
): RoomEvent | string {
  if (listed !== undefined && isClosed(room ?? "")) return "a private room cannot be listed";
  if (history !== undefined && !isClosed(room ?? "")) {
    return "only private rooms have the setting history";
  }
  const access = listed === undefined ? undefined : listed ? "listed" : "open";
  const settings = { access, title: title?.trim(), topic: topic?.trim(), readOnly, slowSeconds };
  const all = Object.entries({ ...settings, keepDays, history, archived });
  const given = Object.fromEntries(all.filter(([, value]) => value !== undefined));
  if (Object.keys(given).length === 0) return "there is no setting to change";
  return { kind: "room", ...given };
}

/** The event, or what is wrong with the request. */
function actionEvent(
  { action, user, name, seconds, reason }: RequestOf<"moderate">,
  { authority, room, nameOf, isCredible, date }: ModerationCase,
): RoomEvent | string {
  const why = reason?.trim() ? { reason: reason.trim() } : {};
  switch (action) {
    case "lockdown":
    case "unlock":
      if (room !== undefined) return `${action} concerns the whole service: leave room out`;
      return { kind: "lockdown", on: action === "lockdown", ...why };
    case "clear":
    case "delete": {
      const archived = action === "delete" && { archived: true as const };
      return room === undefined ? `${action} needs a room` : { kind: "clear", ...archived, ...why };
    }
    default: {
      const target = targetOf(user, name, { nameOf, isCredible });
      if (target === undefined) return `user: ${USER_ID_RULE}`;
      const rank = authority === "operator" ? authority : rankOf(authority, room) ?? "moderator";
      if (action === "kick") {
        return room === undefined ? "kick needs a room" : { kind: "kick", ...target, ...why, rank };
      }
      if (action === "unmute" || action === "unban") {
        return { kind: action, ...target, ...(isAddressUser(target.user) && { rank }) };
      }
      const until = seconds === undefined ? FOREVER : date + seconds * 1_000;
      return { kind: action, ...target, until, ...why, rank };
    }
  }
}

/** Undefined without a valid id. Without a name that is known or credible, the id is the name. */
function targetOf(
  user: string | undefined,
  given: string | undefined,
  { nameOf, isCredible }: Pick<ModerationCase, "nameOf" | "isCredible">,
): Target | undefined {
  if (user === undefined || !isUserId(user)) return undefined;
  const known = nameOf(user);
  if (known !== undefined) return { user, name: known };
  const stated = given === undefined ? undefined : parseName(given);
  if (stated !== undefined && isCredible({ user, name: stated })) return { user, name: stated };
  return isStoredName(user) ? { user, name: user } : undefined;
}

/** What entering an event needs. */
export interface EnterContext {
  /** Publishes the events. */
  readonly bus: Pick<WorkerBus, "publish">;
  /** Returns an id that was never used. */
  readonly newId: () => string;
  /** Knows until when an address must be exempt after what is imposed on it has been ended. */
  readonly sanctions: Pick<Sanctions, "exemptionFor">;
}

/** Where an event happens, and who causes it. */
export interface EventPlacement {
  /** Who causes it. */
  readonly author: Author;
  /** The room; undefined for the whole service. */
  readonly room: RoomId | undefined;
  /** Identifies repetitions; undefined if there are none. */
  readonly id: string | undefined;
  /** How long a mute or a ban lasts; undefined for ever. */
  readonly seconds: number | undefined;
}

/** Enters an event of the whole service in `_audit`. Rejects with `BusUnavailable`, also if the log refuses it. */
export async function announceEvent(
  event: RoomEvent,
  author: Author,
  { bus, newId }: Pick<EnterContext, "newId"> & { readonly bus: Pick<Bus, "publish"> },
): Promise<void> {
  const action = { kind: "said", text: eventText(event), event } as const;
  const draft = { ...author, room: AUDIT_ROOM, id: newId(), action, isExempt: true } as const;
  const why = "it is done, but could not be announced to all connections yet: try again";
  assertEntered(await bus.publish(draft), why);
}

/** Throws `BusUnavailable` if the second step of something was refused: only its first one is done. */
function assertEntered({ kind }: PublishResult, why: string): void {
  if (kind !== "entered") throw new BusUnavailable(why, { mayHaveApplied: true });
}

const NOT_RECORDED = `it is done, but could not be recorded in ${AUDIT_ROOM} yet: try again`;

/** The room whose log shows an event first. What concerns an address enters only `_audit`: only moderators may see it. */
export function logOf(event: RoomEvent, room: RoomId | undefined): RoomId {
  const isHidden = "user" in event && isAddressUser(event.user);
  return isHidden ? AUDIT_ROOM : room ?? AUDIT_ROOM;
}

/**
 * Enters an event in its room and in `_audit`. Resolves with the result of the first of the two. Rejects with
 * `BusUnavailable`.
 */
export async function enterEvent(
  event: RoomEvent,
  { author, room, id, seconds }: EventPlacement,
  { bus, newId, sanctions }: EnterContext,
): Promise<PublishResult> {
  const enter = (where: RoomId, what: RoomEvent, draftId: string): Promise<PublishResult> => {
    const action = { kind: "said", text: eventText(what, { seconds }), event: what } as const;
    return bus.publish({ ...author, room: where, id: draftId, action, isExempt: true });
  };
  const first = logOf(event, room);
  const draftId = id ?? newId();
  const complete = withExemption(event, room, sanctions);
  const inAudit = room === undefined ? complete : { ...complete, room };
  const result = await enter(first, first === AUDIT_ROOM ? inAudit : event, draftId);
  if (result.kind === "entered" && first !== AUDIT_ROOM && isAudited(event, first)) {
    // Not the id of the request, which could be used in many rooms, and would be refused here after the first. A request that
    // is repeated gets the same position, and is recognized. No request can have an id with a space.
    const audited = await enter(AUDIT_ROOM, inAudit, auditId(first, result.position));
    assertEntered(audited, NOT_RECORDED);
  }
  return result;
}

/** An address that is not muted or banned any more would be again on account of its guests, who still are. */
function withExemption(
  event: RoomEvent,
  room: RoomId | undefined,
  sanctions: EnterContext["sanctions"],
): RoomEvent {
  const isEnd = event.kind === "unmute" || event.kind === "unban";
  if (!isEnd || !isAddressUser(event.user)) return event;
  const { rank = "moderator", ...ended } = event;
  const kind = event.kind === "unmute" ? "mute" : "ban";
  return { ...ended, ...sanctions.exemptionFor(kind, { user: event.user, room }, rank) };
}

/** The id in `_audit` of an event that has entered a room. */
export function auditId(room: RoomId, position: Position): string {
  return `${room} ${formatPosition(position)}`;
}

/**
 * Enters in `_audit` what a moderator has done about a message. Rejects with `BusUnavailable`.
 *
 * @param at What is done once only: it is recognized by this position in the event's room, or in `_reports`.
 */
export async function enterAudit(
  event: RoomEvent & { readonly kind: "delete" | "release" },
  author: Author,
  at: Position,
  bus: Pick<WorkerBus, "publish">,
): Promise<void> {
  const action = { kind: "said", text: eventText(event), event } as const;
  const id = `${event.kind} ${auditId(event.room ?? AUDIT_ROOM, at)}`;
  const result = await bus.publish({ ...author, room: AUDIT_ROOM, id, action, isExempt: true });
  assertEntered(result, NOT_RECORDED);
}

/** Whether `_audit` gets an event. What a private room is called and about concerns only its members. */
function isAudited(event: RoomEvent, room: RoomId): boolean {
  return event.kind !== "room" || !isClosed(room);
}
