/**
 * A device of a member. It becomes one with an invite or a link, returns with its newest token, and checks that it is let in
 * until it is signed out, and not for long after that.
 * @module
 */
import {
  type CloseStatus,
  NOT_READY,
  SERVICE_RESTART,
  SIGNED_OUT,
} from "../../../lib/core/protocol/close_codes.ts";
import type { Frame, FrameOf } from "../../../lib/core/protocol/frames.ts";
import { type Wire, type WireClient, wireToAnyNode } from "../world/wire.ts";
import type { World } from "../world/world.ts";
import { isRoomFrame, JoinedRooms } from "./joined_rooms.ts";
import { PendingRequests, type RequestFields } from "./pending_requests.ts";

/** A node reads again what was revoked after 30 s, unless it cannot reach the store for another 14. */
const SIGNED_OUT_WITHIN_MS = 75_000;
const MAX_DEVICES = 4;

/** A member, as its devices know it. */
export class SimMember {
  readonly devices: MemberClient[] = [];
  readonly #world: World;
  readonly #id: string;
  user: string | undefined;

  constructor(world: World, id: string) {
    this.#world = world;
    this.#id = id;
  }

  /** Adds a device, which signs in with a secret. @param name For an invite; undefined for a link of another device. */
  add(secret: string, name?: string): void {
    if (this.devices.length >= MAX_DEVICES) return;
    const id = `${this.#id}/${this.devices.length}`;
    const device = new MemberClient(this.#world, id, this, { secret, name });
    this.devices.push(device);
    device.connect();
  }
}

/** A token, and how it is ordered among those of its device. */
interface HeldToken {
  readonly text: string;
  readonly serial: number;
}

/** One device. */
export class MemberClient implements WireClient {
  readonly id: string;
  readonly rooms: JoinedRooms;
  wire: Wire | undefined;
  /** All tokens that it ever had. */
  readonly tokens: HeldToken[] = [];
  /** Its id, once it knows it. */
  deviceId: string | undefined;
  /** The highest number of a token with which it was let in. */
  usedSerial = 0;
  /** Whether another device has asked to sign it out. */
  isRemovalAsked = false;
  /** When it was signed out; undefined if that is not certain. */
  removedAt: number | undefined;
  readonly #world: World;
  readonly #member: SimMember;
  readonly #invite: { readonly secret: string; name: string | undefined };
  readonly #attempt: string;
  readonly #pendingRequests: PendingRequests;
  /** The devices that it has asked to sign out, by the number of the request. */
  readonly #removals = new Map<string, MemberClient>();
  #helloAt = 0;
  #isIn = false;
  #isOver = false;

  constructor(
    world: World,
    id: string,
    member: SimMember,
    invite: { readonly secret: string; readonly name: string | undefined },
  ) {
    this.#world = world;
    this.id = id;
    this.#member = member;
    this.#invite = { ...invite };
    this.#attempt = String(world.nextNumber()).padStart(22, "A");
    this.rooms = new JoinedRooms(world, id);
    this.#pendingRequests = new PendingRequests(world, id);
  }

  /** Its newest token. */
  get token(): HeldToken | undefined {
    return this.tokens.at(-1);
  }

  /** Its tokens that nobody must be let in with. */
  get worthlessTokens(): readonly string[] {
    return this.tokens
      .filter(({ serial }) => this.removedAt !== undefined || serial < this.usedSerial)
      .map(({ text }) => text);
  }

  /** Connects to any running node. */
  connect(): void {
    if (this.#isOver || this.wire) return;
    this.wire = wireToAnyNode(this.#world, this, () => this.connect());
  }

  /** Disconnects for good. */
  retire(): void {
    this.#isOver = true;
    this.wire?.disconnect();
    this.#forget();
  }

  /** Does something that a member can do. */
  act(): void {
    if (!this.#isIn) return;
    const { dice, rooms } = this.#world;
    const room = dice.pick(rooms);
    const text = `text ${this.id}.${this.#world.nextNumber()}`;
    const name = dice.pick(["Ann", "json0", "json1x1", `${this.#invite.name ?? "Bea"}`]);
    if (dice.chance(0.15)) return this.#removeAnother();
    this.#request(dice.pick([
      { type: "say", room, text },
      { type: "who", room },
      { type: "name", name },
      { type: "name", name },
      { type: "invite", device: true },
    ]));
  }

