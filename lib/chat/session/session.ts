/**
 * One client connection, whatever protocol it speaks: handles its requests, and sends responses and room events to its
 * output.
 * Do not deliver a client's own message locally: it goes to the bus and comes back through the hub like everyone
 * else's, or there would be two orders.
 * @module
 */
import type { Role } from "../../core/auth/member.ts";
import { type RateDecision, RateLimiter } from "../../core/limits/rate_limiter.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import { BANNED, INTERNAL_ERROR, TOO_MANY_MESSAGES } from "../../core/protocol/close_codes.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import type { Name, RoomId } from "../../core/names/names.ts";
import {
  faultFrame,
  responseSize,
  slowDownFault,
  withId,
} from "../../core/protocol/json_protocol.ts";
import type { SetupStep } from "../../core/health/connection_health.ts";
import {
  type JoinedRoomRequest,
  type Request,
  type RequestOf,
} from "../../core/protocol/requests.ts";
import { acknowledge } from "../requests/answers.ts";
import type { RuledRoom } from "../moderation/sanctions.ts";
import type { Room } from "../room/room.ts";
import type { JoinRefusal } from "../room/subscriber.ts";
import type { ClientOutput } from "../ports/client_output.ts";
import type { SignedInMember } from "../ports/directory.ts";
import { enterInvitedRooms } from "../requests/invited_rooms.ts";
import type { Membership, MembershipListener } from "../room/membership.ts";
import { LogReader } from "../log_reader.ts";
import {
  handleServiceRequest,
  isServiceRequest,
  type ServiceRequestHost,
} from "./service_requests.ts";
import { checkRename } from "./rename_request.ts";
import {
  chargeNewRooms,
  handleRoomRequest,
  refuseUnjoined,
  type RoomRequestHost,
} from "./room_requests.ts";
import { RenameQueue } from "./rename_queue.ts";
import type { SessionContext } from "./session_context.ts";
import { type RoomsHost, SessionRooms } from "./session_rooms.ts";
import { SessionRules } from "./session_rules.ts";
import { SignIn } from "../sign_in/sign_in.ts";
import type { HandshakeInfo, SignInHost } from "../sign_in/sign_in_context.ts";

export type { SessionContext } from "./session_context.ts";

/** Maximum number of requests that wait for the user's token to be checked. */
const MAX_WAITING = 100;
const NO_ROOM = "the room does not exist, and you may not create it";

/** The session of one connection. */
export class Session implements SignInHost, ServiceRequestHost, RoomRequestHost, RoomsHost {
  readonly output: ClientOutput;
  readonly #context: SessionContext;
  /** The limits of the connection. */
  readonly rateLimiter: RateLimiter;
  /** Says what mutes, bans and lockdown mean for the user. */
  readonly rules: SessionRules;
  readonly #address: string | undefined;
  /** What the user has signed in with. */
  readonly signIn: SignIn;
  readonly #rooms: SessionRooms;
  // While the token of the hello is checked.
  #waiting: Request[] | undefined;
  #isEnded = false;
  /** Whether it has joined a room. */
  hasJoined = false;
  // The rules that the client knows.
  #signature: string | undefined = "";
  // The role that the client knows. Outside of rooms it is told of no other.
  #toldRole: Role | undefined;
  // Most sessions never rename anybody.
  #renames: RenameQueue | undefined;
  #reader: LogReader | undefined;

  /** Sends nothing before the first request. */
  constructor(output: ClientOutput, context: SessionContext, origin: HandshakeInfo = {}) {
    const { address } = origin;
    this.output = output;
    this.#context = context;
    this.#address = address;
    this.signIn = new SignIn(this, context, origin);
    this.rules = new SessionRules(this.signIn, address, context);
    this.rateLimiter = new RateLimiter(context.limits, address);
    this.#rooms = new SessionRooms(this, context);
  }

