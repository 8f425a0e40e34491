/**
 * Requests within a room that the user has joined: whether the user may do it, what it costs, and the response.
 * @module
 */
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import { faultFrame, slowDownFault } from "../../core/protocol/json_protocol.ts";
import { REQUIRED_ACTION } from "../../core/protocol/request_rights.ts";
import type { JoinedRoomRequest } from "../../core/protocol/requests.ts";
import { isClosed } from "../../core/rooms/closed_room.ts";
import {
  answerRefused,
  handleJoinedRoomRequest,
  isReadRequest,
  type ReadRequest,
  type Requester,
  TOO_MANY_REPORTS,
} from "../requests/joined_room_requests.ts";
import type { Membership } from "../room/membership.ts";
import type { SignIn } from "../sign_in/sign_in.ts";
import type { ServiceRequestHost } from "./service_requests.ts";
import type { SessionContext } from "./session_context.ts";

/** The session, as these requests see it. */
export interface RoomRequestHost extends
  Pick<
    ServiceRequestHost,
    "rules" | "rateLimiter" | "readerFor" | "sendFrame" | "respond" | "sendCharged"
  > {
  /** Says what the user may do, and whether the sign-in has expired or was revoked. */
  readonly signIn: Pick<SignIn, "may" | "isExpired" | "isRevoked">;
  /** Tells the client to wait; closes the connection of one that keeps sending. */
  sendSlowDown(id: string | undefined, afterMs: number): void;
  /** Refuses a request. */
  sendFault(id: string | undefined, code: FaultCode, message?: string): void;
}

const TOO_MANY_NEW_ROOMS = "slow down: too many new rooms from this address";

/** Handles a request and sends the response. */
export async function handleRoomRequest(
  request: JoinedRoomRequest,
  membership: Membership,
  session: RoomRequestHost,
  context: SessionContext,
): Promise<void> {
  // A client that leaves at once: whether the user is still a member of a private room is not known yet.
  if (isClosed(membership.roomId) && !membership.room.isOpen) {
    return refuseUnjoined(request, session);
  }
  const fault = faultFor(request, membership, session);
  if (fault) return await refuse(fault, request, membership, session, context);
  if (isReadRequest(request)) return await read(request, membership, session, context);
  const tooMany = request.type === "say" &&
    chargeNewRooms(request.id, [membership], session, context);
  if (tooMany) return session.sendFrame(tooMany);
  const { rules, signIn } = session;
  rules.rememberAddress();
  const requester = requesterOf(session, context, signIn.may("moderate", membership.roomId));
  using _sending = request.type === "say" ? rules.startSending(membership.room) : undefined;
  const frame = await handleJoinedRoomRequest(request, membership, context, requester);
  if (request.type === "say") onSaid(membership, frame, session);
  if (frame?.type === "fault") return await refuse(frame, request, membership, session, context);
  session.respond(frame);
}

/** Refuses a request whose room is not joined after all. */
export function refuseUnjoined(
  { id }: JoinedRoomRequest,
  session: Pick<RoomRequestHost, "sendFault">,
): void {
  session.sendFault(id, "unavailable", "not joined yet");
}

/**
 * Charges for publishing to rooms not known to hold an entry.
 *
 * @param id Of the request.
 * @returns The fault if the address has to wait.
 */
export function chargeNewRooms(
  id: string | undefined,
  memberships: Iterable<Membership>,
  { rateLimiter }: Pick<RoomRequestHost, "rateLimiter">,
  { clock }: Pick<SessionContext, "clock">,
): FrameOf<"fault"> | undefined {
  let waitMs = 0;
  for (const { room } of memberships) {
    if ((room.last?.seq ?? 0) === 0) waitMs ||= rateLimiter.checkNewRoom(clock.now());
  }
  return waitMs > 0 ? slowDownFault(id, waitMs, undefined, TOO_MANY_NEW_ROOMS) : undefined;
}

/** Why a request is not carried out now; undefined if it may be. */
function faultFor(
  request: JoinedRoomRequest,
  { room }: Membership,
  { signIn, rules }: RoomRequestHost,
): FrameOf<"fault"> | undefined {
  // It has waited for the join, or to be reviewed.
  if (signIn.isExpired) return faultFrame(request.id, "token_expired");
  const mayDelete = request.type === "delete" && signIn.may("moderate", room.id);
  if (!mayDelete && !signIn.may(REQUIRED_ACTION[request.type], room.id)) {
    return faultFrame(request.id, "not_allowed");
  }
  return rules.faultFor(request, room);
}

function requesterOf(
  session: RoomRequestHost,
  { clock }: SessionContext,
  isModerator: boolean,
): Requester {
  return {
    isModerator,
    checkReport: () => session.rateLimiter.checkReport(clock.now()),
    faultAfterWait(request, membership) {
      const { signIn, rules } = session;
      const isOut = signIn.isRevoked || rules.serviceBan() || !rules.admits(membership.room);
      return isOut ? faultFrame(request.id, "not_allowed") : faultFor(request, membership, session);
    },
  };
}

async function refuse(
  fault: FrameOf<"fault">,
  request: JoinedRoomRequest,
  membership: Membership,
  session: RoomRequestHost,
  context: SessionContext,
): Promise<void> {
  const isModerator = session.signIn.may("moderate", membership.roomId);
  session.respond(await answerRefused(fault, request, membership, context, isModerator));
}

/** A message was answered. One that is repeated was sent when it was entered. */
function onSaid(
  { room }: Membership,
  answer: Frame | undefined,
  { rules }: RoomRequestHost,
): void {
  if (answer?.type === "fault" && answer.code !== "unknown_outcome") return;
  rules.onSent(room, answer?.type === "ack" ? answer.at : undefined);
}

async function read(
  request: ReadRequest,
  membership: Membership,
  session: RoomRequestHost,
  context: SessionContext,
): Promise<void> {
  const { id } = request;
  const reader = session.readerFor(membership.user);
  if (reader.waitMs > 0) return session.sendSlowDown(id, reader.waitMs);
  const requester = requesterOf(session, context, false);
  const waitMs = request.type === "report" ? requester.checkReport() : 0;
  if (waitMs > 0) {
    return session.sendFrame(slowDownFault(id, waitMs, undefined, TOO_MANY_REPORTS));
  }
  // The user may leave meanwhile. A closed room does not learn that the right has ended.
  using _open = membership.room.keepOpen();
  const respond = () => handleJoinedRoomRequest(request, membership, context, requester);
  // Who is in an open room is answered from memory, without the store.
  const isInMemory = request.type === "who" && !isClosed(membership.roomId);
  const frame = await (isInMemory ? respond() : reader.readForRequest(respond));
  // The right may have ended while the log was read.
  const { signIn, rules } = session;
  const mayStill = signIn.may("read", membership.roomId) && rules.admits(membership.room);
  if (signIn.isExpired) session.sendFault(id, "token_expired");
  else if (!mayStill) session.sendFault(id, "not_allowed");
  else if (frame) session.sendCharged(frame);
}
