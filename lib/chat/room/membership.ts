/**
 * One session's membership in one room, from the join request until it leaves. Requests that arrive before the join
 * completes are queued, so a client can send `join` and a message at once. After a timeout they are refused instead:
 * users do not want to send minutes-old messages.
 * @module
 */
import type { FrameEncoder } from "../../core/protocol/encoder.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { FrameOf } from "../../core/protocol/frames.ts";
import type { Name, RoomId } from "../../core/names/names.ts";
import { formatPosition, isUpTo, type Position } from "../../core/log/position.ts";
import { toWirePage, withId } from "../../core/protocol/json_protocol.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import type { JoinedRoomRequest } from "../../core/protocol/requests.ts";
import type { ListedPerson } from "../members/known_moderators.ts";
import type { Clock } from "../ports/clock.ts";
import type { Hub } from "./hub.ts";
import type { Subscription } from "./subscription.ts";
import type { JoinRefusal, JoinRequest, JoinResult, Subscriber } from "./subscriber.ts";
import type { ClientOutput } from "../ports/client_output.ts";
import { MAX_LISTED } from "../presence/member_list.ts";
import type { Room } from "./room.ts";
import type { DeadlineListener } from "./join_deadlines.ts";

/** What a membership reports to its session. */
export interface MembershipListener {
  /** Receives most frames directly, since they need no session. */
  readonly output: ClientOutput;
  /** The room was joined; the frame is for the client. */
  onRoomJoined(membership: Membership, frame: FrameOf<"joined">): void;
  /** The room was not joined. */
  onJoinRefused(membership: Membership, why: JoinRefusal): void;
  /** Moves to another room. Returns false if the session is in that room already, which ends the membership. */
  tryMove(membership: Membership, room: RoomId): boolean;
  /** The rules of the room have changed. @param event Undefined if several may have been missed. */
  onRulesChanged(membership: Membership, event: RoomEvent | undefined): void;
  /** The settings of the room, the user's mute, and what the user may do, as fields of `joined`. */
  rulesOf(room: Room): Pick<FrameOf<"joined">, "settings" | "muted" | "may">;
  /** The room is joined: carries out a request. */
  onRoomRequest(membership: Membership, request: JoinedRoomRequest): void;
  /** The room was not joined in time, or is left: answers that a request is not carried out. */
  onRequestRefused(request: JoinedRoomRequest): void;
}

const NO_REQUESTS: readonly JoinedRoomRequest[] = [];
/** Maximum number of requests queued while joining. */
const MAX_QUEUED = 100;

/** The room to join, and another one to join instead if it was never used. */
export interface Destination {
  /** The room to join. */
  readonly room: RoomId;
  /** The room to join if `room` has no entries. */
  readonly otherwise?: RoomId;
}

/** One session's membership in one room. */
export class Membership implements Subscriber, DeadlineListener {
  /** The id of the join request. */
  readonly requestId: string | undefined;
  readonly user: UserId;
  // Without a claim, nothing else has the name.
  #requestedName: Name;
  readonly #listener: MembershipListener;
  readonly #hub: Hub;
  #subscription: Subscription;
  // Dropped once it is certain which room is joined.
  #move: (() => boolean) | undefined;
  // Whether the room has to exist, and it is not known yet whether it does.
  #mustExist: boolean;
  #stage: "joining" | "waiting" | "joined" | "left" = "joining";
  // Whether to leave as soon as the room is certain.
  #isLeaving = false;
  #queued: JoinedRoomRequest[] | undefined;
  /** When `typing` was last sent here, in milliseconds of the session's clock. */
  typedAt: number = -Infinity;
  /** How far the user has read here: the newest position that this connection sent or received. */
  #readPosition: Position | undefined;

