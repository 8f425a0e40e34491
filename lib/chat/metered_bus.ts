/**
 * The bus behind the budgets of users and rooms. It stands in the main worker, before the store, so that one user on many
 * connections and workers has one budget, and a room that is sent more than it can deliver slows its senders down before
 * its readers fall behind. What a worker cannot see is metered here; what one connection sends is metered in its session.
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

/** What is metered, by what, and where refusals are counted. */
export interface MeteredBusContext {
  /** What is behind the budgets. */
  readonly bus:
    & Pick<Bus, "publish" | "signal" | "follow" | "unfollow" | "whenBack">
    & Archive
    & Register;
  /** The rates. */
  readonly table: BudgetTable;
  /** For the budgets. */
  readonly clock: Clock;
  /** Counts what was refused. */
  readonly refused: Pick<SlowDownCounters, "user" | "room">;
}

/** A bus with budgets. */
export class MeteredBus implements ServingBus {
  readonly #bus: MeteredBusContext["bus"];
  readonly #clock: Clock;
  readonly #never = new Promise<void>(() => {});
  readonly #users: BudgetsByKey<UserId>;
  readonly #rooms: BudgetsByKey<RoomId>;
  // Of their own: who writes must not use up what is left for messages.
  readonly #notes: BudgetsByKey<RoomId>;
  readonly #refused: MeteredBusContext["refused"];

  /** Nobody has spent anything. */
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
    // A name that was given must be told: a renaming is charged where it is asked for, and only counted here.
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

  /** Drops notes of which there are too many: nobody knows whether they arrive anyway. */
  signal(room: RoomId, note: Note, people: number = 1): void {
    // Who comes and goes costs a join or an ending, and the room is told at intervals.
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
