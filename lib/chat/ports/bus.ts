/**
 * The bus: the only path of a message from its sender to all subscribers, the sender included, so that everyone sees
 * one order. It may lose announcements. Do not rely on them to be complete: positions reveal gaps, and the log fills
 * them.
 * `EmbeddedBus` serves a single instance; `io/redis/bus.ts` connects several.
 * @module
 */
import type { Author, Draft, Entry, Rejection, UserId } from "../../core/log/entry.ts";
import type { Claim, ClaimResult, Person } from "../../core/presence/lease_table.ts";
import type { Name, RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import type { HistoryPage, Replay, StateAt } from "../../core/log/reading/log_reading.ts";
import type { Receipt, StoredReceipt } from "../../core/log/room_log.ts";
import type { PresenceUpdate } from "../../core/presence/roster.ts";

/** A message between nodes that has no position, is not stored, and may be lost. */
export type Signal =
  | PresenceUpdate
  | {
    readonly kind: "typing";
    readonly user: UserId;
    readonly name: Name;
    /** Whether the user is typing, or has stopped. */
    readonly on: boolean;
  }
  | {
    /** For the user's own connections only. */
    readonly kind: "read";
    readonly user: UserId;
    /** How far the user has read, as {@linkcode RoomHistory} has it. */
    readonly read: Position;
  }
  | PaceSignal
  | UserSignal;

/** A guest has sent something in a room in slow mode. For the nodes only. */
export interface PaceSignal {
  /** Discriminates it from other signals. */
  readonly kind: "paced";
  /** The id that stands for the guest's address. */
  readonly address: UserId;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** What concerns one user, wherever the user is connected. Sent in `_audit`, which all nodes follow. */
export type UserSignal = MemberSignal | TurnedDownSignal;

/** A user has become a member of a private or direct room, or is no longer one. */
export interface MemberSignal {
  /** Discriminates it from other signals. */
  readonly kind: "member";
  /** The user, whose connections are told. */
  readonly user: UserId;
  /** The private or direct room. */
  readonly about: RoomId;
  /** Whether the user is a member. */
  readonly on: boolean;
  /** The other user of a new direct room. */
  readonly with?: Author | undefined;
}

/** A moderator does not let a message be sent that waited. */
export interface TurnedDownSignal {
  /** Discriminates it from other signals. */
  readonly kind: "turned down";
  /** The author, whose connections are told. */
  readonly user: UserId;
  /** The id that the author gave the message. */
  readonly id: string;
  /** What the moderator gave as the reason. */
  readonly reason?: string | undefined;
}

/** What subscribers of a room receive from the bus. */
export type Announcement =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "signal"; readonly room: RoomId; readonly signal: Signal }
  | Top;

/** The newest position of a room's log. */
export interface Top {
  /** Discriminates it from other announcements. */
  readonly kind: "top";
  /** The room to whose log the position belongs. */
  readonly room: RoomId;
  /** Position of the newest entry; `seq` 0 if there is none. */
  readonly top: Position;
  /** True if just read from the log; false if taken from an announced entry. */
  readonly isRead: boolean;
}

/** The result of publishing a draft. */
export type PublishResult =
  | ({ readonly kind: "entered" } & Receipt)
  | {
    readonly kind: "rejected";
    readonly why: Rejection;
    /** Milliseconds until the same draft may be entered; only with `muted` and `slow_mode`. */
    readonly afterMs?: number;
  }
  | SlowDownRejection;

/** A draft that exceeded a budget and was not entered. */
export interface SlowDownRejection {
  /** As with every other rejection. */
  readonly kind: "rejected";
  /** The kind of rejection. */
  readonly why: "slow_down";
  /** Whose budget it exceeded. */
  readonly limit: "user" | "room";
  /** Milliseconds to wait before retrying. */
  readonly afterMs: number;
}

/** Connects the instances of a service. */
export interface Bus {
  /**
   * Deduplicates, numbers, stores and announces a draft in one step. Drafts published one after another in one room,
   * without waiting between them, are numbered in that order. A repeated draft gets the receipt of the first one.
   * Rejects with {@linkcode BusUnavailable}.
   */
  publish(draft: Draft): Promise<PublishResult>;
  /** Sends a signal to all nodes. Delivery is not guaranteed. */
  signal(room: RoomId, signal: Signal): void;
  /** Resolves when the room's announcements arrive. Waits while the bus is unavailable; never rejects. */
  subscribe(room: RoomId): Promise<void>;
  /** Undoes one {@linkcode subscribe}. Announcements of the room may still arrive for a while. */
  unsubscribe(room: RoomId): void;
  /** Announcements of all subscribed rooms, one batch per tick. Has one reader; ends when the signal aborts. */
  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]>;
  /**
   * The newest position of each subscribed room's log. Rejects with {@linkcode BusUnavailable}.
   *
   * @param group Only of the rooms in this group, from 0 to `ROOM_GROUPS` - 1; by default of all.
   */
  topPositions(group?: number): Promise<readonly Top[]>;
  /** Resolves when a published probe has come back; otherwise rejects with the reason. */
  probe(): Promise<void>;
  /**
   * Resolves the next time that the bus, or a part of it, is back after an outage, so that waiting callers can retry at
   * once. Call it before the attempt that may fail. A bus without this method is always available.
   */
  whenBack?(): Promise<void>;
  /** Problems that do not stop the bus from working, described for operators. */
  problems?(): readonly string[];
}

