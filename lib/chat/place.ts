/**
 * One session's place in one room, from the wish to join to the leaving. What is asked for in the room before it is reached
 * is held, so that a client may join and speak in one breath; after a while it is refused instead, since nobody wants to
 * have said something minutes ago.
 * @module
 */
import type { Dialect } from "../core/dialect.ts";
import type { Author } from "../core/entries.ts";
import type { FrameOf } from "../core/frames.ts";
import type { Name, RoomId } from "../core/names.ts";
import { formatPosition, type Position } from "../core/positions.ts";
import { wirePage, withId } from "../core/protocol.ts";
import type { Clock } from "./clock.ts";
import type { Hub, Membership } from "./hub.ts";
import type { Arrival, JoinWish, Member } from "./member.ts";
import type { Room } from "./room.ts";

/** What a place tells its session. */
export interface PlaceHost {
  /** How it wants to be spoken to. */
  readonly dialect: Dialect;
  /** It has joined. */
  arrived(place: Place, frame: FrameOf<"joined">): void;
  /** The name is taken, and it is not in the room. */
  turnedAway(place: Place): void;
  /** The room cannot be reached yet; what was held is refused from now on. */
  waits(): void;
  /** What happens in the room. */
  deliver(messages: readonly string[], last: Position): void;
}

/** Joining takes a blink; who waits longer is told. */
const PATIENCE_MS = 1_000;
/** So many requests are held. */
const MAX_HELD = 100;
/** So many of the people are told to whoever joins or asks. */
export const MAX_LISTED = 200;

/** Something to be done in the room, or refused. */
export interface Held {
  /** Does it. */
  readonly run: () => void;
  /** Says that it is not done. */
  readonly refuse: () => void;
}

/** One place. */
export class Place implements Member {
  /** The room's name. */
  readonly id: RoomId;
  /** The id of the request to join. */
  readonly request: string | undefined;
  readonly #author: Author;
  readonly #host: PlaceHost;
  readonly #membership: Membership;
  readonly #patience = new AbortController();
  #stage: "joining" | "waiting" | "joined" | "left" = "joining";
  #held: Held[] = [];
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
    this.#author = wish;
    this.#host = host;
    this.request = request;
    this.#membership = context.hub.join(id, this, wish);
    context.clock.sleep(PATIENCE_MS, this.#patience.signal).then(() => this.#wait());
  }

  get dialect(): Dialect {
    return this.#host.dialect;
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
    return this.room.attendance.nameOf(this.#author.user) ?? this.#author.name;
  }

  /** Who is here, or some of them where they are many. */
  list(): Author[] {
    return this.room.attendance.list(MAX_LISTED).map(({ user, name }) => ({ user, name }));
  }

  /** Does something when the room has been reached. */
  whenJoined(held: Held): void {
    if (this.#stage === "joined") held.run();
    else if (this.#stage === "joining" && this.#held.length < MAX_HELD) this.#held.push(held);
    else held.refuse();
  }

  arrive({ name, position, top, recovered, reason, page, standing }: Arrival): void {
    if (this.#stage === "left") return;
    const { attendance } = this.room;
    this.#host.arrived(this, {
      type: "joined",
      ...withId(this.request),
      room: this.id,
      name,
      position: formatPosition(position),
      top: formatPosition(top),
      ...(recovered === undefined ? {} : { recovered }),
      ...(reason && { reason }),
      ...(page && wirePage(page)),
      count: attendance.count,
      members: this.list(),
      ...(attendance.count > MAX_LISTED && { sampled: true }),
      ...(standing.read && { read: formatPosition(standing.read) }),
      unread: standing.unread,
    });
    this.#patience.abort();
    this.#stage = "joined";
    for (const held of this.#held.splice(0)) held.run();
  }

  turnAway(): void {
    this.#patience.abort();
    if (this.#stage === "left") return;
    this.#stage = "left";
    for (const held of this.#held.splice(0)) held.refuse();
    this.#host.turnedAway(this);
  }

  deliver(messages: readonly string[], last: Position): void {
    if (this.#stage !== "left") this.#host.deliver(messages, last);
  }

  /** Leaves the room. @param comesBack Whether the user is likely to come back soon. */
  leave(comesBack: boolean): void {
    // Who came only to say something need not wait to hear it.
    for (const held of this.#held.splice(0)) held.run();
    this.#stage = "left";
    this.#patience.abort();
    this.#membership.leave(comesBack);
  }

  #wait(): void {
    if (this.#stage !== "joining") return;
    this.#stage = "waiting";
    this.#host.waits();
    for (const held of this.#held.splice(0)) held.refuse();
  }
}
