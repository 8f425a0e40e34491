/**
 * A client of an app's user. Its tokens live for seconds and grant other rooms each time. It renews them when it is told,
 * or forgets to, and checks that it is sent nothing that its token does not allow, and deletes no message that it may not.
 * @module
 */
import {
  type CloseStatus,
  NOT_READY,
  SERVICE_RESTART,
  TOKEN_EXPIRED,
} from "../../../lib/core/protocol/close_codes.ts";
import { parsePosition } from "../../../lib/core/log/position.ts";
import { parseRoom, type RoomId } from "../../../lib/core/names/names.ts";
import type { Frame, FrameOf } from "../../../lib/core/protocol/frames.ts";
import type { SimToken } from "../world/sim_authenticator.ts";
import { PROMPT_LATENCY_MS } from "../world/latency.ts";
import { type Wire, type WireClient, wireToAnyNode } from "../world/wire.ts";
import type { World } from "../world/world.ts";
import { recentMessage } from "../fault_injection.ts";
import { isRoomFrame, JoinedRooms } from "./joined_rooms.ts";
import { PendingRequests, type RequestFields } from "./pending_requests.ts";

/** A connection whose token has expired is closed within this time. */
const EXPIRY_CHECK_MS = 1_000;

/** The client of one user. */
export class TokenClient implements WireClient {
  readonly id: string;
  readonly rooms: JoinedRooms;
  wire: Wire | undefined;
  readonly #world: World;
  readonly #pendingRequests: PendingRequests;
  /** The token that the server has accepted on this connection. */
  #accepted: SimToken | undefined;
  /** The rooms of unanswered deletions, by id, without those that a token allows which may count when they are carried out. */
  readonly #deletions = new Map<string, RequestFields["room"]>();
  /** The token that the server is checking. */
  #offered: SimToken | undefined;
  #isRetired = false;

  constructor(world: World, id: string) {
    this.#world = world;
    this.id = id;
    this.rooms = new JoinedRooms(world, id);
    this.#pendingRequests = new PendingRequests(world, id);
  }

  /** Connects to any running node. */
  connect(): void {
    if (this.#isRetired || this.wire) return;
    this.wire = wireToAnyNode(this.#world, this, () => this.connect());
  }

  /** Disconnects for good. */
  retire(): void {
    this.#isRetired = true;
    this.wire?.disconnect();
    this.#forget();
  }

  /** Does something in a room. */
  act(): void {
    const { dice, rooms } = this.#world;
    const room = dice.pick(rooms);
    if (this.#accepted === undefined) return;
    const text = `text ${this.id}.${this.#world.nextNumber()}`;
    this.#request(dice.pick([
      { type: "say", room, text },
      { type: "history", room, limit: 5 },
      { type: "who", room },
      { type: "join", room },
      { type: "typing", room },
      ...this.#deletionIn(room),
    ]));
  }

  #deletionIn(room: RoomId): readonly RequestFields[] {
    const of = recentMessage(this.#world, room);
    return of === undefined ? [] : [{ type: "delete", room, of, reason: "spam" }];
  }

  /** Checks the final state: all rooms that it may read, with everything in them. */
  checkFinalState(): void {
    this.#pendingRequests.checkFinalState();
    this.rooms.checkFinalState();
    if (this.wire === undefined) return;
    for (const room of this.#accepted?.rooms ?? []) {
      if (!this.rooms.has(room)) this.#reportViolation(`never joined ${room}`);
    }
  }

