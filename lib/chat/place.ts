/**
 * One session's place in one room, from the wish to join to the leaving. What is asked for in the room before it is reached
 * is held, so that a client may join and speak in one breath; after a while it is refused instead, since nobody wants to
 * have said something minutes ago.
 * @module
 */
import type { Dialect } from "../core/dialect.ts";
import type { Author, UserId } from "../core/entries.ts";
import type { FrameOf } from "../core/frames.ts";
import type { Name, RoomId } from "../core/names.ts";
import { formatPosition, type Position } from "../core/positions.ts";
import { wirePage, withId } from "../core/protocol.ts";
import type { Clock } from "./clock.ts";
import type { Hub, Membership } from "./hub.ts";
import type { Arrival, JoinWish, Member } from "./member.ts";
import { MAX_LISTED } from "./people.ts";
import type { Room } from "./room.ts";
import type { Waiter } from "./waiting_room.ts";

/** How whoever is in a room hears of it. */
export interface PlaceVoice {
  /** How it wants to be spoken to. */
  readonly dialect: Dialect;
  /** Whether it tells who is in a room that is joined, and what is unread there: to find out is dear. */
  readonly tellsArrivals: boolean;
  /** The room cannot be reached yet; what was held is refused from now on. */
  waits(): void;
  /** Hands on what happens in the room. */
  deliver(messages: readonly string[], last: Position): void;
  /** Hands on missed messages, to be sent at the peer's pace. */
  replay(messages: readonly string[], last: Position): void;
  /** Whether the peer reads more slowly than it is sent messages. */
  isBehind(): boolean;
}

/** What a place tells its session. */
export interface PlaceHost {
  /** Whom it tells at once, since most of what is told needs no session. */
  readonly voice: PlaceVoice;
  /** It has joined. */
  arrived(place: Place, frame: FrameOf<"joined">): void;
  /** The name is taken, and it is not in the room. */
  turnedAway(place: Place): void;
}

const NOTHING: readonly Held[] = [];
/** So many requests are held. */
const MAX_HELD = 100;

/** Something to be done in the room, or refused. */
export interface Held {
  /** Does it. */
  readonly run: () => void;
  /** Says that it is not done. */
  readonly refuse: () => void;
}

/** One place. */
export class Place implements Member, Waiter {
  /** The room's name. */
  readonly id: RoomId;
  /** The id of the request to join. */
  readonly request: string | undefined;
  readonly #user: UserId;
  readonly #wished: Name;
  readonly #host: PlaceHost;
  readonly #hub: Hub;
  readonly #membership: Membership;
  #stage: "joining" | "waiting" | "joined" | "left" = "joining";
  #held: Held[] | undefined;
  /** When it was last told that somebody writes here, in milliseconds of the session's clock. */
  typedAt: number = -Infinity;

  /** Joins at once. @param request See {@linkcode request}. */
  constructor(
    id: RoomId,
    host: PlaceHost,
    wish: JoinWish,
    context: { readonly hub: Hub; readonly clock: Clock },
    request?: string,
  ) {
    this.id = id;
    // Not the whole wish, which is of no use any more when it is in.
    this.#user = wish.user;
    this.#wished = wish.name;
    this.#host = host;
    this.request = request;
    this.#hub = context.hub;
    this.#hub.waiting.enter(this, context.clock.now());
    this.#membership = this.#hub.join(id, this, wish);
  }

  get dialect(): Dialect {
    return this.#host.voice.dialect;
  }

  /** The room, and who is in it. */
  get room(): Room {
    return this.#membership.room;
  }

  /** Whether it was told that it has joined. */
  get isJoined(): boolean {
    return this.#stage === "joined";
  }

  /** The name that the user has here, or will have. */
  get name(): Name {
    return this.room.attendance.nameOf(this.#user) ?? this.#wished;
  }

  /** Who is here, or some of them where they are many. */
  list(): Author[] {
    return this.room.attendance.list(MAX_LISTED);
  }

  /** Does something when the room has been reached. */
  whenJoined(held: Held): void {
    if (this.#stage === "joined") held.run();
    else if (this.#stage === "joining" && (this.#held?.length ?? 0) < MAX_HELD) {
      (this.#held ??= []).push(held);
    } else held.refuse();
  }

  arrive(arrival: Arrival): void {
    if (this.#stage === "left") return;
    const { position, top, recovered, reason, page, standing, people } = arrival;
    this.#host.arrived(this, {
      type: "joined",
      ...withId(this.request),
      room: this.id,
      // As in the member list, which may be newer than the claimed name.
      name: this.room.attendance.nameOf(this.#user) ?? arrival.name,
      position: formatPosition(position),
      top: formatPosition(top),
      ...(recovered === undefined ? {} : { recovered }),
      ...(reason && { reason }),
      ...(page && wirePage(page)),
      count: people.count,
      members: [...people.listed],
      ...(people.count > MAX_LISTED && { sampled: true }),
      ...(standing?.read && { read: formatPosition(standing.read) }),
      unread: standing?.unread ?? 0,
    });
    this.#hub.waiting.leave(this);
    this.#stage = "joined";
    for (const held of this.#takeHeld()) held.run();
  }

  turnAway(): void {
    this.#hub.waiting.leave(this);
    if (this.#stage === "left") return;
    this.#stage = "left";
    for (const held of this.#takeHeld()) held.refuse();
    this.#host.turnedAway(this);
  }

  deliver(messages: readonly string[], last: Position): void {
    if (this.#stage !== "left") this.#host.voice.deliver(messages, last);
  }

  replay(messages: readonly string[], last: Position): void {
    if (this.#stage !== "left") this.#host.voice.replay(messages, last);
  }

  isBehind(): boolean {
    return this.#host.voice.isBehind();
  }

  /** Leaves the room. @param comesBack Whether the user is likely to come back soon. */
  leave(comesBack: boolean): void {
    // Who came only to say something need not wait to hear it.
    for (const held of this.#takeHeld()) held.run();
    this.#stage = "left";
    this.#hub.waiting.leave(this);
    this.#membership.leave(comesBack);
  }

  tire(): void {
    if (this.#stage !== "joining") return;
    this.#stage = "waiting";
    this.#host.voice.waits();
    for (const held of this.#takeHeld()) held.refuse();
  }

  #takeHeld(): readonly Held[] {
    const held = this.#held ?? NOTHING;
    this.#held = undefined;
    return held;
  }
}