/** How far a user has read in a room. */
export interface ReadState {
  /** Position of the newest read entry; undefined if none was ever marked. */
  readonly read: Position | undefined;
  /** Number of messages after it that are still kept and that the user can read, `MAX_UNREAD` at most. */
  readonly unread: number;
  /** Number of those that mention the user, `MAX_UNREAD` at most; undefined if none does. */
  readonly mentions?: number | undefined;
}

/** The logs of all rooms and the read markers of their users. All methods reject with {@linkcode BusUnavailable}. */
export interface RoomHistory {
  /**
   * Returns the entries after a position, each in its current state (`withCurrentContent`). If there are more than the
   * limit or than `MAX_READ_BYTES`, returns the oldest; read again from the last one until you reach the top.
   */
  replay(room: RoomId, since: Position, limit: number): Promise<Replay>;
  /**
   * Returns the newest messages, or the newest before a number: at most the limit and `MAX_READ_BYTES`, but at least
   * one. A limit of 0 returns only the top of the log.
   */
  page(room: RoomId, before: number | undefined, limit: number): Promise<HistoryPage>;
  /** Returns the oldest messages after a number, within the same limits, oldest first; `more` if there are newer ones. */
  pageAfter(room: RoomId, after: number, limit: number): Promise<HistoryPage>;
  /** Returns the room's state and the top of the log at one time. */
  state(room: RoomId): Promise<StateAt>;
  /**
   * Returns the same, with only the fields of the state that decide whether the user may be in the room (`admissionFields`).
   * Takes as long for a room with many members as for one that does not exist; the top of the latter means nothing.
   */
  admission(room: RoomId, user: UserId): Promise<StateAt>;
  /**
   * Returns the receipt of a draft that was entered in the last ten minutes, by its author and its id; undefined if there is
   * none. A caller who has seen what the draft did finds its receipt.
   */
  receipt(room: RoomId, user: UserId, id: string): Promise<StoredReceipt | undefined>;
  /** Returns how far a user has read. @param after The number after which the user can read. */
  readState(room: RoomId, user: UserId, after: number): Promise<ReadState>;
  /**
   * Records how far a user has read. Resolves to whether that advanced the read marker. If it did not, or if the log has no
   * such position, nothing changes.
   */
  markRead(room: RoomId, user: UserId, read: Position): Promise<boolean>;
}

/** All people in a room, as they were at one time. */
export interface PeopleTable {
  /** Differs after every change of the people. */
  readonly version: string;
  /** The people, in the order in which they joined. */
  readonly people: readonly Person[];
}

/** The people of a room as a node knows them. */
export interface KnownPeople {
  /** A room whose people the node has read. */
  readonly room: RoomId;
  /** The {@linkcode PeopleTable.version} that the node has read last. */
  readonly version: string;
}

/**
 * Who is in which room, agreed between all nodes (`core/presence/lease_table.ts`). All methods reject with {@linkcode
 * BusUnavailable}.
 */
