/**
 * The rooms of one session: joins, and what waits for them, memberships, and leaving.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import {
  DEFAULT_ROOM,
  type Name,
  parseLegacyRoom,
  parseRoom,
  ROOM_RULE,
  type RoomId,
} from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { withId } from "../../core/protocol/json_protocol.ts";
import type { JoinedRoomRequest, RequestOf } from "../../core/protocol/requests.ts";
import { isClosed } from "../../core/rooms/closed_room.ts";
import type { LogReader } from "../log_reader.ts";
import type { Identity } from "../ports/session_tokens.ts";
import type { JoinRequest } from "../room/subscriber.ts";
import { UndecidedJoin, UndecidedJoins } from "./undecided_joins.ts";
import { currentName, nameChoice, nameWhileMuted } from "./join_name.ts";
import { type Destination, Membership, type MembershipListener } from "../room/membership.ts";
import type { SessionContext } from "./session_context.ts";
import type { Expulsion, SessionRules } from "./session_rules.ts";
import type { SignIn } from "../sign_in/sign_in.ts";

/** The session, as its rooms see it. */
export interface RoomsHost extends MembershipListener {
  /** States the user, and what the user may do. */
  readonly signIn: SignIn;
  /** Says what mutes, bans and lockdown mean for the user. */
  readonly rules: SessionRules;
  /** Whether the session has ended. */
  readonly isEnded: boolean;
  /** Whether it has joined a room. */
  readonly hasJoined: boolean;
  /** Limits what the user reads. */
  readerFor(user: UserId): LogReader;
  /** Runs a function; closes the connection if it throws. */
  guarded(fn: () => Promise<void>): Promise<void>;
  /** Sends a frame unless the session has ended. */
  sendFrame(frame: Frame): void;
  /** Sends a fault unless the session has ended. @param message Default: the text of the code. */
  sendFault(id: string | undefined, code: FaultCode, message?: string): void;
  /** Answers that a request came too early. */
  sendSlowDown(id: string | undefined, afterMs: number): void;
}

/** Joins and leaves rooms for one session, and passes requests on to its memberships. */
export class SessionRooms {
  /** Those that it is in or joins, by their names. */
  readonly memberships: Map<string, Membership> = new Map();
  readonly #session: RoomsHost;
  readonly #context: SessionContext;
  // Most sessions never join a private room.
  #undecidedJoins: UndecidedJoins | undefined;

  /** Starts without memberships. */
  constructor(session: RoomsHost, context: SessionContext) {
    this.#session = session;
    this.#context = context;
  }

  /** The number of rooms that it is in, joins, or may join. */
  get count(): number {
    return this.memberships.size + (this.#undecidedJoins?.size ?? 0);
  }

  /** A membership. @param room As the client spells it. */
  find(room: string): Membership | undefined {
    return this.memberships.get(room) ?? this.memberships.get(parseRoom(room) ?? "");
  }

  /** The name of a user who is seen in one of the rooms. */
  seenNameOf(user: UserId): Name | undefined {
    for (const { isJoined, room } of this.memberships.values()) {
      const name = isJoined ? room.presence.seenNameOf(user) : undefined;
      if (name !== undefined) return name;
    }
    return undefined;
  }

  /** Handles a join. */
  join(request: RequestOf<"join">, me: Identity): void {
    this.#join(request, me, undefined);
  }

  /** Handles a request in a room, when that is joined. */
  handle(request: JoinedRoomRequest): void {
    const membership = this.find(request.room);
    if (membership) return membership.runWhenJoined(request);
    const join = this.#undecidedJoins?.find(request.room);
    if (join === undefined) this.#session.sendFault(request.id, "not_in_room");
    else if (!join.queue(request)) this.#session.onRequestRefused(request);
  }

  /** Handles `leave`. */
  leave({ id, room: requestedRoom }: RequestOf<"leave">): void {
    const membership = this.find(requestedRoom);
    if (membership === undefined) return this.#leaveUndecided(id, requestedRoom);
    const room = membership.roomId;
    this.memberships.delete(room);
    if (!membership.isJoined) {
      this.#session.sendFault(
        membership.requestId,
        "not_in_room",
        "left before the join completed",
      );
    }
    membership.leave(false);
    this.#session.sendFrame({ type: "left", ...withId(id), room });
  }

  /** The user may no longer be in a room. */
  expel(membership: Membership, why: Expulsion): void {
    const { roomId: room, isJoined, requestId } = membership;
    this.memberships.delete(room);
    membership.leave(false);
    if (isJoined) this.#session.sendFrame({ type: "left", room, ...why });
    else this.#session.sendFrame(this.#session.rules.joinFault(requestId, membership.room));
  }

  /** Moves a membership to another room. Returns false, and sends a fault, if the session is in that room. */
  tryMove(membership: Membership, room: RoomId): boolean {
    // It has left, except that its queued requests still run.
    if (this.memberships.get(membership.roomId) !== membership) return true;
    this.memberships.delete(membership.roomId);
    const isFree = !this.memberships.has(room);
    if (isFree) this.memberships.set(room, membership);
    else this.#session.sendFault(membership.requestId, "in_room");
    return isFree;
  }

