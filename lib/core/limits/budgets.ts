/**
 * The budgets of the service: how many messages and bytes each connection, address, user and room may send. All rates
 * are in one table and derive from two settings, so that raising a setting raises everything that depends on it. The
 * defaults are far above what people in a team send; `tests/core/limits/budgets_test.ts` lists what must pass.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { connection } = budgetTable({ messagesPerSecond: 10, bytesPerSecond: 32_768 });
 * const budget = new Budget(connection);
 * assert.equal(budget.msUntil(0, 30, 60_000), 0);
 * budget.charge(0, 30, 60_000);
 * assert.equal(budget.msUntil(0, 1, 20), 100);
 * ```
 * @module
 */
import { type Rate, TokenBucket } from "./token_bucket.ts";

/** The rates of one budget; undefined for no limit. */
export interface BudgetRates {
  /** In messages; every frame of a WebSocket message is one. */
  readonly messages: Rate | undefined;
  /** In bytes of UTF-8. */
  readonly bytes: Rate | undefined;
}

/** The rates of all budgets of a service; see {@linkcode budgetTable}. */
export interface BudgetTable {
  /** What one connection may send. */
  readonly connection: BudgetRates;
  /** What one connection may keep sending after `slow_down` before it is closed. */
  readonly strikes: BudgetRates;
  /** What all connections of one address may send to one worker. */
  readonly address: BudgetRates;
  /** How many rooms all connections of one address to one worker may create, by the first message in each. */
  readonly newRoomsOfAddress: BudgetRates;
  /** How many messages all connections of one address to one worker may report. */
  readonly reportsOfAddress: BudgetRates;
  /** How many tokens of all connections of one address to one worker may be refused. */
  readonly badTokensOfAddress: BudgetRates;
  /** How many tickets one worker may issue to one user. */
  readonly ticketsOfUser: BudgetRates;
  /** How many requests about members one worker may carry out for one user. */
  readonly directoryRequestsOfUser: BudgetRates;
  /** How often one user may open rooms through one worker, and change who is in one. */
  readonly roomRequestsOfUser: BudgetRates;
  /** How many rooms with settings or members one user may create through one worker. */
  readonly createdRoomsOfUser: BudgetRates;
  /** The same for all connections of one address. */
  readonly createdRoomsOfAddress: BudgetRates;
  /** How often one worker may list rooms, or the members of one, for one user. */
  readonly roomListsOfUser: BudgetRates;
  /** The same for all connections of one address. */
  readonly roomListsOfAddress: BudgetRates;
  /** How often one worker may change the name of one member: all nodes read the names again. */
  readonly renamesOfMember: BudgetRates;
  /** What one user may publish through this process, on all connections together. */
  readonly user: BudgetRates;
  /** What one room may receive through this process, at the costs of {@linkcode roomCost}. */
  readonly room: BudgetRates;
  /** The size of the answers that one connection may request. */
  readonly read: BudgetRates;
  /** The same for all connections of one user to one worker. */
  readonly readOfUser: BudgetRates;
  /** The same for all connections of one address to one worker. */
  readonly readOfAddress: BudgetRates;
  /** The same for all connections to one worker. Above it, reads wait; they are not refused. */
  readonly readOfWorker: BudgetRates;
}

/** The settings that all rates follow from; 0 switches a dimension off. */
export interface BudgetSettings {
  /** MESSAGES_PER_SECOND: what one connection may send. */
  readonly messagesPerSecond: number;
  /** BYTES_PER_SECOND: what one connection may send, in UTF-8. */
  readonly bytesPerSecond: number;
}

/** A rate and a burst, both as multiples of the setting. */
type Multiples = readonly [perSecond: number, burst: number];

function scaled(setting: number, [perSecond, burst]: Multiples): Rate | undefined {
  if (setting === 0) return undefined;
  return { perSecond: setting * perSecond, burst: Math.max(1, setting * burst) };
}

