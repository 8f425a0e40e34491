/**
 * A client of a user of an app, who is in private rooms and tries to get into others. What it is sent is checked where nodes send
 * it; here, that it is refused nothing without a reason, and that all refusals are alike.
 * @module
 */
import type { Role } from "../../../lib/core/auth/member.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import {
  type CloseStatus,
  NOT_READY,
  SERVICE_RESTART,
} from "../../../lib/core/protocol/close_codes.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import type { Frame, FrameOf } from "../../../lib/core/protocol/frames.ts";
import type { PrivacyOracle } from "../oracles/privacy_oracle.ts";
import type { SimToken } from "../world/sim_authenticator.ts";
import { type Wire, type WireClient, wireToAnyNode } from "../world/wire.ts";
import type { World } from "../world/world.ts";
import { isRoomFrame, JoinedRooms } from "./joined_rooms.ts";
import { PendingRequests, type RequestFields } from "./pending_requests.ts";
import { pickRequest } from "./private_requests.ts";
import { RefusalChecks } from "./refusal_checks.ts";

/** When the tokens expire. */
const NEVER = Number.MAX_SAFE_INTEGER;
/** How long it waits before it tries again to join a room of its own. */
const TRY_AGAIN_MS = 1_000;

/** Who a client is. */
export interface PrivateUser {
  /** Of the client. */
  readonly id: string;
  /** The same for all connections of a user. */
  readonly name: string;
  readonly role: Role;
}

/** The id of a user. */
export function userOf(name: string): string {
  return `a_${name}`.padEnd(10, "0");
}

/** One connection after the other of one user. */
export class PrivateClient implements WireClient {
  readonly id: string;
  readonly user: string;
  readonly role: Role;
  readonly rooms: JoinedRooms;
  /** The private and direct rooms of which it has heard that its user is a member. */
  readonly own = new Set<RoomId>();
  wire: Wire | undefined;
  readonly #world: World;
  readonly #privacy: PrivacyOracle;
  readonly #name: string;
  readonly #pendingRequests: PendingRequests;
  readonly #refusals: RefusalChecks;
  #hasHello = false;
  #isSettled = false;
  #isRetired = false;

  constructor(world: World, { id, name, role }: PrivateUser) {
    this.#world = world;
    this.#privacy = world.privacy ?? world.fail("a world without private rooms");
    this.id = id;
    this.user = userOf(name);
    this.role = role;
    this.#name = name;
    this.rooms = new JoinedRooms(world, id);
    this.#pendingRequests = new PendingRequests(world, id);
    this.#refusals = new RefusalChecks(this.#privacy, this);
  }

