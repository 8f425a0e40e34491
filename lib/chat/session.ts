/**
 * One person's connection to the chat, in plain text: a room and a name on the way in, then every text is a message, and
 * every message of the room is a line. What it says goes to the bus and comes back through the hub like everyone's; a
 * newcomer might be tempted to deliver it at once, and there would be two orders.
 * @module
 */
import {
  BAD_NAME,
  BAD_ROOM,
  type Farewell,
  FLOODING,
  NAME_TAKEN,
  UNSUPPORTED,
} from "../core/farewells.ts";
import { Allowance } from "../core/limits.ts";
import {
  drawGuestName,
  type Name,
  NAME_RULE,
  parseName,
  parseRoom,
  ROOM_RULE,
  type RoomId,
} from "../core/names.ts";
import { fault, notice } from "../core/text_mode.ts";
import { type Bus, BusUnavailable } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { Conversation, Socket } from "./conversation.ts";
import type { Hub, Member, Membership } from "./hub.ts";

/** What all sessions of an isolate share. */
export interface SessionContext {
  /** Where words go. */
  readonly bus: Pick<Bus, "publish">;
  /** Where words come from. */
  readonly hub: Hub;
  /** What time it is, for limits and patience. */
  readonly clock: Clock;
  /** A number in [0, 1), for the names of guests. */
  readonly random: () => number;
  /** The word that the names of guests begin with. */
  readonly guestName: string;
  /** How many messages a second one connection may say; 0 for no limit. */
  readonly messagesPerSecond: number;
}

/** What was asked for in the address: `?name=Ann&room=lobby`. */
export interface Wish {
  /** Unchecked; without one, a guest's name is drawn. */
  readonly name: string | undefined;
  /** Unchecked; without one, it is the lobby. */
  readonly room: string | undefined;
}

/** Joining takes a blink; who waits longer is told why. */
const PATIENCE_MS = 1_000;
/** Texts said while joining are held, so many of them. */
const MAX_HELD = 100;

type Stage =
  | { readonly kind: "joining"; readonly held: string[] }
  | { readonly kind: "waiting" }
  | { readonly kind: "joined" }
  | { readonly kind: "left" };

/** A conversation in plain text. */
export class Session implements Conversation, Member {
  readonly #socket: Socket;
  readonly #context: SessionContext;
  readonly #allowance: Allowance;
  readonly #patience = new AbortController();
  #place:
    | { readonly room: RoomId; readonly name: Name; readonly membership: Membership }
    | undefined;
  #stage: Stage = { kind: "joining", held: [] };

  /** Joins at once, or turns away. */
  constructor(socket: Socket, context: SessionContext, wish: Wish) {
    this.#socket = socket;
    this.#context = context;
    this.#allowance = new Allowance(context.messagesPerSecond, context.clock.now());
    this.#enter(wish);
  }

  receive(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#stage.kind === "left") return;
    const leave = this.#allowance.ask(this.#context.clock.now());
    if (leave === "forfeited") this.#socket.close(FLOODING);
    else if (leave === "refused") this.#socket.send(fault("slow down"));
    else if (typeof message !== "string") this.#socket.close(UNSUPPORTED);
    else if (message !== "") this.#say(message);
  }

  deliver(frame: string): void {
    this.#socket.send(frame);
  }

  leave(): void {
    // Who came only to say something need not wait to hear it.
    if (this.#stage.kind === "joining") this.#stage.held.forEach((text) => this.#publish(text));
    this.#stage = { kind: "left" };
    this.#patience.abort();
    this.#place?.membership[Symbol.dispose]();
  }

  #enter(wish: Wish): void {
    const { hub, guestName, random } = this.#context;
    const room = parseRoom(wish.room ?? "lobby");
    if (room === undefined) return this.#turnAway(ROOM_RULE, BAD_ROOM);
    const name = wish.name === undefined
      ? drawGuestName(guestName, (drawn) => hub.isTaken(room, drawn), random)
      : parseName(wish.name);
    if (name === undefined) return this.#turnAway(NAME_RULE, BAD_NAME);
    const membership = hub.join(room, name, this);
    if (membership === undefined) return this.#turnAway(`the name ${name} is taken`, NAME_TAKEN);
    this.#place = { room, name, membership };
    membership.joined.then(() => this.#arrive());
    this.#context.clock.sleep(PATIENCE_MS, this.#patience.signal).then(() => this.#wait());
  }

  /** A browser cannot see why a handshake was refused, so the door is opened, and the reason given inside. */
  #turnAway(why: string, farewell: Farewell): void {
    this.#stage = { kind: "left" };
    this.#socket.send(fault(why));
    this.#socket.close(farewell);
  }

  #arrive(): void {
    const before = this.#stage;
    if (before.kind === "left") return;
    this.#patience.abort();
    this.#stage = { kind: "joined" };
    if (before.kind === "waiting") this.#socket.send(notice(`joined ${this.#place?.room}`));
    if (before.kind === "joining") before.held.forEach((text) => this.#publish(text));
  }

  #wait(): void {
    if (this.#stage.kind !== "joining") return;
    const { held } = this.#stage;
    this.#stage = { kind: "waiting" };
    this.#socket.send(fault("the room cannot be reached yet: waiting to join"));
    held.forEach(() => this.#tellNotJoined());
  }

  #tellNotJoined(): void {
    this.#socket.send(fault("not sent: not joined yet"));
  }

  #say(text: string): void {
    if (this.#stage.kind === "joined") this.#publish(text);
    else if (this.#stage.kind === "joining" && this.#stage.held.length < MAX_HELD) {
      this.#stage.held.push(text);
    } else this.#tellNotJoined();
  }

  #publish(text: string): void {
    if (this.#place === undefined) return;
    const { room, name } = this.#place;
    this.#context.bus.publish({ room, author: name, text }).catch((error: unknown) => {
      if (!(error instanceof BusUnavailable)) throw error;
      this.#socket.send(
        fault(`${error.perhapsSent ? "perhaps not" : "not"} sent: ${error.message}`),
      );
    });
  }
}
