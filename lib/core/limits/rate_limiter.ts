/**
 * Rate limits of one connection. A message above the connection's own rate is refused and counts as a strike; a
 * connection with too many strikes is closed. So a person who types too fast only receives `slow_down`, and a program
 * that keeps sending is disconnected. The budget of the address refuses messages too, but without strikes: a connection
 * that keeps to its own rate is never closed for what others send.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const limits = new SharedBudgets({ messagesPerSecond: 1, bytesPerSecond: 100 });
 * const limiter = new RateLimiter(limits);
 * const decisions = Array.from({ length: 7 }, () => limiter.check(0, 10));
 * assert.equal(decisions[2], "allowed");
 * assert.deepEqual(decisions[3], { afterMs: 1000 });
 * assert.equal(decisions[6], "exceeded");
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
import type { UserId } from "../log/entry.ts";
import { Counter } from "../metrics/metrics.ts";

/** The budgets that all connections of one worker share. */
export class SharedBudgets {
  /** The rates of all budgets, also of those that each connection has of its own. */
  readonly table: BudgetTable;
  /** Messages received, by the key of the address. */
  readonly addresses: BudgetsByKey<string>;
  /** Budgets of answers, by user. */
  readonly readsOfUsers: BudgetsByKey<UserId>;
  /** Created rooms, by the key of the address. */
  readonly newRooms: BudgetsByKey<string>;
  /** Reports of messages, by the key of the address. */
  readonly reports: BudgetsByKey<string>;
  /** Budgets of answers, by the key of the address. */
  readonly readsOfAddresses: BudgetsByKey<string>;
  /** Refused tokens, by the key of the address. */
  readonly #badTokens: BudgetsByKey<string>;
  /** Issued tickets, by user. */
  readonly #tickets: BudgetsByKey<UserId>;
  readonly #directoryRequests: BudgetsByKey<UserId>;
  readonly #memberRenames: BudgetsByKey<UserId>;
  readonly #roomRequests: BudgetsByKey<UserId>;
  readonly #roomLists: BudgetsByKey<UserId>;
  readonly #createdRooms: BudgetsByKey<UserId>;
  /** Rooms that were created with settings or members, by the key of the address. */
  readonly createdRoomsOfAddresses: BudgetsByKey<string>;
  /** Lists of rooms, by the key of the address. */
  readonly roomListsOfAddresses: BudgetsByKey<string>;
  /** Budget of all answers of the worker. */
  readonly reads: Budget;
  /** Counts refused messages. */
  readonly refused: Counter;
  readonly #refusedTokens: Counter;

  /**
   * Starts with full budgets.
   *
   * @param refused See {@linkcode refused}.
   * @param refusedTokens Counts refused access tokens and tickets.
   */
  constructor(
    settings: BudgetSettings,
    refused: Counter = new Counter(),
    refusedTokens: Counter = new Counter(),
  ) {
    this.refused = refused;
    this.#refusedTokens = refusedTokens;
    this.table = budgetTable(settings);
    this.addresses = new BudgetsByKey(this.table.address);
    this.newRooms = new BudgetsByKey(this.table.newRoomsOfAddress);
    this.reports = new BudgetsByKey(this.table.reportsOfAddress);
    this.readsOfUsers = new BudgetsByKey(this.table.readOfUser);
    this.readsOfAddresses = new BudgetsByKey(this.table.readOfAddress);
    this.reads = new Budget(this.table.readOfWorker);
    this.#badTokens = new BudgetsByKey(this.table.badTokensOfAddress);
    this.#tickets = new BudgetsByKey(this.table.ticketsOfUser);
    this.#directoryRequests = new BudgetsByKey(this.table.directoryRequestsOfUser);
    this.#memberRenames = new BudgetsByKey(this.table.renamesOfMember);
    this.#roomRequests = new BudgetsByKey(this.table.roomRequestsOfUser);
    this.#roomLists = new BudgetsByKey(this.table.roomListsOfUser);
    this.#createdRooms = new BudgetsByKey(this.table.createdRoomsOfUser);
    this.createdRoomsOfAddresses = new BudgetsByKey(this.table.createdRoomsOfAddress);
    this.roomListsOfAddresses = new BudgetsByKey(this.table.roomListsOfAddress);
  }

  /** Milliseconds that an address has to wait before another token of it is checked; 0 for none. */
  checkBadTokens(address: string | undefined, now: number): number {
    return address === undefined ? 0 : this.#badTokens.peek(address)?.msUntil(now, 1, 0) ?? 0;
  }

  /** Counts a refused token, and charges its address. */
  chargeBadToken(address: string | undefined, now: number): void {
    this.#refusedTokens.add();
    if (address !== undefined) this.#badTokens.of(address, now).charge(now, 1, 0);
  }

