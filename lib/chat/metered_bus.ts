/**
 * Enforces the budgets of users and rooms in front of the bus. It runs in the main worker, so that a user with connections
 * to several workers has one budget, and a room that receives more than it can deliver slows its senders down before its
 * readers fall behind. What one connection sends is metered in its session.
 * @module
 */
import { BudgetsByKey, type BudgetTable, roomCost } from "../core/budgets.ts";
import type { Draft, UserId } from "../core/entries.ts";
import type { Claim, ClaimResult, Person } from "../core/leases.ts";
import type { RoomId } from "../core/names.ts";
import type { Position } from "../core/positions.ts";
import type { Page, Replay } from "../core/room_log.ts";
import { utf8Length } from "../core/utf8.ts";
import type {
  Archive,
  Bus,
  Note,
  Published,
  Register,
  ServingBus,
  SlowedDown,
  Standing,
} from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { SlowDownCounters } from "./meters.ts";

/** What a metered bus needs. */
export interface MeteredBusContext {
  /** The bus behind the budgets. */
  readonly bus:
    & Pick<Bus, "publish" | "signal" | "follow" | "unfollow" | "whenBack">
    & Archive
    & Register;
  /** The rates. */
  readonly table: BudgetTable;
  /** For the budgets. */
  readonly clock: Clock;
  /** Counts refused drafts. */
  readonly refused: Pick<SlowDownCounters, "user" | "room">;
}

/** A bus with budgets. */
export class MeteredBus implements ServingBus {
  readonly #bus: MeteredBusContext["bus"];
  readonly #clock: Clock;
  readonly #never = new Promise<void>(() => {});
  readonly #users: BudgetsByKey<UserId>;
  readonly #rooms: BudgetsByKey<RoomId>;
  // Separate, so that typing notes cannot use up the budget for messages.
  readonly #notes: BudgetsByKey<RoomId>;
  readonly #refused: MeteredBusContext["refused"];

  /** Starts with full budgets. */
  constructor({ bus, table, clock, refused }: MeteredBusContext) {
    this.#bus = bus;
    this.#clock = clock;
    this.#refused = refused;
    this.#users = new BudgetsByKey(table.user);
    this.#rooms = new BudgetsByKey(table.room);
    this.#notes = new BudgetsByKey(table.room);
  }

  publish(draft: Draft, people: number = 1): Promise<Published> {
    const now = this.#clock.now();
    const { deed } = draft;
    const bytes = "text" in deed ? utf8Length(deed.text) : 0;
    const cost = roomCost(bytes, people);
    const user = this.#users.of(draft.user, now);
    const room = this.#rooms.of(draft.room, now);
    // A claimed name must be announced, so renamings are never refused here; the session charges them on request.
    if (deed.kind !== "renamed") {
      const userMs = user.msUntil(now, 1, bytes);
      if (userMs > 0) return this.#refuse("user", userMs);
      const roomMs = room.msUntil(now, cost.messages, cost.bytes);
      if (roomMs > 0) return this.#refuse("room", roomMs);
    }
    user.charge(now, 1, bytes);
    room.charge(now, cost.messages, cost.bytes);
    return this.#bus.publish(draft);
  }

  /** Drops notes above the budget; their delivery is not guaranteed anyway. */
  signal(room: RoomId, note: Note, people: number = 1): void {
    // Presence costs its cause a join or a disconnection, and rooms announce it at intervals.
    if (note.kind === "typing") {
      const now = this.#clock.now();
      const cost = roomCost(0, people);
      if (!this.#notes.of(room, now).take(now, cost.messages, cost.bytes)) return;
    }
    this.#bus.signal(room, note);
  }

  follow(room: RoomId): Promise<void> {
    return this.#bus.follow(room);
  }

  unfollow(room: RoomId): void {
    this.#bus.unfollow(room);
  }

  whenBack(): Promise<void> {
    return this.#bus.whenBack?.() ?? this.#never;
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return this.#bus.replay(room, since, limit);
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    return this.#bus.page(room, before, limit);
  }

  standing(room: RoomId, user: UserId): Promise<Standing> {
    return this.#bus.standing(room, user);
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<void> {
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

  renew(room: RoomId, node: string): Promise<boolean> {
    return this.#bus.renew(room, node);
  }

  people(room: RoomId): Promise<readonly Person[]> {
    return this.#bus.people(room);
  }

  #refuse(limit: SlowedDown["limit"], afterMs: number): Promise<Published> {
    this.#refused[limit].add();
    return Promise.resolve({ kind: "rejected", why: "slow_down", limit, afterMs });
  }
}