  /** Connects to any running node. */
  connect(): void {
    if (this.#isRetired || this.wire) return;
    this.wire = wireToAnyNode(this.#world, this, () => this.connect());
    if (this.wire) this.wire.user = this.user;
  }

  /** Disconnects for good. */
  retire(): void {
    this.#isRetired = true;
    this.wire?.disconnect();
    this.#forget();
  }

  /** Does something at random. */
  act(): void {
    if (!this.#hasHello) return;
    for (const request of pickRequest(this.#world, this)) this.request(request);
  }

  /** Asks for every private room, be it its own or not. */
  tryAll(): void {
    this.#isSettled = true;
    if (!this.#hasHello) return;
    for (const room of [...this.#world.rooms, ...this.#privacy.rooms]) this.#join(room);
    this.request({ type: "rooms" });
  }

  /** Checks the final state: it is in the rooms of its user, with everything in them, and in no other. */
  checkFinalState(): void {
    this.#pendingRequests.checkFinalState();
    this.rooms.checkFinalState();
    if (this.wire === undefined) return;
    for (const room of this.#privacy.rooms) {
      const [isIn, mayBe] = [this.rooms.has(room), this.#privacy.admits(room, this.user)];
      if (isIn && !mayBe) this.#reportViolation(`is in ${room}, of which it is no member`);
      if (mayBe && !isIn) this.#reportViolation(`never joined ${room}, of which it is a member`);
    }
  }

  opened(): void {
    const claims: SimToken = {
      user: this.user,
      name: this.#name,
      rooms: [],
      moderated: [],
      role: this.role,
      expiresAt: NEVER,
    };
    this.request({ type: "hello", token: JSON.stringify(claims) });
  }

  closed(status: CloseStatus | undefined): void {
    const { dice, clock } = this.#world;
    const expected = [undefined, SERVICE_RESTART.code, NOT_READY.code];
    if (!expected.includes(status?.code)) this.#reportViolation(`closed with ${status?.code}`);
    this.#world.note(`${this.id} is cut off: ${status?.code}`);
    this.#forget();
    clock.after(dice.between(10, 1_000), () => this.connect());
  }

  received(message: string): void {
    for (const line of message.split("\n")) {
      this.#world.note(`${this.id} < ${line}`);
      const frame: Frame = JSON.parse(line);
      if (isRoomFrame(frame)) this.rooms.onFrame(frame);
      else this.#onResponse(frame);
    }
  }

  /** Sends a request. */
  request(request: RequestFields, since?: Position): void {
    const registered = this.#pendingRequests.register(request, since);
    this.#refusals.onRequest(String(registered["id"]), request);
    const message = JSON.stringify(registered);
    this.#world.note(`${this.id} > ${message}`);
    this.wire?.sendToNode(message);
  }

  #onResponse(frame: Frame): void {
    switch (frame.type) {
      case "retry":
      case "rules":
        return;
      case "member":
        return this.#onMember(frame.room, frame.on);
      case "left":
        if (frame.reason !== undefined) return this.#onRemoved(frame);
        // Of a room that does not exist, if its join was not answered yet.
        if (this.#world.rooms.some((room) => room === frame.room)) this.rooms.onLeft(frame.room);
        break;
      case "joined":
        return void this.rooms.onJoined(frame, this.#resolve(frame.id)?.since);
      case "hello":
        this.#hasHello = true;
        if (this.#isSettled) this.tryAll();
        else this.request({ type: "rooms" });
        for (const room of [this.#world.rooms[0], ...this.own]) if (room) this.#join(room);
        break;
      case "room":
        this.#onMember(frame.room, true);
        break;
      case "rooms":
        for (const { room } of frame.rooms) this.#onMember(room, true);
        break;
      case "history":
        this.rooms.record(this.rooms.room(frame.room))?.checkHistory(frame);
        break;
      case "fault":
        return this.#onFault(frame);
    }
    this.#resolve("id" in frame ? frame.id : undefined);
  }

  #onMember(text: string, on: boolean): void {
    const room = this.rooms.room(text);
    if (!on) return void this.own.delete(room);
    this.own.add(room);
    this.#join(room);
  }

  #onRemoved({ room, reason }: FrameOf<"left">): void {
    this.rooms.onLeft(room);
    const why = this.#refusals.explainRemoval(this.rooms.room(room));
    if (why) this.#reportViolation(`removed from ${room} without a reason: ${reason}`);
    // It may have been a member again since.
    this.#world.clock.after(TRY_AGAIN_MS, () => this.#hasHello && this.request({ type: "rooms" }));
  }

  #onFault(fault: FrameOf<"fault">): void {
    const request = this.#resolve(fault.id);
    if (request?.type === "hello") return this.wire?.cut(1);
    const wrong = this.#refusals.wrongWith(fault);
    if (wrong) this.#reportViolation(`${request?.type} in ${request?.room}: ${wrong}`);
    const { room } = request ?? {};
    if (request?.type !== "join" || room === undefined) return;
    if (fault.code === "not_allowed") this.own.delete(room);
    else if (fault.code !== "in_room") {
      this.#world.clock.after(TRY_AGAIN_MS, () => {
        if (this.own.has(room) || this.#isSettled) this.#join(room);
      });
    }
  }

  #join(room: RoomId): void {
    if (!this.#hasHello || this.rooms.has(room)) return;
    if (this.#pendingRequests.isPending("join", room)) return;
    const limit = this.#world.dice.between(0, 5);
    this.request({ type: "join", room, limit }, this.rooms.record(room)?.since);
  }

  #resolve(id: string | undefined): ReturnType<PendingRequests["resolve"]> {
    return this.#pendingRequests.resolve(id);
  }

  #forget(): void {
    this.wire = undefined;
    this.#hasHello = false;
    this.#pendingRequests.clear();
    this.#refusals.clear();
    this.rooms.clear();
  }

  #reportViolation(what: string): void {
    this.#world.reportViolation(`${this.id}: ${what}`);
  }
}