  opened(): void {
    this.#offer((token) => ({ type: "hello", token }));
    if (this.#world.dice.chance(0.5)) this.#joinAll(this.#offered);
  }

  closed(status: CloseStatus | undefined): void {
    const { dice, clock } = this.#world;
    const expected: readonly (number | undefined)[] = [
      undefined,
      SERVICE_RESTART.code,
      NOT_READY.code,
      TOKEN_EXPIRED.code,
    ];
    if (!expected.includes(status?.code)) this.#reportViolation(`closed with ${status?.code}`);
    this.#world.note(`${this.id} is cut off: ${status?.code}`);
    this.#forget();
    clock.after(dice.between(10, 1_000), () => this.connect());
  }

  received(message: string): void {
    for (const line of message.split("\n")) {
      this.#world.note(`${this.id} < ${line}`);
      const frame: Frame = JSON.parse(line);
      this.#checkAllowed(frame);
      if (isRoomFrame(frame)) this.rooms.onFrame(frame);
      else this.#onResponse(frame);
    }
  }

  #checkAllowed(frame: Frame): void {
    // What is acknowledged was sent when it was allowed.
    if (!("room" in frame) || frame.type === "ack" || frame.type === "left") return;
    const { room } = frame;
    const tokens = [this.#accepted, this.#offered];
    if (!tokens.some((token) => token?.rooms.some((it) => it === room))) {
      this.#reportViolation(`was sent ${frame.type} of ${room}, which it may not read`);
    }
    const { clock } = this.#world;
    const lastMs = Math.max(...tokens.map((token) => token?.expiresAt ?? 0));
    if (clock.date() > lastMs + EXPIRY_CHECK_MS + PROMPT_LATENCY_MS) {
      this.#reportViolation(`was sent ${frame.type} long after its token expired`);
    }
  }

  #onResponse(frame: Frame): void {
    const { dice, isFaultFree } = this.#world;
    switch (frame.type) {
      case "retry":
      case "rules":
        return;
      case "expiring":
        if (isFaultFree || dice.chance(0.7)) this.#offer((token) => ({ type: "auth", token }));
        return;
      case "left":
        if (frame.reason !== undefined) return this.rooms.onLeft(frame.room);
        break;
      case "joined":
        this.rooms.onJoined(frame, undefined);
        break;
      case "hello":
        this.#accept();
        break;
      case "ack":
        if (this.#pendingRequests.resolve(frame.id)?.type === "auth") this.#accept();
        else if (frame.id !== undefined) this.#checkDeletion(frame, frame.id);
        return;
      case "fault":
        return this.#onFault(frame);
    }
    this.#pendingRequests.resolve("id" in frame ? frame.id : undefined);
  }

  #checkDeletion({ room, position }: FrameOf<"ack">, id: string): void {
    if (!this.#deletions.delete(id)) return;
    const name = parseRoom(room ?? "");
    const at = parsePosition(position ?? "");
    if (name === undefined || at === undefined) return;
    const oracle = this.#world.redis.oracle(name);
    const action = oracle.at(at)?.entry.action;
    const author = action?.kind === "deleted" ? oracle.at(action.of)?.entry.user : undefined;
    if (author === undefined || author === userOf(this.id)) return;
    this.#reportViolation(`deleted a message of ${author} in ${room}, which it may not moderate`);
  }

  #onFault({ id, code }: FrameOf<"fault">): void {
    const request = this.#pendingRequests.resolve(id);
    if (request?.type === "hello") return this.wire?.cut(1);
    if (request?.type === "auth") return void (this.#offered = undefined);
    const allowed = [this.#accepted, this.#offered].map((token) =>
      token?.rooms.some((room) => room === request?.room) ?? false
    );
    if (code === "not_allowed" && allowed.every((it) => it)) {
      this.#reportViolation(`may not ${request?.type} in ${request?.room}, which its token allows`);
    }
  }

  /** The newest token counts from now on. */
  #accept(): void {
    this.#accepted = this.#offered ?? this.#accepted;
    this.#offered = undefined;
    this.#joinAll(this.#accepted);
  }

  #joinAll(token: SimToken | undefined): void {
    for (const room of token?.rooms ?? []) {
      const isJoining = this.#pendingRequests.isPending("join", room);
      if (!this.rooms.has(room) && !isJoining) this.#request({ type: "join", room });
    }
  }

  /** Sends a token for other rooms, unless one is being checked. */
  #offer(requestOf: (token: string) => RequestFields): void {
    if (this.#offered) return;
    const { dice, clock, rooms, isFaultFree } = this.#world;
    const readable = rooms.filter(() => dice.chance(0.6));
    const lifeMs = isFaultFree ? 600_000 : dice.pick([100, 1_000, 10_000, 60_000]);
    const token = {
      user: userOf(this.id),
      name: this.id,
      rooms: readable,
      moderated: readable.filter(() => dice.chance(0.4)),
      expiresAt: clock.date() + lifeMs,
    };
    this.#offered = token;
    // Those that wait for a join.
    for (const [id, room] of this.#deletions) {
      if (token.moderated.some((it) => it === room)) this.#deletions.delete(id);
    }
    this.#request(requestOf(JSON.stringify(token)));
  }

  #request(request: RequestFields): void {
    const registered = this.#pendingRequests.register(request);
    if (request.type === "delete") {
      const tokens = [this.#accepted, this.#offered];
      const isModerator = tokens.some((it) => it?.moderated.some((room) => room === request.room));
      if (!isModerator) this.#deletions.set(String(registered["id"]), request.room);
    }
    const message = JSON.stringify(registered);
    this.#world.note(`${this.id} > ${message}`);
    this.wire?.sendToNode(message);
  }

  #forget(): void {
    this.wire = undefined;
    this.#accepted = undefined;
    this.#offered = undefined;
    this.#deletions.clear();
    this.#pendingRequests.clear();
    this.rooms.clear();
  }

  #reportViolation(what: string): void {
    this.#world.reportViolation(`${this.id}: ${what}`);
  }
}

function userOf(id: string): string {
  return `a_${id}`.padEnd(10, "0");
}
