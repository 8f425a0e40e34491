/**
 * A user among moderators: a guest with an address, who comes back as somebody else when banned, or a user with a role. It checks
 * that it is sent nothing of a room from which it is banned, and refused nothing without a reason.
 * @module
 */
import { userKind } from "../../../lib/core/auth/user_kind.ts";
import type { Role } from "../../../lib/core/auth/member.ts";
import { isUserId } from "../../../lib/core/log/entry.ts";
import {
  BANNED,
  type CloseStatus,
  NOT_READY,
  SERVICE_RESTART,
} from "../../../lib/core/protocol/close_codes.ts";
import { parsePosition, type Position } from "../../../lib/core/log/position.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import type { Frame, FrameOf } from "../../../lib/core/protocol/frames.ts";
import { recentMessage } from "../fault_injection.ts";
import type { ModerationOracle } from "../oracles/moderation_oracle.ts";
import { PROMPT_LATENCY_MS } from "../world/latency.ts";
import { Wire, type WireClient } from "../world/wire.ts";
import type { World } from "../world/world.ts";
import { isRoomFrame, JoinedRooms } from "./joined_rooms.ts";
import { PendingRequests, type RequestFields } from "./pending_requests.ts";
import { isEntry } from "./room_record.ts";

/** Faults that have nothing to do with moderators, or that the log has decided, where they are checked exactly. */
const USUAL = /^(unavailable|unknown_outcome|gone|not_yours|not_in_room|name_taken|read_only)$/;
/** How long it waits before it tries again to join a room. */
const TRY_AGAIN_MS = 1_000;
/** When the tokens of users with a role expire. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** Who a client is. */
export interface ModeratedUser {
  readonly id: string;
  /** The role that an app states; undefined for guests and members. */
  readonly role?: Role;
  /** The secret with which a member signs in; undefined for others. Members may get other roles. */
  readonly invite?: string;
  /** Undefined for users who are no guests, of whom many may share one. */
  readonly address?: string;
}

/** The client of one person, who may be several users one after the other. */
export class ModeratedClient implements WireClient {
  readonly id: string;
  readonly address: string | undefined;
  readonly rooms: JoinedRooms;
  wire: Wire | undefined;
  /** The user of the connection, once the server has said so. */
  user: string | undefined;
  protected readonly world: World;
  protected readonly moderation: ModerationOracle;
  readonly #role: Role | undefined;
  readonly #invite: string | undefined;
  #pendingRequests: PendingRequests;
  readonly #askedAt = new Map<string, number>();
  #resume: string | undefined;
  #lives = 0;
  #isStaying = false;
  #isSettled = false;
  #isRetired = false;

  constructor(world: World, { id, role, invite, address }: ModeratedUser) {
    this.world = world;
    this.moderation = world.moderation ?? world.fail("a world without moderators");
    this.id = id;
    this.#role = role;
    this.#invite = invite;
    this.address = address;
    this.rooms = new JoinedRooms(world, id);
    this.#pendingRequests = new PendingRequests(world, id);
  }

