/**
 * Enforces the budgets of users and rooms in front of the bus. It runs in the main thread, so that a user with
 * connections to several workers has one budget, and a room that receives more than it can deliver slows its senders
 * down before its readers fall behind. The rate limit of a single connection is enforced in its session.
 * @module
 */
import { BudgetsByKey, type BudgetTable, roomCost } from "../../core/limits/budgets.ts";
import { contentBytes } from "../../core/log/content.ts";
import type { Action, Draft, UserId } from "../../core/log/entry.ts";
import { isAboveQuotas } from "../../core/log/room_event.ts";
import { isAddressUser } from "../../core/log/user_id.ts";
import { AUDIT_ROOM, SERVICE_AUTHOR } from "../../core/rooms/service_rooms.ts";
import type { Claim, ClaimResult, Person } from "../../core/presence/lease_table.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import type { HistoryPage, Replay, StateAt } from "../../core/log/reading/log_reading.ts";
import type { StoredReceipt } from "../../core/log/room_log.ts";
import type {
  Bus,
  KnownPeople,
  PeopleTable,
  PresenceRegistry,
  PublishResult,
  ReadState,
  RoomHistory,
  Signal,
  SlowDownRejection,
  WorkerBus,
} from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { SlowDownCounters } from "../metrics.ts";

/** The bus that {@linkcode RateLimitedBus} wraps, and what its budgets need. */
export interface RateLimitedBusContext {
  /** The bus behind the budgets. */
  readonly bus:
    & Pick<Bus, "publish" | "signal" | "subscribe" | "unsubscribe" | "whenBack">
    & RoomHistory
    & PresenceRegistry;
  /** The budgets of users and rooms. */
  readonly table: BudgetTable;
  /** Current time for the budgets, which refill as it passes. */
  readonly clock: Clock;
  /** Counts refused drafts. */
  readonly refused: Pick<SlowDownCounters, "user" | "room">;
}

/** Whether a flood in a room must not hold an action up, since it may be what ends the flood. */
function isOfModerator(action: Action): boolean {
  return action.kind === "said" && action.event !== undefined && isAboveQuotas(action.event);
}

/**
 * Whether a draft records in `_audit` what its author has done in a room, where it was charged: the record must not be missing.
 * What concerns an address is in `_audit` only.
 */
function isRecord({ room, action }: Draft): boolean {
  const event = action.kind === "said" ? action.event : undefined;
  const isOfAddress = event !== undefined && "user" in event && isAddressUser(event.user);
  return room === AUDIT_ROOM && event?.room !== undefined && !isOfAddress;
}

/** A bus with budgets. */
export class RateLimitedBus implements WorkerBus {
  readonly #bus: RateLimitedBusContext["bus"];
  readonly #clock: Clock;
  readonly #never = new Promise<void>(() => {});
  readonly #userBudgets: BudgetsByKey<UserId>;
  readonly #roomBudgets: BudgetsByKey<RoomId>;
  // Separate, so that typing signals cannot use up the budget for messages.
  readonly #typingBudgets: BudgetsByKey<RoomId>;
  readonly #refused: RateLimitedBusContext["refused"];

  /** Starts with full budgets. */
  constructor({ bus, table, clock, refused }: RateLimitedBusContext) {
    this.#bus = bus;
    this.#clock = clock;
    this.#refused = refused;
    this.#userBudgets = new BudgetsByKey(table.user);
    this.#roomBudgets = new BudgetsByKey(table.room);
    this.#typingBudgets = new BudgetsByKey(table.room);
  }

  publish(draft: Draft, people: number = 1): Promise<PublishResult> {
    const now = this.#clock.now();
    const { action } = draft;
    const bytes = "text" in action ? contentBytes(action) : 0;
    const cost = roomCost(bytes, people);
    const user = this.#userBudgets.of(draft.user, now);
    const room = this.#roomBudgets.of(draft.room, now);
    // A claimed name must be announced, so renames are never refused here. The session charges requested ones.
    if (action.kind !== "renamed") {
      const isFree = draft.user === SERVICE_AUTHOR.user || isRecord(draft);
      const userMs = isFree ? 0 : user.msUntil(now, 1, bytes);
      if (userMs > 0) return this.#reject("user", userMs);
      const roomMs = isOfModerator(action) ? 0 : room.msUntil(now, cost.messages, cost.bytes);
      if (roomMs > 0) return this.#reject("room", roomMs);
    }
    user.charge(now, 1, bytes);
    room.charge(now, cost.messages, cost.bytes);
    return this.#bus.publish(draft);
  }

  /** Drops typing signals above the budget; their delivery is not guaranteed anyway. */
  signal(room: RoomId, signal: Signal, people: number = 1): void {
    // Presence costs its cause a join or a disconnection, and rooms announce it at intervals.
    if (signal.kind === "typing") {
      const now = this.#clock.now();
      const cost = roomCost(0, people);
      if (!this.#typingBudgets.of(room, now).take(now, cost.messages, cost.bytes)) return;
    }
    this.#bus.signal(room, signal);
  }

  subscribe(room: RoomId): Promise<void> {
    return this.#bus.subscribe(room);
  }

  unsubscribe(room: RoomId): void {
    this.#bus.unsubscribe(room);
  }

  whenBack(): Promise<void> {
    return this.#bus.whenBack?.() ?? this.#never;
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return this.#bus.replay(room, since, limit);
  }

  pageAfter(room: RoomId, after: number, limit: number): Promise<HistoryPage> {
    return this.#bus.pageAfter(room, after, limit);
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<HistoryPage> {
    return this.#bus.page(room, before, limit);
  }

  state(room: RoomId): Promise<StateAt> {
    return this.#bus.state(room);
  }

  admission(room: RoomId, user: UserId): Promise<StateAt> {
    return this.#bus.admission(room, user);
  }

  receipt(room: RoomId, user: UserId, id: string): Promise<StoredReceipt | undefined> {
    return this.#bus.receipt(room, user, id);
  }

  readState(room: RoomId, user: UserId, after: number): Promise<ReadState> {
    return this.#bus.readState(room, user, after);
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<boolean> {
    return this.#bus.markRead(room, user, read);
  }

  claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    return this.#bus.claim(room, claim);
  }

  release(room: RoomId, user: UserId, node: string): Promise<void> {
    return this.#bus.release(room, user, node);
  }

  withdraw(room: RoomId, node: string): Promise<void> {
    return this.#bus.withdraw(room, node);
  }

  refresh(room: RoomId, node: string | undefined): Promise<PeopleTable> {
    return this.#bus.refresh(room, node);
  }

  renew(node: string, known: readonly KnownPeople[]): Promise<readonly RoomId[]> {
    return this.#bus.renew(node, known);
  }

  people(room: RoomId): Promise<readonly Person[]> {
    return this.#bus.people(room);
  }

  countPeople(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, number>> {
    return this.#bus.countPeople(rooms);
  }

  #reject(limit: SlowDownRejection["limit"], afterMs: number): Promise<PublishResult> {
    this.#refused[limit].add();
    return Promise.resolve({ kind: "rejected", why: "slow_down", limit, afterMs });
  }
}
