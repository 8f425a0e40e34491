/**
 * The bus: the one way that words take from whoever says them to everybody, the speaker included, so that there is one
 * order for all. It may lose what it announces, and its reader must not trust it to be whole: positions show what is
 * missing, and the log brings it. `EmbeddedBus` is the bus of a service that is alone; `io/redis/bus.ts` joins several.
 * @module
 */
import type { Draft, Entry, Rejection, UserId } from "../core/entries.ts";
import type { Claim, ClaimResult, Person } from "../core/leases.ts";
import type { Name, RoomId } from "../core/names.ts";
import type { Position } from "../core/positions.ts";
import type { Page, Receipt, Replay } from "../core/room_log.ts";
import type { Movement } from "../core/roster.ts";

/** Something that nodes tell each other, which has no number, is not kept, and may be lost. */
export type Note = Movement | {
  readonly kind: "typing";
  readonly user: UserId;
  readonly name: Name;
  /** Whether somebody writes, or has stopped. */
  readonly on: boolean;
};

/** What comes to everybody who follows a room. */
export type Announcement =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "note"; readonly room: RoomId; readonly note: Note }
  | Top;

/** How far a room's log has come. */
export interface Top {
  /** Tells it from other announcements. */
  readonly kind: "top";
  /** Whose log. */
  readonly room: RoomId;
  /** Its newest position. */
  readonly top: Position;
  /** Whether the log itself said so, just now; otherwise something was announced that stands there. */
  readonly isRead: boolean;
}

/** What became of a draft. */
export type Published =
  | ({ readonly kind: "entered" } & Receipt)
  | { readonly kind: "rejected"; readonly why: Rejection }
  | SlowedDown;

/** A draft that exceeded a budget and was not entered. */
export interface SlowedDown {
  /** As with every other rejection. */
  readonly kind: "rejected";
  /** The kind of rejection. */
  readonly why: "slow_down";
  /** Whose budget it exceeded. */
  readonly limit: "user" | "room";
  /** Milliseconds to wait before trying again. */
  readonly afterMs: number;
}

/** Joins the instances of a service. */
export interface Bus {
  /**
   * Deduplicates, numbers, keeps and announces a draft, in one step. Drafts published one after another in one room,
   * without waiting between them, are numbered in that order. A repetition of what was entered before is answered with
   * the first one's receipt. Rejects with {@linkcode BusUnavailable}.
   */
  publish(draft: Draft): Promise<Published>;
  /** Tells a note; nobody knows whether it arrives. */
  signal(room: RoomId, note: Note): void;
  /** From when this resolves on, the room's announcements come. While the bus is away it waits; it never rejects. */
  follow(room: RoomId): Promise<void>;
  /** Takes back one {@linkcode follow}. What is followed no more may still be announced for a while. */
  unfollow(room: RoomId): void;
  /** What happens in the followed rooms, a tick's worth at a time. For one reader; ends when the signal aborts. */
  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]>;
  /** How far the log of each followed room has come. Rejects with {@linkcode BusUnavailable}. */
  tops(): Promise<readonly Top[]>;
  /** Resolves when something published has just come back; otherwise rejects with the reason. */
  probe(): Promise<void>;
  /**
   * Resolves the next time that the bus, or a part of it, is back after an outage: callers that wait before trying again
   * can try at once. Ask before the attempt that may fail. A bus without this method is never away.
   */
  whenBack?(): Promise<void>;
  /** Problems that do not stop the bus from working, described for operators. */
  problems?(): readonly string[];
}

/** How far somebody has read. */
export interface Standing {
  /** What was read last; undefined where nothing was ever marked. */
  readonly read: Position | undefined;
  /** Number of messages after it that are still kept, `MAX_UNREAD` at most. */
  readonly unread: number;
}

/** The logs of all rooms, and who has read how far. All of it rejects with {@linkcode BusUnavailable}. */
export interface Archive {
  /**
   * The entries after a position, each as it stands now (`asItStands`): the oldest ones, if there are more than the limit or
   * than `MAX_READ_BYTES`. If they do not reach the top, there is more to read.
   */
  replay(room: RoomId, since: Position, limit: number): Promise<Replay>;
  /**
   * The newest messages, or the newest before a number: at most the limit and `MAX_READ_BYTES`, but at least one. With a
   * limit of 0 only the top of the log.
   */
  page(room: RoomId, before: number | undefined, limit: number): Promise<Page>;
  /** How far somebody has read. */
  standing(room: RoomId, user: UserId): Promise<Standing>;
  /** Somebody has read so far; what is before what was marked already is passed over. */
  markRead(room: RoomId, user: UserId, read: Position): Promise<void>;
}

/** Who is where, as all nodes agree on it (`core/leases.ts`). All of it rejects with {@linkcode BusUnavailable}. */
export interface Register {
  /** Puts somebody into a room under a name that nobody else has there. */
  claim(room: RoomId, claim: Claim): Promise<ClaimResult>;
  /** Takes somebody out, as far as this node is concerned. */
  release(room: RoomId, user: UserId, node: string): Promise<void>;
  /** A node stops: it releases users who are on another node too, and holds the others for `GRACE_MS`. */
  withdraw(room: RoomId, node: string): Promise<void>;
  /** Renews a node's lease; false where it has none any more. */
  renew(room: RoomId, node: string): Promise<boolean>;
  /** Everybody in the room. */
  people(room: RoomId): Promise<readonly Person[]>;
}

/** What rooms and sessions need of the bus. Announcements reach them through the bridge. */
export interface ServingBus extends Archive, Register {
  /** As {@linkcode Bus.publish}, within the budgets. @param people Number of people for which the room is charged. */
  publish(draft: Draft, people?: number): Promise<Published>;
  /** As {@linkcode Bus.signal}, within the budgets. @param people Number of people for which the room is charged. */
  signal(room: RoomId, note: Note, people?: number): void;
  /** As {@linkcode Bus.follow}. */
  follow(room: RoomId): Promise<void>;
  /** As {@linkcode Bus.unfollow}. */
  unfollow(room: RoomId): void;
  /** As {@linkcode Bus.whenBack}; never resolves if the bus is never away. */
  whenBack(): Promise<void>;
}

/** The bus could not do something, or cannot say whether it did. The message is for people in the chat. */
export class BusUnavailable extends Error {
  /** For logs; tell it by `instanceof`. */
  override readonly name = "BusUnavailable";
  /** Whether it may have been done all the same: its reply was lost, not its request refused. */
  readonly perhapsSent: boolean;

  /** Says what became of it. @param options `cause` is what the store said. */
  constructor(message: string, options: ErrorOptions & { readonly perhapsSent: boolean }) {
    super(message, options);
    this.perhapsSent = options.perhapsSent;
  }
}

/** Counts who follows which room. */
export class Following {
  readonly #counts = new Map<RoomId, number>();

  /** The rooms that somebody follows. */
  rooms(): readonly RoomId[] {
    return [...this.#counts.keys()];
  }

  /** Whether anybody follows the room. */
  has(room: RoomId): boolean {
    return this.#counts.has(room);
  }

  /** One more. */
  add(room: RoomId): void {
    this.#counts.set(room, (this.#counts.get(room) ?? 0) + 1);
  }

  /** One fewer; whether that was the last. */
  remove(room: RoomId): boolean {
    const left = (this.#counts.get(room) ?? 0) - 1;
    if (left > 0) this.#counts.set(room, left);
    else this.#counts.delete(room);
    return left === 0;
  }
}
