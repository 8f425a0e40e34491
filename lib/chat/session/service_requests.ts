/**
 * Requests for which the user need not be in a room: members and their invites, moderation, held messages, and managing rooms.
 * @module
 */
import type { RateLimiter } from "../../core/limits/rate_limiter.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { Name } from "../../core/names/names.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame, slowDownFault } from "../../core/protocol/json_protocol.ts";
import {
  type DirectoryRequest,
  isDirectoryRequest,
  isModerationRequest,
  isRoomManagementRequest,
  type ModerationRequest,
  type Request,
  type RequestOf,
  type RoomManagementRequest,
} from "../../core/protocol/requests.ts";
import type { LogReader } from "../log_reader.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Identity } from "../ports/session_tokens.ts";
import { releaseMessage, type Releaser } from "../requests/held_messages.ts";
import { mayInviteTo } from "../requests/invited_rooms.ts";
import { handleDirectoryRequest } from "../requests/directory_requests.ts";
import type { Membership } from "../room/membership.ts";
import { handleModeration, type Moderator } from "../requests/moderation_requests.ts";
import { handleRoomManagement, type RoomUser } from "../requests/room_management.ts";
import type { SessionContext } from "./session_context.ts";
import type { SessionRules } from "./session_rules.ts";
import type { SignIn } from "../sign_in/sign_in.ts";

/** A request for which the user need not be in a room. */
export type ServiceRequest =
  | DirectoryRequest
  | ModerationRequest
  | RoomManagementRequest
  | RequestOf<"release">;

/** The session, as these requests see it. */
export interface ServiceRequestHost {
  /** Says who asks, what the user may do, and whether the token has expired. */
  readonly signIn: Pick<SignIn, "actor" | "authority" | "isExpired">;
  /** Says what mutes, bans and lockdown do not let the user do. */
  readonly rules: SessionRules;
  /** The limits of the connection. */
  readonly rateLimiter: RateLimiter;
  /** Returns the membership in a room that the session is in or joins. @param room As the client spells it. */
  membership(room: string): Membership | undefined;
  /** The name of a user whom the session sees in one of its rooms. */
  seenNameOf(user: UserId): Name | undefined;
  /** Limits what the user reads. */
  readerFor(user: UserId): LogReader;
  /** Runs a function; closes the connection if it throws. */
  guarded(fn: () => Promise<void>): Promise<void>;
  /** Sends a frame unless the session has ended. */
  sendFrame(frame: Frame): void;
  /** Sends the response, if there is one. */
  respond(frame: Frame | undefined): void;
  /** Sends a frame and charges the user for its size. */
  sendCharged(frame: Frame): void;
}

/** Whether it is a {@linkcode ServiceRequest}. */
export function isServiceRequest(request: Request): request is ServiceRequest {
  return isDirectoryRequest(request) || isModerationRequest(request) ||
    isRoomManagementRequest(request) ||
    request.type === "release";
}

/** Handles a request and sends the response. */
export function handleServiceRequest(
  request: ServiceRequest,
  me: Identity,
  session: ServiceRequestHost,
  context: SessionContext,
): void {
  if (isDirectoryRequest(request)) aboutMembers(request, session, context);
  else if (isModerationRequest(request)) moderate(request, me, session, context);
  else if (isRoomManagementRequest(request)) aboutRooms(request, me, session, context);
  else release(request, me, session, context);
}

function aboutMembers(
  request: DirectoryRequest,
  session: ServiceRequestHost,
  context: SessionContext,
): void {
  const { actor } = session.signIn;
  const { limits, clock } = context;
  const waitMs = actor ? limits.checkDirectoryRequest(actor.user, clock.now()) : 0;
  if (waitMs > 0) return session.sendFrame(slowDownFault(request.id, waitMs));
  session.guarded(async () => {
    const fault = actor && await inviteFault(request, actor.user, session, context);
    const frame = fault ?? await handleDirectoryRequest(request, actor, context);
    if (frame) session.sendCharged(currentAnswer(frame, request.id, session));
  });
}