/** Derives all budgets from the settings. */
export function budgetTable(settings: BudgetSettings): BudgetTable {
  const { messagesPerSecond, bytesPerSecond } = settings;
  const rates = (messages: Multiples, bytes: Multiples): BudgetRates => ({
    messages: scaled(messagesPerSecond, messages),
    bytes: scaled(bytesPerSecond, bytes),
  });
  const reads = (bytes: Multiples): BudgetRates => ({
    messages: undefined,
    bytes: scaled(bytesPerSecond, bytes),
  });
  return {
    // A pasted text of 60 KB takes up to 360 KB where all of it is escaped.
    connection: rates([1, 3], [1, 16]),
    strikes: rates([0.1, 3], [0.1, 16]),
    // An office of 200 people who all reconnect at once to about 30 rooms. In bytes that is little, so a client that is
    // closed and reconnects again and again gets no more than four connections get.
    address: rates([50, 1_000], [8, 64]),
    // A program that sets up 200 rooms. At this rate MAX_ROOMS_TOTAL lasts for more than a day.
    newRoomsOfAddress: { messages: scaled(messagesPerSecond, [0.1, 20]), bytes: undefined },
    // With Redis, the room of the reports keeps 1,000 by default: one address needs more than an hour to replace them.
    reportsOfAddress: { messages: scaled(messagesPerSecond, [0.02, 2]), bytes: undefined },
    // An office whose tokens have all expired while the app was down.
    badTokensOfAddress: { messages: scaled(messagesPerSecond, [0.1, 20]), bytes: undefined },
    // One for each connection: 60 tabs that reconnect at once.
    ticketsOfUser: { messages: scaled(messagesPerSecond, [0.1, 6]), bytes: undefined },
    // Each reads all invites; a person makes a few.
    directoryRequestsOfUser: { messages: scaled(messagesPerSecond, [0.02, 3]), bytes: undefined },
    // A person adds a team of 30 at once.
    roomRequestsOfUser: { messages: scaled(messagesPerSecond, [0.02, 3]), bytes: undefined },
    // Rooms that have settings or members do not expire. A person writes to 20 others on the first day.
    createdRoomsOfUser: { messages: scaled(messagesPerSecond, [0.002, 2]), bytes: undefined },
    createdRoomsOfAddress: { messages: scaled(messagesPerSecond, [0.01, 10]), bytes: undefined },
    // Each reads up to 200 rooms. A client lists them when it connects, and when it is told of a new one.
    roomListsOfUser: { messages: scaled(messagesPerSecond, [0.02, 1]), bytes: undefined },
    // The office that reconnects: those who are refused ask again.
    roomListsOfAddress: { messages: scaled(messagesPerSecond, [0.1, 10]), bytes: undefined },
    renamesOfMember: { messages: scaled(messagesPerSecond, [0.01, 1]), bytes: undefined },
    // A phone and a laptop that reconnect at the same time.
    user: rates([1, 6], [1, 16]),
    // The burst is far below MAX_BUFFERED_BYTES, and delivering it takes a worker less than a tenth of a second.
    room: rates([20, 60], [4, 8]),
    read: reads([8, 128]),
    readOfUser: reads([8, 256]),
    // The same office: 320 KiB for each when all of them reconnect.
    readOfAddress: reads([64, 2_048]),
    // A fraction of what a worker can read and send in a second.
    readOfWorker: reads([512, 1_024]),
  };
}

/** A message in a room with more people than this costs more than one. */
const PEOPLE_PER_MESSAGE = 1_000;
/** A byte in a room with more people than this costs more than one. */
export const PEOPLE_PER_BYTE = 100;

/** The cost of a text to its room: the bytes to deliver grow with the number of members. */
export function roomCost(bytes: number, people: number): { messages: number; bytes: number } {
  return {
    messages: Math.max(1, people / PEOPLE_PER_MESSAGE),
    bytes: bytes * Math.max(1, people / PEOPLE_PER_BYTE),
  };
}

/** One budget. Its buckets are created when they are first charged, since most connections never send. */
export class Budget {
  readonly #rates: BudgetRates;
  #messages: TokenBucket | undefined;
  #bytes: TokenBucket | undefined;

  /** Starts full. */
  constructor(rates: BudgetRates) {
    this.#rates = rates;
  }

  /** Milliseconds until both costs fit; 0 if they do now. @param now Milliseconds; must not decrease. */
  msUntil(now: number, messages: number, bytes: number): number {
    // A debt in one dimension does not delay what costs nothing there.
    const first = messages > 0 ? this.#messages?.msUntil(now, messages) ?? 0 : 0;
    return bytes > 0 ? Math.max(first, this.#bytes?.msUntil(now, bytes) ?? 0) : first;
  }

  /** Charges both costs, going into debt if they do not fit. @param now Milliseconds; must not decrease. */
  charge(now: number, messages: number, bytes: number): void {
    const { messages: messageRate, bytes: byteRate } = this.#rates;
    if (messageRate && messages > 0) {
      (this.#messages ??= new TokenBucket(messageRate, now)).charge(now, messages);
    }
    if (byteRate && bytes > 0) {
      (this.#bytes ??= new TokenBucket(byteRate, now)).charge(now, bytes);
    }
  }

  /** Charges both costs if they fit. @param now Milliseconds; must not decrease. */
  take(now: number, messages: number, bytes: number): boolean {
    if (this.msUntil(now, messages, bytes) > 0) return false;
    this.charge(now, messages, bytes);
    return true;
  }

  /** Whether the budget is as good as a new one. */
  isFull(now: number): boolean {
    return (this.#messages?.isFull(now) ?? true) && (this.#bytes?.isFull(now) ?? true);
  }
}

/** With fewer budgets, a sweep for full ones is not worth its cost. */
const SWEEP_SIZE = 1_024;

/** One budget per key. A full one is dropped, so the number kept is bounded by the number of recent senders. */
export class BudgetsByKey<K> {
  readonly #rates: BudgetRates;
  readonly #budgets = new Map<K, Budget>();
  #sweepSize = SWEEP_SIZE;

  /** Starts without budgets. */
  constructor(rates: BudgetRates) {
    this.#rates = rates;
  }

  /** Number of budgets kept. */
  get size(): number {
    return this.#budgets.size;
  }

  /** The budget of a key, if it was ever charged. As with {@linkcode of}, use it at once and do not keep it. */
  peek(key: K): Budget | undefined {
    return this.#budgets.get(key);
  }

  /** The budget of a key. Use it at once and do not keep it. @param now Milliseconds; must not decrease. */
  of(key: K, now: number): Budget {
    const known = this.#budgets.get(key);
    if (known) return known;
    if (this.#budgets.size >= this.#sweepSize) this.#sweep(now);
    const budget = new Budget(this.#rates);
    this.#budgets.set(key, budget);
    return budget;
  }

  // The next sweep waits until the number has doubled, so that its cost per budget is constant.
  #sweep(now: number): void {
    for (const [key, budget] of this.#budgets) if (budget.isFull(now)) this.#budgets.delete(key);
    this.#sweepSize = Math.max(SWEEP_SIZE, 2 * this.#budgets.size);
  }
}