  /** Checks the final state: who was not signed out is in all rooms, and who was is not connected. */
  checkFinalState(): void {
    this.#pendingRequests.checkFinalState();
    this.rooms.checkFinalState();
    if (this.removedAt !== undefined && this.#isIn) this.#reportViolation("is still connected");
    if (this.isRemovalAsked || this.#isOver) return;
    if (!this.#isIn) return this.#reportViolation("could not return");
    for (const room of this.#world.rooms) {
      if (!this.rooms.has(room)) this.#reportViolation(`never joined ${room}`);
    }
  }

  opened(): void {
    const { secret: invite, name } = this.#invite;
    const first = { invite, attempt: this.#attempt, device: this.id, ...(name && { name }) };
    this.#helloAt = this.#world.clock.now();
    this.#request({ type: "hello", ...(this.token ? { resume: this.token.text } : first) });
  }

  closed(status: CloseStatus | undefined): void {
    const { dice, clock } = this.#world;
    this.#world.note(`${this.id} is cut off: ${status?.code}`);
    this.#forget();
    if (status?.code === SIGNED_OUT.code) {
      if (!this.isRemovalAsked) this.#reportViolation("was signed out, though nobody asked for it");
      this.#isOver = true;
      return;
    }
    const expected: readonly unknown[] = [undefined, SERVICE_RESTART.code, NOT_READY.code];
    if (!expected.includes(status?.code)) this.#reportViolation(`closed with ${status?.code}`);
    clock.after(dice.between(10, 2_000), () => this.connect());
  }

  received(message: string): void {
    const { clock } = this.#world;
    if (clock.now() > (this.removedAt ?? Infinity) + SIGNED_OUT_WITHIN_MS) {
      this.#reportViolation("is sent something long after it was signed out");
    }
    for (const line of message.split("\n")) {
      this.#world.note(`${this.id} < ${line}`);
      const frame: Frame = JSON.parse(line);
      if (isRoomFrame(frame)) this.rooms.onFrame(frame);
      else this.#onResponse(frame);
    }
  }

  #onResponse(frame: Frame): void {
    switch (frame.type) {
      case "retry":
        return;
      case "token":
        return this.#keep(frame.resume);
      case "joined":
        this.rooms.onJoined(frame, undefined);
        break;
      case "hello":
        this.#onHello(frame);
        break;
      case "invite":
        this.#member.add(frame.secret);
        break;
      case "fault":
        return this.#onFault(frame);
      case "ack":
        this.#onAck(frame.id);
        break;
    }
    this.#pendingRequests.resolve("id" in frame ? frame.id : undefined);
  }

  #onHello({ you, resume }: FrameOf<"hello">): void {
    const { user } = this.#member;
    if (you.kind !== "member") this.#reportViolation(`is ${you.kind}`);
    if (user && user !== you.user) this.#reportViolation(`was ${user}, and is ${you.user}`);
    if (this.#helloAt > (this.removedAt ?? Infinity)) {
      this.#reportViolation("has returned after it was signed out");
    }
    this.#member.user = you.user;
    this.usedSerial = Math.max(this.usedSerial, this.token?.serial ?? 0);
    this.#keep(resume);
    this.#isIn = true;
    for (const room of this.#world.rooms) {
      this.#request({ type: "join", room, temporaryName: true });
    }
  }

  #keep(text: string | undefined): void {
    const [, device = ""] = text?.split(" ") ?? [];
    const [id, serial] = device.split(".");
    if (text === undefined || serial === undefined) {
      return this.#reportViolation(`got the token ${text}`);
    }
    this.deviceId = id;
    this.tokens.push({ text, serial: Number(serial) });
  }

  #onFault({ id, code }: FrameOf<"fault">): void {
    const request = this.#pendingRequests.resolve(id);
    this.#removals.delete(id ?? "");
    if (request?.type !== "hello") return;
    if (code === "name_taken") this.#invite.name = `${this.id} ${this.#world.nextNumber()}`;
    else if (code === "bad_invite" && this.#invite.name === undefined) {
      // The link has expired, or another one has replaced it.
      this.#isOver = true;
    } else if (code !== "slow_down") this.#reportViolation(`its invite was refused: ${code}`);
    this.wire?.cut(1);
  }

  #onAck(id: string | undefined): void {
    const removed = this.#removals.get(id ?? "");
    if (removed) removed.removedAt ??= this.#world.clock.now();
    this.#removals.delete(id ?? "");
  }

  #removeAnother(): void {
    const others = this.#member.devices.filter((it) => it !== this && it.deviceId !== undefined);
    if (others.length === 0) return;
    const other = this.#world.dice.pick(others);
    other.isRemovalAsked = true;
    const id = this.#request({ type: "revoke", device: other.deviceId });
    this.#removals.set(id, other);
  }

  #request(request: RequestFields): string {
    const registered = this.#pendingRequests.register(request);
    const message = JSON.stringify(registered);
    this.#world.note(`${this.id} > ${message}`);
    this.wire?.sendToNode(message);
    return String(registered.id);
  }

  #forget(): void {
    this.wire = undefined;
    this.#isIn = false;
    this.#removals.clear();
    this.#pendingRequests.clear();
    this.rooms.clear();
  }

  #reportViolation(what: string): void {
    this.#world.reportViolation(`${this.id}: ${what}`);
  }
}
