/**
 * What one connection may send. A message above the limit is refused and costs patience; a connection without patience
 * left is closed. So a person who types too fast is only told to slow down, and a program that keeps sending is
 * disconnected. If the address has a budget, it counts as well, but costs no patience: a connection that keeps to its own
 * rate is not closed for what others send.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const limits = new ConnectionLimits({ messagesPerSecond: 1, bytesPerSecond: 100 });
 * const allowance = new Allowance(limits);
 * const leaves = Array.from({ length: 7 }, () => allowance.ask(0, 10));
 * assert.equal(leaves[2], "granted");
 * assert.deepEqual(leaves[3], { afterMs: 1000 });
 * assert.equal(leaves[6], "forfeited");
 * ```
 * @module
 */
import {
  Budget,
  BudgetsByKey,
  type BudgetSettings,
  type BudgetTable,
  budgetTable,
} from "./budgets.ts";
import type { UserId } from "./entries.ts";
import { Counter } from "./metrics.ts";

/** The budgets that all connections of one worker share. */
export class ConnectionLimits {
  /** The rates. */
  readonly table: BudgetTable;
  /** By the key of the address. */
  readonly addresses: BudgetsByKey<string>;
  /** Budgets of answers, by user. */
  readonly readsOfUsers: BudgetsByKey<UserId>;
  /** Rooms begun, by the key of the address. */
  readonly newRooms: BudgetsByKey<string>;
  /** Budgets of answers, by the key of the address. */
  readonly readsOfAddresses: BudgetsByKey<string>;
  /** Budget of all answers of the worker. */
  readonly reads: Budget;
  /** Counts refused messages. */
  readonly refused: Counter;

  /** Starts with full budgets. @param refused See {@linkcode refused}. */
  constructor(settings: BudgetSettings, refused: Counter = new Counter()) {
    this.refused = refused;
    this.table = budgetTable(settings);
    this.addresses = new BudgetsByKey(this.table.address);
    this.newRooms = new BudgetsByKey(this.table.newRoomsOfAddress);
    this.readsOfUsers = new BudgetsByKey(this.table.readOfUser);
    this.readsOfAddresses = new BudgetsByKey(this.table.readOfAddress);
    this.reads = new Budget(this.table.readOfWorker);
  }
}

/** Not done; try again later. */
export interface Refused {
  /** Milliseconds to wait before trying again. */
  readonly afterMs: number;
}

/** After this time, everything has arrived that was sent before its sender was told to wait. */
const IN_FLIGHT_MS = 1_000;

/** The outcome for one message: granted, refused, or refused once too often. */
export type Leave = "granted" | Refused | "forfeited";

/** What one connection may send. Most connections only listen, so a budget is created when it is first used. */
export class Allowance {
  readonly #limits: ConnectionLimits;
  readonly #address: string | undefined;
  #own: Budget | undefined;
  #patience: Budget | undefined;
  #wait: { readonly toldAt: number; readonly until: number } | undefined;

  /** Starts with a full budget. @param address The key of its address; undefined if that has no limit. */
  constructor(limits: ConnectionLimits, address?: string) {
    this.#limits = limits;
    this.#address = address;
  }

  /**
   * Requests permission for one message.
   *
   * @param now Milliseconds on any scale that does not go back.
   * @param bytes The cost.
   * @param dropped Bytes charged to patience if it is refused: the message and everything dropped with it.
   */
  ask(now: number, bytes: number, dropped: number = bytes): Leave {
    const { table, addresses } = this.#limits;
    const own = this.#own ??= new Budget(table.connection);
    const shared = this.#address === undefined ? undefined : addresses.of(this.#address, now);
    const ownMs = own.msUntil(now, 1, bytes);
    const afterMs = Math.max(ownMs, shared?.msUntil(now, 1, bytes) ?? 0);
    if (afterMs > 0) this.#limits.refused.add();
    if (ownMs > 0) return this.#refuse(now, dropped, afterMs);
    // Also if it is refused: a connection that keeps exceeding its own rate soon exceeds its own limit.
    own.charge(now, 1, afterMs > 0 ? dropped : bytes);
    if (afterMs > 0) return { afterMs };
    shared?.charge(now, 1, bytes);
    return "granted";
  }

  /** Charges a granted message as several more; the budget may go into debt. */
  charge(now: number, messages: number): void {
    const { table, addresses } = this.#limits;
    (this.#own ??= new Budget(table.connection)).charge(now, messages, 0);
    if (this.#address !== undefined) addresses.of(this.#address, now).charge(now, messages, 0);
  }

  /**
   * Tells the client to wait before it repeats a request. Repeating it sooner costs patience, except for requests that may
   * have been under way already: a client that comes back to thirty rooms asks for all of them at once.
   */
  wait(now: number, afterMs: number): Refused | "forfeited" {
    const { toldAt, until } = this.#wait ?? { toldAt: -Infinity, until: -Infinity };
    if (now >= until) this.#wait = { toldAt: now, until: now + afterMs };
    else if (now - toldAt >= IN_FLIGHT_MS) return this.#refuse(now, 0, afterMs);
    return { afterMs };
  }

  /** Asks leave to begin a room: 0 if it is granted, or else how many milliseconds to wait. */
  beginRoom(now: number): number {
    if (this.#address === undefined) return 0;
    const budget = this.#limits.newRooms.of(this.#address, now);
    const waitMs = budget.msUntil(now, 1, 0);
    if (waitMs === 0) budget.charge(now, 1, 0);
    else this.#limits.refused.add();
    return waitMs;
  }

  #refuse(now: number, bytes: number, afterMs: number): Refused | "forfeited" {
    const patience = this.#patience ??= new Budget(this.#limits.table.patience);
    return patience.take(now, 1, bytes) ? { afterMs } : "forfeited";
  }
}