  /** Requests permission to issue a ticket to a user: returns 0, or the milliseconds to wait. */
  checkTicket(user: UserId, now: number): number {
    return takeOne(this.#tickets, user, now);
  }

  /** Requests permission for a request about members: returns 0, or the milliseconds to wait. */
  checkDirectoryRequest(user: UserId, now: number): number {
    return takeOne(this.#directoryRequests, user, now);
  }

  /** Requests permission to create a room that does not expire: returns 0, or the milliseconds to wait. */
  checkCreatedRoom(user: UserId, now: number): number {
    return takeOne(this.#createdRooms, user, now);
  }

  /** Requests permission to open a room, or to change who is in one: returns 0, or the milliseconds to wait. */
  checkRoomRequest(user: UserId, now: number): number {
    return takeOne(this.#roomRequests, user, now);
  }

  /** Requests permission to list rooms, or the members of one: returns 0, or the milliseconds to wait. */
  checkRoomList(user: UserId, now: number): number {
    return takeOne(this.#roomLists, user, now);
  }

  /** Requests permission to change the name of a member: returns 0, or the milliseconds to wait. */
  checkMemberRename(user: UserId, now: number): number {
    return takeOne(this.#memberRenames, user, now);
  }
}

function takeOne<K extends string>(budgets: BudgetsByKey<K>, key: K, now: number): number {
  const budget = budgets.of(key, now);
  const waitMs = budget.msUntil(now, 1, 0);
  if (waitMs === 0) budget.charge(now, 1, 0);
  return waitMs;
}

/** Refused: try again later. */
export interface RateLimited {
  /** Milliseconds to wait before trying again. */
  readonly afterMs: number;
}

/** After this time, everything that a client sent before it received `slow_down` has arrived. */
const IN_FLIGHT_MS = 1_000;

/** The decision on one message. After `exceeded`, close the connection. */
export type RateDecision = "allowed" | RateLimited | "exceeded";

/** Rate limits of one connection. Most connections only listen, so budgets are created when first used. */
export class RateLimiter {
  readonly #budgets: SharedBudgets;
  readonly #address: string | undefined;
  #own: Budget | undefined;
  #strikes: Budget | undefined;
  #retryWindow: { readonly since: number; readonly until: number } | undefined;

  /** Starts with a full budget. @param address The key of its address; undefined if that has no limit. */
  constructor(limits: SharedBudgets, address?: string) {
    this.#budgets = limits;
    this.#address = address;
  }

  /**
   * Requests permission for one message.
   *
   * @param now Milliseconds on any scale that does not decrease.
   * @param bytes Size of the message.
   * @param dropped Bytes charged as a strike if it is refused: the message and everything dropped with it.
   */
  check(now: number, bytes: number, dropped: number = bytes): RateDecision {
    const { table, addresses } = this.#budgets;
    const own = this.#own ??= new Budget(table.connection);
    const shared = this.#address === undefined ? undefined : addresses.of(this.#address, now);
    const ownMs = own.msUntil(now, 1, bytes);
    const afterMs = Math.max(ownMs, shared?.msUntil(now, 1, bytes) ?? 0);
    if (afterMs > 0) this.#budgets.refused.add();
    if (ownMs > 0) return this.#strike(now, dropped, afterMs);
    // Charge even if the address refuses it: a connection that keeps sending anyway soon exceeds its own rate.
    own.charge(now, 1, afterMs > 0 ? dropped : bytes);
    if (afterMs > 0) return { afterMs };
    shared?.charge(now, 1, bytes);
    return "allowed";
  }

  /** Charges further messages for an allowed one; the budget may go into debt. */
  charge(now: number, messages: number): void {
    const { table, addresses } = this.#budgets;
    (this.#own ??= new Budget(table.connection)).charge(now, messages, 0);
    if (this.#address !== undefined) addresses.of(this.#address, now).charge(now, messages, 0);
  }

  /**
   * Makes the client wait before it repeats a request. Repeating it sooner is a strike, except for requests that may
   * have been in flight already: a client that reconnects to thirty rooms joins all of them at once.
   */
  retryAfter(now: number, afterMs: number): RateLimited | "exceeded" {
    const { since, until } = this.#retryWindow ?? { since: -Infinity, until: -Infinity };
    if (now >= until) this.#retryWindow = { since: now, until: now + afterMs };
    else if (now - since >= IN_FLIGHT_MS) return this.#strike(now, 0, afterMs);
    return { afterMs };
  }

  /** Requests permission to create a room: returns 0, or the milliseconds to wait. */
  checkNewRoom(now: number): number {
    return this.#takeOne(this.#budgets.newRooms, now);
  }

  /** Requests permission to report a message: returns 0, or the milliseconds to wait. */
  checkReport(now: number): number {
    return this.#takeOne(this.#budgets.reports, now);
  }

  /** Requests permission to create a room that does not expire, as far as the address goes: 0, or the milliseconds to wait. */
  checkCreatedRoom(now: number): number {
    return this.#takeOne(this.#budgets.createdRoomsOfAddresses, now);
  }

  /** Requests permission to list rooms, as far as the address goes: returns 0, or the milliseconds to wait. */
  checkRoomList(now: number): number {
    return this.#takeOne(this.#budgets.roomListsOfAddresses, now);
  }

  #takeOne(budgets: BudgetsByKey<string>, now: number): number {
    const waitMs = this.#address === undefined ? 0 : takeOne(budgets, this.#address, now);
    if (waitMs > 0) this.#budgets.refused.add();
    return waitMs;
  }

  #strike(now: number, bytes: number, afterMs: number): RateLimited | "exceeded" {
    const strikes = this.#strikes ??= new Budget(this.#budgets.table.strikes);
    return strikes.take(now, 1, bytes) ? { afterMs } : "exceeded";
  }
}