  /** Connects to any running node. */
  connect(): void {
    if (this.#isRetired || this.#isSettled || this.wire) return;
    const { dice, running, clock } = this.world;
    if (running.length === 0) return clock.after(500, () => this.connect());
    const { address } = this;
    this.wire = new Wire(
      this.world,
      dice.pick(running),
      this,
      PROMPT_LATENCY_MS,
      (at, socket) => at.openHandler(socket, undefined, () => {}, { address }),
    );
  }

  /** Becomes nobody else any more. */
  stay(): void {
    this.#isStaying = true;
  }

  /** Neither connects nor joins anything any more, so that each request can be answered. */
  settle(): void {
    this.#isSettled = true;
  }

  /** Disconnects for good. */
  retire(): void {
    this.#isRetired = true;
    this.wire?.disconnect();
    this.#forget();
  }

  /** Does something in a room. */
  act(): void {
    const { dice, rooms } = this.world;
    const room = dice.pick(rooms);
    if (this.user === undefined || !this.rooms.has(room)) return;
    if (dice.chance(0.4)) return this.#say(room);
    const of = recentMessage(this.world, room);
    const text = this.#newText();
    this.request(dice.pick([
      { type: "history", room, limit: 5 },
      { type: "who", room },
      { type: "typing", room },
      ...(of ? [{ type: "edit", of, room, text }, { type: "delete", of, room }] : []),
      ...(of ? [{ type: "react", of, room, emoji: "🐦" }] : []),
    ]));
  }

  opened(): void {
    const { id } = this;
    const attempt = id.padStart(22, "A");
    const first = this.#invite === undefined
      ? { name: `${id}v${this.#lives}` }
      : { name: id, invite: this.#invite, attempt };
    const own = this.#resume ? { resume: this.#resume } : first;
    const role = this.#role;
    const user = `a_${id}`.padEnd(10, "0");
    const claims = { user, name: id, rooms: [], moderated: [], role, expiresAt: NEVER };
    const who = role === undefined ? own : { token: JSON.stringify(claims) };
    this.request({ type: "hello", ...who });
    if (this.world.dice.chance(0.5)) this.#joinAll();
  }

  closed(status: CloseStatus | undefined): void {
    const { dice, clock } = this.world;
    const expected = [undefined, SERVICE_RESTART.code, NOT_READY.code, BANNED.code];
    if (!expected.includes(status?.code)) this.reportViolation(`closed with ${status?.code}`);
    this.world.note(`${this.id} is cut off: ${status?.code}`);
    if (status?.code === BANNED.code && this.user) this.#explain("ban", this.user, undefined);
    this.#forget();
    if (status?.code === BANNED.code) this.#comeBackAsSomebodyElse(0.5);
    clock.after(dice.between(10, 1_000), () => this.connect());
  }

  received(message: string): void {
    for (const line of message.split("\n")) {
      this.world.note(`${this.id} < ${line}`);
      const frame: Frame = JSON.parse(line);
      if (isRoomFrame(frame)) {
        this.rooms.onFrame(frame);
        if (isEntry(frame)) this.#checkNotBanned(frame.room, frame.position);
      } else this.onResponse(frame);
    }
  }

  /** Checks the final state: in all rooms that it may be in, with everything in them, and in no other. */
  checkFinalState(): void {
    this.#pendingRequests.checkFinalState();
    this.rooms.checkFinalState();
    const { user } = this;
    if (user === undefined || this.wire === undefined) return;
    if (this.moderation.applies("ban", user, undefined)) {
      return this.reportViolation(`${user} is connected, and banned`);
    }
    const isLockedOut = this.#isGuest(user) && this.moderation.isLockedDown;
    for (const room of this.world.rooms) {
      const isBanned = this.moderation.applies("ban", user, room);
      if (isBanned && this.rooms.has(room)) this.reportViolation(`is in ${room}, and banned`);
      const isMissing = !isBanned && !isLockedOut && !this.rooms.has(room);
      if (isMissing) this.reportViolation(`never joined ${room}`);
    }
  }

  /** Sends a request, and returns its id. @param id If it must be a certain one. @param since For a join. */
  protected request(request: RequestFields, id?: string, since?: Position): string {
    const registered = this.#pendingRequests.register(request, since, id);
    const message = JSON.stringify(registered);
    this.world.note(`${this.id} > ${message}`);
    this.wire?.sendToNode(message);
    this.#askedAt.set(String(registered["id"]), this.world.clock.date());
    return String(registered["id"]);
  }

  /** Handles an answer, or another frame that is about no event of a room. */
  protected onResponse(frame: Frame): void {
    switch (frame.type) {
      case "retry":
      case "token":
      case "rules":
        return;
      case "left":
        if (frame.reason !== undefined) return this.#onRemoved(frame);
        this.rooms.onLeft(frame.room);
        break;
      case "joined":
        this.#checkNotBanned(frame.room, frame.top);
        if (!this.wire?.node.rooms.get(AUDIT_ROOM)?.isOpen) {
          this.reportViolation(`joined ${frame.room} before the bans of the service were known`);
        }
        return void this.rooms.onJoined(frame, this.#resolve(frame.id)?.since);
      case "hello":
        this.#onHello(frame);
        break;
      case "history":
        this.rooms.record(this.rooms.room(frame.room))?.checkHistory(frame);
        this.#checkNotBanned(frame.room, frame.position);
        break;
      case "fault":
        return this.onFault(frame);
    }
    this.#resolve("id" in frame ? frame.id : undefined);
  }

  /** Checks that there is a reason for a fault. */
  protected onFault({ id, code, message }: FrameOf<"fault">): void {
    if (id === undefined) {
      if (code === "banned" && this.user) return this.#explain("ban", this.user, undefined);
      return this.reportViolation(`${code}, for no request: ${message}`);
    }
    const askedAt = this.#askedAt.get(id) ?? 0;
    const request = this.#resolve(id);
    const { user } = this;
    if (request?.type === "hello") return this.wire?.cut(1);
    if (request?.type === "join") this.#joinLater();
    if (USUAL.test(code) || (code === "slow_down" && request?.type === "say")) return;
    if (user === undefined) return;
    if (code === "muted") {
      this.#explain("mute", user, request?.room, askedAt);
      this.#comeBackAsSomebodyElse(0.05);
    } else if (code === "banned" || code === "not_allowed") {
      if (this.mayBeRefused(id, askedAt)) return;
      this.#explain("ban", user, request?.room, askedAt);
      if (request?.type === "join" && this.#isGuest(user)) this.#comeBackAsSomebodyElse(0.1);
    } else if (code === "locked_down") {
      const isTrue = this.#isGuest(user) && this.moderation.mayHaveBeenLockedDown(askedAt);
      if (!isTrue) this.reportViolation(`${request?.type} ${id}: locked_down without a reason`);
    } else this.reportViolation(`${request?.type} ${id}: ${code}: ${message}`);
  }

  #say(room: RoomId): void {
    this.request({ type: "say", room, text: this.#newText() });
  }

  #newText(): string {
    return `text ${this.id}.${this.world.nextNumber()}`;
  }

  /** Whether a request may be refused, though the user is not banned. @param _askedAt Milliseconds since 1970. */
  protected mayBeRefused(_id: string, _askedAt: number): boolean {
    return false;
  }

  #onHello({ you, resume }: FrameOf<"hello">): void {
    this.user = you.user;
    this.#resume = resume;
    this.moderation.addUser(you.user, this.address);
    this.#joinAll();
  }

  #onRemoved({ room, reason }: FrameOf<"left">): void {
    const { user } = this;
    const name = this.rooms.room(room);
    this.rooms.onLeft(room);
    if (user !== undefined) {
      if (reason === "banned") this.#explain("ban", user, name);
      else if (reason !== "kicked" || !this.moderation.mayHaveBeenKicked(user, name)) {
        this.reportViolation(`removed from ${room} without a reason: ${reason}`);
      }
    }
    this.#joinLater();
  }

  #explain(
    kind: "mute" | "ban",
    user: string,
    room: RoomId | undefined,
    since = this.world.clock.date(),
  ): void {
    if (this.moderation.mayHaveApplied(kind, user, room, since)) return;
    this.reportViolation(`${user} met a ${kind} in ${room ?? "the service"} without a reason`);
  }

  #checkNotBanned(room: string, position: string): void {
    const at = parsePosition(position);
    const name = this.rooms.room(room);
    if (this.user === undefined || at === undefined) return;
    if (this.moderation.wasBannedBefore(this.user, name, at)) {
      this.reportViolation(`was sent ${position} of ${room}, from which it was banned before`);
    }
    if (this.moderation.isBannedEverywhere(this.user, name)) {
      this.reportViolation(
        `was sent ${position} of ${room}, and all nodes know that it is banned`,
      );
    }
  }