export interface PresenceRegistry {
  /** Adds a user to a room under a name that no other user has there. */
  claim(room: RoomId, claim: Claim): Promise<ClaimResult>;
  /** Removes a user from a room, as far as this node is concerned. */
  release(room: RoomId, user: UserId, node: string): Promise<void>;
  /** Called when a node stops: releases its users who are on another node too, and holds the others for `GRACE_MS`. */
  withdraw(room: RoomId, node: string): Promise<void>;
  /** Renews a node's lease, if it has one, and reads the people, in one step. @param node Undefined to renew no lease. */
  refresh(room: RoomId, node: string | undefined): Promise<PeopleTable>;
  /**
   * Renews a node's leases in rooms whose people it knows. Resolves to the rooms where they have changed, or may have:
   * {@linkcode refresh} these. The people of the others are as known.
   */
  renew(node: string, known: readonly KnownPeople[]): Promise<readonly RoomId[]>;
  /** Returns all people in the room, in the order in which they joined. */
  people(room: RoomId): Promise<readonly Person[]>;
  /** The number of people in each room. Lacks rooms whose people cannot be read. */
  countPeople(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, number>>;
}

/** The part of the bus that rooms and sessions use. Announcements reach them through `io/serving/broadcast.ts`. */
export interface WorkerBus extends RoomHistory, PresenceRegistry {
  /** As {@linkcode Bus.publish}, within the budgets. @param people Number of people for which the room is charged. */
  publish(draft: Draft, people?: number): Promise<PublishResult>;
  /** As {@linkcode Bus.signal}, within the budgets. @param people Number of people for which the room is charged. */
  signal(room: RoomId, signal: Signal, people?: number): void;
  /** As {@linkcode Bus.subscribe}. */
  subscribe(room: RoomId): Promise<void>;
  /** As {@linkcode Bus.unsubscribe}. */
  unsubscribe(room: RoomId): void;
  /** As {@linkcode Bus.whenBack}; never resolves if the bus is never away. */
  whenBack(): Promise<void>;
}

/** Why the bus is unavailable, for metrics and for those that ask whether messages can be stored at all. */
export type UnavailableReason =
  /** The disk of the store, or the memory of Redis, is full. */
  | "no_space"
  /** The store cannot write its disk. */
  | "not_writable"
  | "too_few_replicas"
  | "failing_over"
  | "access_denied"
  | "damaged"
  /** Any other reason, such as a lost connection. */
  | "unavailable";

/** The bus could not do something, or cannot confirm that it did. The message is shown to users. */
export class BusUnavailable extends Error {
  /** For log records; test with `instanceof`. */
  override readonly name = "BusUnavailable";
  /** Whether it may have been applied: its reply was lost, and it was not refused. */
  readonly mayHaveApplied: boolean;
  /** Machine-readable reason. */
  readonly reason: UnavailableReason;

  /** Describes the failure. @param message Shown to users. @param options `cause` is the store's error. */
  constructor(
    message: string,
    options: ErrorOptions & {
      readonly mayHaveApplied: boolean;
      readonly reason?: UnavailableReason;
    },
  ) {
    super(message, options);
    this.mayHaveApplied = options.mayHaveApplied;
    this.reason = options.reason ?? "unavailable";
  }
}

/**
 * The number of groups into which subscribed rooms are divided, so that not all are checked at the same time. One group
 * is checked every second, so each room is checked every 14 seconds. The result is announced a second later.
 */
export const ROOM_GROUPS = 14;

/** Counts the subscriptions per room. */
export class SubscriptionCounts {
  readonly #counts = new Map<RoomId, number>();
  readonly #groups = Array.from({ length: ROOM_GROUPS }, () => new Set<RoomId>());
  #nextGroup = 0;

  /** The rooms that have subscriptions. @param group Only those in this group; by default all. */
  rooms(group?: number): readonly RoomId[] {
    return [...(group === undefined ? this.#counts.keys() : this.#groups[group] ?? [])];
  }

  /** Whether the room has subscriptions. */
  has(room: RoomId): boolean {
    return this.#counts.has(room);
  }

  /** Adds one subscription. The first one of a room also assigns it to a group. */
  add(room: RoomId): void {
    const count = this.#counts.get(room) ?? 0;
    this.#counts.set(room, count + 1);
    if (count > 0) return;
    this.#groups[this.#nextGroup]?.add(room);
    this.#nextGroup = (this.#nextGroup + 1) % ROOM_GROUPS;
  }

  /** Removes one subscription. Returns whether it was the last. */
  remove(room: RoomId): boolean {
    const left = (this.#counts.get(room) ?? 0) - 1;
    if (left > 0) this.#counts.set(room, left);
    else if (this.#counts.delete(room)) {
      for (const group of this.#groups) if (group.delete(room)) break;
    }
    return left === 0;
  }
}
