/**
 * A `chat.v1.json` client that follows the protocol: it keeps its token and its position in each room, reconnects to
 * any node, and resends what was not answered. It checks every frame that it receives.
 * @module
 */
import {
  type CloseStatus,
  NOT_READY,
  SERVICE_RESTART,
  SIGNED_OUT,
} from "../../../lib/core/protocol/close_codes.ts";
import type { Frame, FrameOf } from "../../../lib/core/protocol/frames.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { GuestTokens } from "./guest_tokens.ts";
import { PendingRequests, type RequestFields } from "./pending_requests.ts";
import { isRoomFrame, JoinedRooms } from "./joined_rooms.ts";
import { isEntry } from "./room_record.ts";
import { type SimMessage, SimMessages } from "./sim_messages.ts";
import { Wire, type WireClient } from "../world/wire.ts";
import type { World } from "../world/world.ts";

/** Fault codes that a valid request may receive. */
const EXPECTED = /^(unavailable|unknown_outcome|gone|not_yours|name_taken|not_in_room)$/;

/** The client of one user. */
export class JsonClient implements WireClient {
  readonly id: string;
  readonly messages: SimMessages;
  readonly rooms: JoinedRooms;
  /** The rooms that it should be in. */
  readonly wantedRooms = new Set<RoomId>();
  /** The last answer to `who`. */
  readonly answers = new Map<RoomId, FrameOf<"members">>();
  user: string | undefined;
  /** The name of the session when the last connection began. */
  sessionName: string | undefined;
  /** The tokens that it reconnects with; those of the client whose user it shares. */
  readonly tokens: GuestTokens;
  wire: Wire | undefined;
  readonly #world: World;
  readonly #maxLatencyMs: number;
  readonly #tabOf: JsonClient | undefined;
  readonly #pendingRequests: PendingRequests;
  #name: string | undefined;
  /** Whether it accepts a temporary name when its own is taken, instead of choosing another one. */
  readonly #isPatient: boolean;
  /** The token of this connection's hello. */
  #sentToken: string | undefined;
  /** The newest token of this connection. */
  #ownToken: string | undefined;
  // Whether the store could be reached when the hello was sent.
  #isUseStored = false;
  #connection = 0;
  #isRetired = false;
  // Whether the hello of this connection was answered.
  #hasHello = false;

  /** @param tabOf The client whose user it shares, like another tab in one browser. */
  constructor(world: World, id: string, maxLatencyMs: number, tabOf?: JsonClient) {
    this.#world = world;
    this.id = id;
    this.messages = new SimMessages(id);
    this.rooms = new JoinedRooms(world, id);
    this.#pendingRequests = new PendingRequests(world, id);
    this.#maxLatencyMs = maxLatencyMs;
    this.#tabOf = tabOf;
    this.tokens = tabOf?.tokens ?? new GuestTokens();
    this.#isPatient = tabOf ? tabOf.#isPatient : world.dice.chance(0.5);
    this.#name = tabOf ? undefined : world.dice.pick(["", id, "Ann"]) || undefined;
  }

  /** Connects to any running node. */
  connect(): void {
    if (this.#isRetired || this.wire) return;
    const { dice, running, clock } = this.#world;
    const hasToWait = this.#tabOf !== undefined && this.tokens.current === undefined;
    if (running.length === 0 || hasToWait) return clock.after(500, () => this.connect());
    const node = dice.pick(running);
    this.#connection += 1;
    this.#world.note(`${this.id} connects to ${node.id}`);
    this.wire = new Wire(this.#world, node, this, this.#maxLatencyMs, (at, socket) => {
      return at.openHandler(socket, undefined, () => {});
    });
  }

  /** Disconnects for good. */
  retire(): void {
    this.#isRetired = true;
    this.wire?.disconnect();
    this.#forget();
  }