  #joinLater(): void {
    this.world.clock.after(TRY_AGAIN_MS, () => this.#joinAll());
  }

  #joinAll(): void {
    if (this.wire === undefined || this.#isSettled) return;
    for (const room of this.world.rooms) {
      const isJoining = this.#pendingRequests.isPending("join", room);
      if (this.rooms.has(room) || isJoining) continue;
      const limit = this.world.dice.between(0, 5);
      this.request({ type: "join", room, limit }, undefined, this.rooms.record(room)?.since);
      if (this.user && this.world.dice.chance(0.2)) this.#say(room);
    }
  }

  #resolve(id: string | undefined): ReturnType<PendingRequests["resolve"]> {
    return this.#pendingRequests.resolve(id);
  }

  #isGuest(user: string): boolean {
    return isUserId(user) && userKind(user) === "guest";
  }

  #comeBackAsSomebodyElse(share: number): void {
    if (this.address === undefined || this.#isStaying || !this.world.dice.chance(share)) return;
    this.world.note(`${this.id} comes back as somebody else`);
    this.#resume = undefined;
    this.#lives += 1;
    this.wire?.cut(1);
  }

  #forget(): void {
    this.wire = undefined;
    this.user = undefined;
    this.#pendingRequests.clear();
    this.rooms.clear();
  }

  protected reportViolation(what: string): void {
    this.world.reportViolation(`${this.id}: ${what}`);
  }
}