  /** Leaves all rooms. @param comesBack Whether the user is likely to come back soon. */
  end(comesBack: boolean): void {
    this.#undecidedJoins?.end();
    for (const membership of this.memberships.values()) membership.leave(comesBack);
    this.memberships.clear();
  }

  /** @param memberAt The position as of which the user is a member of the room; undefined if that is not known. */
  #join(request: RequestOf<"join">, me: Identity, memberAt: Position | undefined): void {
    const session = this.#session;
    const { signIn, rules } = session;
    const { id } = request;
    // While it was decided whether the user is a member.
    if (signIn.isExpired) return session.sendFault(id, "token_expired");
    const { maxRooms } = this.#context;
    const destination = destinationOf(request.room);
    if (destination === undefined) return session.sendFault(id, "bad_room", ROOM_RULE);
    const { room } = destination;
    const { joinActions } = session.output;
    if (!joinActions.some((action) => signIn.may(action, room))) {
      return session.sendFault(id, "not_allowed");
    }
    if (rules.isLockedOut) return session.sendFault(id, "locked_down");
    if (this.memberships.has(room) || this.#undecidedJoins?.find(room)) {
      return session.sendFault(id, "in_room");
    }
    if (this.count >= maxRooms) {
      return session.sendFault(id, "too_many_rooms", `you are in ${maxRooms} rooms already`);
    }
    const reader = session.readerFor(me.user);
    // The first join waits instead: a plain-text client would not retry.
    if (session.hasJoined && reader.waitMs > 0) return session.sendSlowDown(id, reader.waitMs);
    if (isClosed(room) && !memberAt) return this.#checkMembership(request, room, me.user);
    const joinRequest = { ...this.#joinRequest(request, destination, me, memberAt), reader };
    const membership = new Membership(destination, session, joinRequest, this.#context, id);
    this.memberships.set(room, membership);
  }

  #joinRequest(
    { since, limit = 0, temporaryName = false }: RequestOf<"join">,
    { room, otherwise = room }: Destination,
    known: Identity,
    memberAt: Position | undefined,
  ): JoinRequest {
    const { signIn, rules, output: { wantsJoinDetails: wantsDetails, isPresent } } = this.#session;
    const { random, sanctions: { whenKnown: whenRulesKnown } } = this.#context;
    const me = signIn.isMember
      ? { ...known, name: currentName(known, this.memberships.values()) }
      : known;
    const mustExist = otherwise !== DEFAULT_ROOM && !memberAt && !signIn.mayCreate(otherwise);
    const isAdmitted: JoinRequest["isAdmitted"] = (joined) =>
      !rules.isLockedOut && rules.admits(joined);
    const ruledName: JoinRequest["ruledName"] = (joined) =>
      nameWhileMuted(signIn, me, rules.muteIn(joined));
    return {
      ...me,
      ...(memberAt && { memberAt }),
      ...(!isPresent && { isPresent }),
      ...{
        appRole: signIn.appRole,
        since,
        limit,
        wantsDetails,
        mustExist,
        isAdmitted,
        ruledName,
        whenRulesKnown,
      },
      ...nameChoice(signIn, me, temporaryName, random),
    };
  }

  /** A join of a private or direct room goes on once it is known that the user is a member. */
  #checkMembership(request: RequestOf<"join">, room: RoomId, user: UserId): void {
    const session = this.#session;
    const join = new UndecidedJoin(request.id, (refused) => {
      session.output.onJoinDelayed();
      for (const it of refused) session.onRequestRefused(it);
    });
    const joins = this.#undecidedJoins ??= new UndecidedJoins(this.#context);
    session.guarded(async () => {
      const memberAt = await joins.decide(room, join, user, session.readerFor(user));
      const { me } = session.signIn;
      if (memberAt === undefined || me === undefined || session.isEnded) return;
      const queued = join.takeQueued();
      if (memberAt === "stranger") session.sendFault(request.id, "not_allowed");
      else this.#join(request, me, memberAt);
      const membership = this.memberships.get(room);
      for (const it of queued) {
        if (membership) membership.runWhenJoined(it);
        else session.onRequestRefused(it);
      }
    });
  }

  /** Leaves a private or direct room while the join is undecided. */
  #leaveUndecided(id: string | undefined, requestedRoom: string): void {
    const session = this.#session;
    const join = this.#undecidedJoins?.cancel(requestedRoom);
    const room = parseRoom(requestedRoom);
    if (join === undefined || room === undefined) return session.sendFault(id, "not_in_room");
    for (const request of join.takeQueued()) session.onRequestRefused(request);
    session.sendFault(join.requestId, "not_in_room", "left before the join completed");
    session.sendFrame({ type: "left", ...withId(id), room });
  }
}

/** The room of a join; undefined if its name is not valid. */
function destinationOf(requested: string): Destination | undefined {
  const room = parseRoom(requested);
  // Only the log knows whether this room exists under its name from before names were lower case.
  const old = room === undefined || isClosed(room) ? undefined : parseLegacyRoom(requested);
  if (room === undefined) return undefined;
  return old === undefined ? { room } : { room: old, otherwise: room };
}