  opened(): void {
    const resume = this.#sentToken = this.tokens.current;
    this.#isUseStored = this.#world.isFaultFree;
    const who = resume ? { resume } : { name: this.#name };
    const hello = this.#pendingRequests.register({ type: "hello", ...who });
    const joins = this.#world.dice.chance(0.5) ? this.#joinRequests() : [];
    this.#send([hello, ...joins]);
  }

  closed(status: CloseStatus | undefined): void {
    const { dice, clock, isFaultFree, directory } = this.#world;
    // Nobody who returns is let in before a node knows what was revoked.
    const isStarting = directory !== undefined && status?.code === NOT_READY.code;
    // Another tab has come back with a newer token meanwhile.
    const isReplaced = status?.code === SIGNED_OUT.code && this.tokens.current !== this.#sentToken;
    if (status && status.code !== SERVICE_RESTART.code && !isStarting && !isReplaced) {
      this.#reportViolation(`closed with ${status.code}`);
    }
    this.#world.note(`${this.id} is cut off`);
    this.#forget();
    clock.after(dice.between(10, isFaultFree ? 500 : 3_000), () => this.connect());
  }

  received(message: string): void {
    for (const line of message.split("\n")) {
      this.#world.note(`${this.id} < ${line}`);
      const frame: Frame = JSON.parse(line);
      if (!isRoomFrame(frame)) this.#onResponse(frame);
      else {
        const room = this.rooms.onFrame(frame);
        if (isEntry(frame) && frame.user === this.user) this.messages.onEcho(frame);
        this.#catchUp(room);
      }
    }
  }

  /** Sends a new message. */
  say(room: RoomId): void {
    const say = this.messages.compose(room);
    const isJoining = this.#hasHello && this.#pendingRequests.isPending("join", room);
    const isFirst = this.messages.pending(room, this.#connection).length === 1;
    // At once on its first join; after a reconnect only when it knows what need not be resent.
    const isNew = this.rooms.record(room) === undefined;
    if (isJoining && isFirst && isNew) this.#sendSay(say);
    else this.#catchUp(room);
  }

  /** Sends a request. */
  request(wanted: RequestFields): void {
    if (this.#hasHello) this.#send([this.#pendingRequests.register(wanted)]);
  }

  /** Leaves a room, or joins one. */
  toggle(room: RoomId): void {
    if (this.rooms.has(room) || this.#pendingRequests.isPending("join", room)) {
      this.wantedRooms.delete(room);
      this.request({ type: "leave", room });
    } else {
      this.wantedRooms.add(room);
      if (this.#hasHello) this.#send(this.#joinRequests());
    }
  }

  /** Checks the final state: unanswered requests, and wrong beliefs about the rooms. */
  checkFinalState(): void {
    this.#pendingRequests.checkFinalState();
    this.rooms.checkFinalState();
    if (this.wire === undefined) return;
    for (const room of this.wantedRooms) {
      if (!this.rooms.has(room)) this.#reportViolation(`never joined ${room}`);
    }
  }

  #onResponse(frame: Frame): void {
    switch (frame.type) {
      case "hello":
        return this.#onHello(frame);
      case "token":
        return this.#saveToken(this.#ownToken, frame.resume);
      case "joined":
        return this.#catchUp(
          this.rooms.onJoined(frame, this.#pendingRequests.resolve(frame.id)?.since),
        );
      case "left":
        this.rooms.onLeft(frame.room);
        break;
      case "members":
        this.answers.set(this.rooms.room(frame.room), frame);
        break;
      case "history":
        this.rooms.record(this.rooms.room(frame.room))?.checkHistory(frame);
        break;
      case "pong":
        break;
      case "retry":
        // These faults have their own delays.
        return;
      case "ack":
        return this.#onAck(frame);
      case "fault":
        return this.#onFault(frame);
      default:
        return this.#reportViolation(`${frame.type}, which was not requested`);
    }
    this.#pendingRequests.resolve(frame.id);
  }

  #onHello({ id, you, resume }: FrameOf<"hello">): void {
    this.#pendingRequests.resolve(id);
    const before = this.user ?? this.#tabOf?.user;
    if (before && before !== you.user) this.#reportViolation(`was ${before}, and is ${you.user}`);
    this.user = you.user;
    this.sessionName = you.name;
    this.#hasHello = true;
    if (resume) this.#saveToken(this.#sentToken, resume);
    if (this.#sentToken && this.#isUseStored) this.tokens.onUsed(this.#sentToken);
    this.#send(this.#joinRequests());
  }

  #saveToken(previous: string | undefined, token: string): void {
    this.#ownToken = token;
    this.tokens.replace(previous, token);
  }

  /** Resends unconfirmed messages, once the replay has shown which ones those are. */
  #catchUp(room: RoomId): void {
    if (!this.rooms.has(room) || !this.rooms.record(room)?.isCaughtUp) return;
    for (const say of this.messages.pending(room, this.#connection)) this.#sendSay(say);
  }

  #sendSay(say: SimMessage): void {
    say.state = "sent";
    say.connection = this.#connection;
    const { id, room, text } = say;
    this.#send([this.#pendingRequests.register({ type: "say", room, text }, undefined, id)]);
  }

  #onAck({ id = "", room, position }: FrameOf<"ack">): void {
    const request = this.#pendingRequests.resolve(id);
    this.messages.onAck(id);
    if (request?.room === undefined || position === undefined || room === undefined) return;
    this.rooms.record(request.room)?.onAck(position, this.user ?? "", id);
  }

  #onFault({ id, code, message, retry }: FrameOf<"fault">): void {
    const request = this.#pendingRequests.resolve(id);
    const { clock, dice } = this.#world;
    if (!EXPECTED.test(code)) this.#reportViolation(`${request?.type} ${id}: ${code}: ${message}`);
    const say = retry ? this.messages.onFault(id) : undefined;
    if (say) clock.after(dice.between(200, 1_500), () => this.#sayAgain(say));
    if (request?.type === "join" && code === "name_taken") this.#rename();
  }

  #sayAgain(say: SimMessage): void {
    if (say.state !== "refused") return;
    if (this.rooms.has(say.room)) this.#sendSay(say);
    else say.state = "waiting";
  }

  /** Another user has the name. */
  #rename(): void {
    const name = `${this.id}${this.#world.nextNumber()}`;
    this.#send([this.#pendingRequests.register({ type: "name", name }), ...this.#joinRequests()]);
  }

  #joinRequests(): readonly RequestFields[] {
    const { dice } = this.#world;
    return [...this.wantedRooms]
      .filter((room) => !this.rooms.has(room) && !this.#pendingRequests.isPending("join", room))
      .map((room) => {
        const since = this.rooms.record(room)?.since;
        const temporaryName = this.#isPatient;
        const join = { type: "join", room, limit: dice.between(0, 5), temporaryName } as const;
        return this.#pendingRequests.register(join, since);
      });
  }

  #send(requests: readonly RequestFields[]): void {
    if (requests.length === 0) return;
    const message = requests.map((request) => JSON.stringify(request)).join("\n");
    this.#world.note(`${this.id} > ${message}`);
    this.wire?.sendToNode(message);
  }

  #forget(): void {
    this.wire = undefined;
    this.#hasHello = false;
    this.#pendingRequests.clear();
    this.rooms.clear();
  }

  #reportViolation(what: string): void {
    this.#world.reportViolation(`${this.id}: ${what}`);
  }
}