  /** Starts joining. @param request See {@linkcode requestId}. */
  constructor(
    { room, otherwise }: Destination,
    listener: MembershipListener,
    joinRequest: JoinRequest,
    context: { readonly hub: Hub; readonly clock: Clock },
    request?: string,
  ) {
    // Keep no reference to the whole request: it is not needed after joining, and memberships are many and long-lived.
    this.user = joinRequest.user;
    this.#requestedName = joinRequest.name;
    this.#mustExist = joinRequest.mustExist ?? false;
    this.#listener = listener;
    this.requestId = request;
    this.#hub = context.hub;
    this.#hub.joinDeadlines.add(this, context.clock.now());
    this.#subscription = this.#hub.join(room, this, joinRequest);
    if (otherwise === undefined) return;
    this.#move = () => {
      this.#subscription.leave(false);
      if (!listener.tryMove(this, otherwise)) return false;
      this.#subscription = this.#hub.join(otherwise, this, joinRequest);
      return true;
    };
  }

  /** The room's name. */
  get roomId(): RoomId {
    return this.room.id;
  }

  get encoder(): FrameEncoder {
    return this.#listener.output.encoder;
  }

  /** The room, with its presence. */
  get room(): Room {
    return this.#subscription.room;
  }

  /** Whether it is certain which room is joined, and that it may be joined; see {@linkcode Destination}. */
  get isCertain(): boolean {
    return this.#move === undefined && !this.#mustExist;
  }

  /** Whether the client was sent `joined`. */
  get isJoined(): boolean {
    return this.#stage === "joined";
  }

  /** The user's name in this room, or the requested one before the user is in it. */
  get name(): Name {
    return this.room.presence.nameOf(this.user) ?? this.#requestedName;
  }

  /** The members, or a sample of at most `MAX_LISTED`. */
  listPeople(): ListedPerson[] {
    return this.room.presence.list(MAX_LISTED);
  }

  /** Runs a request now if the room is joined, later if it is being joined; otherwise refuses it. */
  runWhenJoined(request: JoinedRoomRequest): void {
    if (this.#stage === "joined") this.#listener.onRoomRequest(this, request);
    else if (this.#stage === "joining" && (this.#queued?.length ?? 0) < MAX_QUEUED) {
      (this.#queued ??= []).push(request);
    } else this.#listener.onRequestRefused(request);
  }

  onJoined(result: JoinResult): void {
    if (this.#stage === "left") return;
    const { position, top, recovered, reason, page, readState, people } = result;
    if (this.#moveIfUnused(top)) return;
    this.#mustExist = false;
    this.#requestedName = result.name;
    if (this.#isLeaving) return this.#leaveNow();
    const wanted = this.room.presence.temporaryNames.wantedName(this.user);
    const before = this.#readPosition;
    if (readState?.read && !isUpTo(readState.read, before)) this.#readPosition = readState.read;
    this.#listener.onRoomJoined(this, {
      type: "joined",
      ...withId(this.requestId),
      room: this.roomId,
      // As in the member list, which may be newer than the claimed name.
      name: this.room.presence.nameOf(this.user) ?? result.name,
      ...(wanted && { wanted }),
      position: formatPosition(position),
      top: formatPosition(top),
      ...(recovered === undefined ? {} : { recovered }),
      ...(reason && { reason }),
      ...(page && toWirePage(page)),
      count: people.count,
      members: [...people.listed],
      ...(people.count > MAX_LISTED && { sampled: true }),
      ...(readState?.read && { read: formatPosition(readState.read) }),
      unread: readState?.unread ?? 0,
      ...(readState?.mentions !== undefined && { mentions: readState.mentions }),
      ...this.#listener.rulesOf(this.room),
    });
    this.#hub.joinDeadlines.remove(this);
    this.#stage = "joined";
    // The user has read further on another connection while this one was joining.
    if (before && this.#readPosition === before) this.#sendReadPosition(before);
    for (const request of this.#takeQueued()) this.#listener.onRoomRequest(this, request);
  }

  /** Records a read marker that this connection has set and that advanced the stored one. */
  recordRead(read: Position): void {
    this.#readPosition = read;
    this.#hub.readMarkers.add(this.room, this.user, read);
  }

  onRulesChanged(event: RoomEvent | undefined): void {
    if (this.#stage !== "left") this.#listener.onRulesChanged(this, event);
  }

  onReadMarker(read: Position): void {
    if (this.#stage === "left" || isUpTo(read, this.#readPosition)) return;
    this.#readPosition = read;
    if (this.isJoined) this.#sendReadPosition(read);
  }

  #sendReadPosition(read: Position): void {
    const frame = { type: "read", room: this.roomId, position: formatPosition(read) } as const;
    this.#listener.output.sendFrame(frame);
  }

  onRefused(why: JoinRefusal): void {
    if (this.#stage === "left") return this.#hub.joinDeadlines.remove(this);
    if (this.#moveIfUnused(this.room.last)) return;
    if (this.#isLeaving && why === "name_taken") return this.#leaveNow();
    this.#abandon();
    // Otherwise the room would stay open for some time.
    this.#subscription.leave(false);
    if (!this.#isLeaving) this.#listener.onJoinRefused(this, why);
  }

  deliver(messages: readonly string[], last: Position): void {
    if (this.#stage !== "left") this.#listener.output.deliver(messages, last);
  }

  replay(messages: readonly string[], last: Position): void {
    if (this.#stage !== "left") this.#listener.output.replay(messages, last);
  }

  readableAfter(): number {
    return this.room.state.readableAfter(this.user);
  }

  isBacklogged(): boolean {
    return this.#listener.output.isBacklogged();
  }

  /** Refuses the requests that wait for the join. */
  refuseQueued(): void {
    for (const request of this.#takeQueued()) this.#listener.onRequestRefused(request);
  }

  /** Leaves the room. @param comesBack Whether the user is likely to come back soon. */
  leave(comesBack: boolean): void {
    // Running the queued requests before the room is certain could create one: with capitals in its name, or for a user who
    // may not.
    if (!this.isCertain && this.#queued !== undefined) this.#isLeaving = true;
    else this.#leaveNow(comesBack);
  }

  #leaveNow(comesBack = false): void {
    // A client that joins, sends and leaves at once need not wait for the join.
    for (const request of this.#takeQueued()) this.#listener.onRoomRequest(this, request);
    this.#stage = "left";
    this.#hub.joinDeadlines.remove(this);
    this.#subscription.leave(comesBack);
  }

  onJoinTimeout(): void {
    if (this.#stage !== "joining") return;
    this.#stage = "waiting";
    if (!this.#isLeaving) this.#listener.output.onJoinDelayed();
    this.refuseQueued();
    if (this.#isLeaving) this.#leaveNow();
  }

  /** Moves to the other room if there is one and this one is empty. @param top The newest position here. */
  #moveIfUnused(top: Position | undefined): boolean {
    const move = this.#move;
    this.#move = undefined;
    if (move === undefined || (top?.seq ?? 0) > 0) return false;
    if (!move()) this.#abandon();
    else if (this.#isLeaving && this.isCertain) this.#leaveNow();
    return true;
  }

  #abandon(): void {
    this.#hub.joinDeadlines.remove(this);
    this.#stage = "left";
    this.refuseQueued();
  }

  #takeQueued(): readonly JoinedRoomRequest[] {
    const queued = this.#queued ?? NO_REQUESTS;
    this.#queued = undefined;
    return queued;
  }
}