  /** Whether the `hello` has been refused, or has not arrived. */
  get hasNoUser(): boolean {
    return this.signIn.me === undefined && this.#waiting === undefined;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The next setup step that the client owes: send `hello`, then join a room (which it may leave again). */
  get pendingStep(): SetupStep | undefined {
    if (this.signIn.me === undefined) return "hello";
    return this.hasJoined || this.#rooms.count > 0 ? undefined : "room";
  }

  /**
   * Requests permission for one more frame; a client that keeps sending is closed.
   *
   * @param bytes Size of the frame.
   * @param dropped Size of the frame and of everything dropped with it if it is refused.
   */
  checkRate(bytes: number, dropped: number = bytes): RateDecision {
    if (this.#isEnded) return "exceeded";
    return this.#closeIfExceeded(
      this.rateLimiter.check(this.#context.clock.now(), bytes, dropped),
    );
  }

  /** The membership in a room that it has joined or is joining. @param room As the client spells it. */
  membership(room: string): Membership | undefined {
    return this.#rooms.find(room);
  }

  seenNameOf(user: UserId): Name | undefined {
    return this.#rooms.seenNameOf(user);
  }

  /** Handles one request and sends the response. */
  handle(request: Request): void {
    if (this.#isEnded || request.type === "pong") return;
    if (request.type === "ping") return this.sendFrame({ type: "pong", ...withId(request.id) });
    if (this.#waiting) return this.#queue(request, this.#waiting);
    if (request.type === "hello") return this.#handleHello(request);
    const { me } = this.signIn;
    if (me === undefined) return this.sendFault(request.id, "hello_first");
    if (request.type === "auth") this.#handleAuth(request);
    else if (this.signIn.isExpired) this.sendFault(request.id, "token_expired");
    else if (request.type === "join") this.#rooms.join(request, me);
    else if (request.type === "leave") this.#rooms.leave(request);
    else if (request.type === "name") this.#handleRename(request, me.user);
    else if (isServiceRequest(request)) handleServiceRequest(request, me, this, this.#context);
    else this.#rooms.handle(request);
  }

  sendFrame(frame: Frame): void {
    if (!this.#isEnded) this.output.sendFrame(frame);
  }

  /** Leaves all rooms. Nothing is sent after it. */
  end(): void {
    this.#isEnded = true;
    this.#renames?.end();
    const { me } = this.signIn;
    if (me) this.#context.userSessions.remove(me.user, this);
    this.#rooms.end(this.output.isResumable);
  }

  onRoomJoined(membership: Membership, frame: FrameOf<"joined">): void {
    this.hasJoined = true;
    this.sendCharged(frame);
    // It has changed while the user was in no room.
    if (this.signIn.authority.role !== this.#toldRole) this.#sendRules(membership.room);
    const { name } = membership;
    const { me } = this.signIn;
    if (me === undefined || name === me.name) return;
    if (me.hasGuestName) this.signIn.setName({ ...me, name });
    // The rename was acknowledged before this join completed, so it cannot report that the name is taken here.
    else if (this.#renames?.hasMissed(membership)) this.#renames.add(() => this.signIn.me ?? me);
  }

  onJoinRefused({ roomId, requestId, name, room }: Membership, why: JoinRefusal): void {
    this.#rooms.memberships.delete(roomId);
    if (why === "not_allowed") return this.sendFrame(this.rules.joinFault(requestId, room));
    if (why === "no_room") {
      return this.sendFrame({ ...faultFrame(requestId, "not_allowed", NO_ROOM), missing: true });
    }
    this.sendFault(requestId, "name_taken", `the name ${name} is taken`);
  }

  onRulesChanged(membership: Membership, event: RoomEvent | undefined): void {
    if (!this.rules.isConcernedBy(event, membership.roomId)) return;
    // A user who was removed and joins again may be told of it only now.
    const news = membership.isJoined ? event : undefined;
    const why = this.rules.expulsion(membership.room, news);
    if (why === undefined) {
      this.rules.extendMute(membership.room);
      // Of another guest from the address. `_audit` may have said so before the state of the room was known here.
      const isOfOther = event && "user" in event && event.user !== this.signIn.me?.user;
      return isOfOther ? this.#reportRules() : undefined;
    }
    // Before it has left, what waits for the join would be carried out.
    membership.refuseQueued();
    this.#rooms.expel(membership, why);
  }

  rulesOf(room: Room): ReturnType<MembershipListener["rulesOf"]> {
    const fields = this.rules.fieldsOfJoined(room);
    if (fields.muted) this.#signature = undefined;
    return fields;
  }

  enterInvitedRooms(member: SignedInMember): Promise<readonly RoomId[]> {
    return enterInvitedRooms(member, this.#context);
  }

  onSignedIn(user: UserId): void {
    this.#toldRole = this.signIn.authority.role;
    // The connection may have ended while the token was checked.
    if (!this.#isEnded) this.#context.userSessions.add(user, this);
  }

  checkServiceRules(event?: RoomEvent): void {
    if (this.#isEnded || !this.rules.isConcernedBy(event)) return;
    // What is new counts for the address, also where a moderator has ended the rest.
    if (event && "user" in event) this.rules.rememberAddress();
    const ban = this.rules.serviceBan();
    if (ban === undefined) {
      // Those of addresses in rooms are rules of the service, too.
      for (const it of [...this.#rooms.memberships.values()]) {
        if (event === undefined && this.output.isPresent) {
          void it.room.presence.setRole(it.user, this.signIn.appRole);
        }
        // Before its state is known, a private room admits no users; the join asks again.
        if (it.room.isOpen) this.onRulesChanged(it, undefined);
      }
      return this.#reportRules();
    }
    for (const membership of this.#rooms.memberships.values()) membership.refuseQueued();
    this.sendFrame(this.rules.sanctionFault(undefined, ban));
    this.output.close(BANNED);
  }

  /** Tells the client what no event of its rooms says. The user leaves rooms that the user may no longer read. */
  #reportRules(): void {
    const rooms = [...this.#rooms.memberships.values()].map(({ room }) => room);
    const signature = this.rules.signature(rooms);
    if (signature === this.#signature) return;
    this.#signature = signature;
    for (const membership of [...this.#rooms.memberships.values()]) {
      if (!this.signIn.may("read", membership.roomId)) {
        this.#rooms.expel(membership, { reason: "not_allowed" });
      } else if (membership.isJoined) this.#sendRules(membership.room);
    }
  }

  #sendRules(room: RuledRoom): void {
    this.#toldRole = this.signIn.authority.role;
    this.sendFrame(this.rules.frameFor(room));
  }

  tryMove(membership: Membership, room: RoomId): boolean {
    return this.#rooms.tryMove(membership, room);
  }

  onRoomRequest(membership: Membership, request: JoinedRoomRequest): void {
    this.guarded(() => handleRoomRequest(request, membership, this, this.#context));
  }

  onRequestRefused(request: JoinedRoomRequest): void {
    refuseUnjoined(request, this);
  }

  #handleHello(request: RequestOf<"hello">): void {
    const checked = this.signIn.hello(request);
    if (checked === undefined) return;
    const waiting: Request[] = this.#waiting = [];
    this.guarded(async () => {
      await checked;
      this.#waiting = undefined;
      for (const next of waiting) this.handle(next);
    });
  }

  /** Clients need not wait for the answer to their hello. */
  #queue(request: Request, waiting: Request[]): void {
    if (waiting.length < MAX_WAITING) waiting.push(request);
    else this.sendFault(request.id, "unavailable", "the token is still being checked");
  }

  #handleAuth(request: RequestOf<"auth">): void {
    this.guarded(async () => {
      if (!await this.signIn.renew(request)) return;
      this.respond(acknowledge(request.id));
    });
  }

  #handleRename(request: RequestOf<"name">, user: UserId): void {
    const { memberships } = this.#rooms;
    const name = checkRename(request, user, memberships, this, this.#context);
    if (typeof name !== "string") return this.sendFrame(name);
    const tooMany = chargeNewRooms(request.id, memberships.values(), this, this.#context);
    if (tooMany) return this.sendFrame(tooMany);
    // A rename is announced in every room, which costs as much as a message in each.
    this.rateLimiter.charge(this.#context.clock.now(), Math.max(0, memberships.size - 1));
    this.#renames ??= this.#createRenames();
    this.#renames.add(() => ({ user, name }), request.id, (frame) => this.respond(frame));
  }

  #createRenames(): RenameQueue {
    const guarded = (fn: () => Promise<void>) => this.guarded(fn);
    const { signIn, rules } = this;
    const host = { signIn, rules, memberships: this.#rooms.memberships, guarded };
    return new RenameQueue(host, this.#context);
  }

  /** Unexpected errors are bugs: close the connection so that the client does not wait forever. */
  async guarded(fn: () => Promise<void>): Promise<void> {
    try {
      await fn();
    } catch (error) {
      this.output.close(INTERNAL_ERROR);
      reportError(error);
    }
  }

  #closeIfExceeded(decision: RateDecision): RateDecision {
    if (decision === "exceeded") this.output.close(TOO_MANY_MESSAGES);
    return decision;
  }

  /** Sends the response, if there is one. */
  respond(frame: Frame | undefined): void {
    if (frame) this.sendFrame(frame);
  }

  /** Sends a frame and charges the user for its size. */
  sendCharged(frame: Frame): void {
    this.#reader?.charge(responseSize(frame));
    this.sendFrame(frame);
  }

  /** Created on the first read: most connections never read the log. */
  readerFor(user: UserId): LogReader {
    const owner = { user, address: this.#address, output: this.output };
    return this.#reader ??= new LogReader(this.#context, owner);
  }

  sendSlowDown(id: string | undefined, afterMs: number): void {
    this.sendFrame(slowDownFault(id, afterMs));
    this.#closeIfExceeded(this.rateLimiter.retryAfter(this.#context.clock.now(), afterMs));
  }

  sendFault(id: string | undefined, code: FaultCode, message?: string): void {
    this.sendFrame(faultFrame(id, code, message));
  }
}