/** The answer to a request during which the user's token may have expired. */
function currentAnswer(
  frame: Frame,
  id: string | undefined,
  { signIn }: Pick<ServiceRequestHost, "signIn">,
): Frame {
  return signIn.isExpired ? faultFrame(id, "token_expired") : frame;
}

/** Why the user may not invite others to the rooms of a request; undefined for who may. */
async function inviteFault(
  request: DirectoryRequest,
  user: UserId,
  { signIn: { authority }, rules }: ServiceRequestHost,
  context: SessionContext,
): Promise<Frame | undefined> {
  const { id } = request;
  const rooms = request.type === "invite" && request.rooms || [];
  const isAdmitted: RoomUser["isAdmitted"] = (room, state) => rules.admits({ id: room, state });
  try {
    const may = await mayInviteTo(rooms, { user, authority, isAdmitted }, context);
    return may ? undefined : faultFrame(id, "not_allowed");
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    return faultFrame(id, "unavailable", error.message);
  }
}

/** Until the bans of the service are known, requests that banned users cannot make are refused; undefined if they are. */
function unknownRules(
  id: string | undefined,
  { sanctions }: Pick<SessionContext, "sanctions">,
): Frame | undefined {
  return sanctions.whenKnown && faultFrame(id, "unavailable", "the bans are not known yet");
}

function moderate(
  request: ModerationRequest,
  { user, name }: Identity,
  session: ServiceRequestHost,
  context: SessionContext,
): void {
  const { subject } = session.rules;
  if (subject === undefined) return;
  const unknown = unknownRules(request.id, context);
  if (unknown) return session.sendFrame(unknown);
  const membership = request.room === undefined ? undefined : session.membership(request.room);
  const room = membership?.isJoined ? membership.room : undefined;
  const author = { user, name: membership?.name ?? name };
  const faultIn: Moderator["faultIn"] = (place) => session.rules.faultOfModerator(request, place);
  const moderator = { ...subject, author, room, faultIn };
  session.guarded(async () => session.respond(await handleModeration(request, moderator, context)));
}

function release(
  request: RequestOf<"release">,
  { user, name }: Identity,
  session: ServiceRequestHost,
  context: SessionContext,
): void {
  const unknown = unknownRules(request.id, context);
  if (unknown) return session.sendFrame(unknown);
  const { signIn: { authority }, rules } = session;
  const isAdmitted: Releaser["isAdmitted"] = (room) => rules.admits(room);
  const releaser = { author: { user, name }, authority, isAdmitted };
  session.guarded(async () => session.respond(await releaseMessage(request, releaser, context)));
}

function aboutRooms(
  request: RoomManagementRequest,
  { user, name }: Identity,
  session: ServiceRequestHost,
  context: SessionContext,
): void {
  const { id, type } = request;
  const { rules, rateLimiter } = session;
  const isLeaving = type === "member" && request.on === false;
  const isList = type === "rooms" || type === "members";
  const fault = isLeaving || isList
    ? undefined
    : unknownRules(id, context) ?? rules.faultOutside(id);
  if (fault) return session.sendFrame(fault);
  const { limits, clock } = context;
  const now = clock.now();
  const waitMs = isList
    ? limits.checkRoomList(user, now) || rateLimiter.checkRoomList(now)
    : limits.checkRoomRequest(user, now);
  if (waitMs > 0) return session.sendFrame(slowDownFault(id, waitMs));
  const me: RoomUser = {
    ...{ user, name, authority: session.signIn.authority },
    isAdmitted: (room, state) => !session.signIn.isExpired && rules.admits({ id: room, state }),
    nameOf: (other) => session.seenNameOf(other),
    chargeRoom: () => limits.checkCreatedRoom(user, now) || rateLimiter.checkCreatedRoom(now),
  };
  const respond = () => handleRoomManagement(request, me, context);
  session.guarded(async () => {
    const frame = await (isList ? session.readerFor(user).readForRequest(respond) : respond());
    if (frame) session.sendCharged(currentAnswer(frame, id, session));
  });
}
