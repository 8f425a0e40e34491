/**
 * Whoever hears a room, and what passes between it and the room.
 * @module
 */
import type { Dialect } from "../core/dialect.ts";
import type { Author } from "../core/entries.ts";
import type { Name } from "../core/names.ts";
import type { Position } from "../core/positions.ts";
import type { Gap, Page } from "../core/room_log.ts";
import type { Standing } from "./bus.ts";
import type { People } from "./people.ts";
import type { Reader } from "./reader.ts";

/** Whoever hears a room. All of it must return at once and not throw; the member may leave the room meanwhile. */
export interface Member {
  /** How it wants to be spoken to. */
  readonly dialect: Dialect;
  /** What it is told once, when it has joined; what follows comes by {@linkcode deliver}. */
  arrive(arrival: Arrival): void;
  /** Another one has the name that it asked for, and it is not in the room. */
  turnAway(): void;
  /** Hands over encoded messages. @param last The position of the newest entry in them. */
  deliver(messages: readonly string[], last: Position): void;
  /** Hands over missed messages, to be sent at the peer's pace. Messages delivered in the meantime come after them. */
  replay(messages: readonly string[], last: Position): void;
  /** Whether the peer reads more slowly than it is sent messages. */
  isBehind(): boolean;
}

/** How somebody wants to join. */
export interface JoinWish extends Author {
  /** Draws another name where the one asked for is taken; undefined where it was chosen. */
  readonly draw: ((isTaken: (name: Name) => boolean) => Name) | undefined;
  /** What was seen last. */
  readonly since: Position | undefined;
  /** So many of the newest messages, where there is no `since` or it cannot be kept. */
  readonly limit: number;
  /** False if the member list and the user's read position are not needed. */
  readonly wantsStanding?: boolean;
  /** Bounds and paces reads for the member; undefined for no bounds. */
  readonly reader?: Reader | undefined;
}

/** What whoever joins is told. */
export interface Arrival {
  /** The name that was claimed; a renaming may be under way. */
  readonly name: Name;
  /** The people in the room, including the member. */
  readonly people: People;
  /** Up to here it has everything; what is told next follows it. */
  readonly position: Position;
  /** Up to here it is told at once. */
  readonly top: Position;
  /** Whether all that was missed comes now; undefined where nothing was asked. */
  readonly recovered: boolean | undefined;
  /** Why not. */
  readonly reason: Gap | "too_many" | undefined;
  /** The newest messages; undefined where it was recovered. */
  readonly page: Page | undefined;
  /** How far the user has read; undefined where it was not wanted. */
  readonly standing: Standing | undefined;
}
