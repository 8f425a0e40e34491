/**
 * Limits what one connection may read from the logs. A response can be a hundred thousand times as long as its request,
 * so limiting requests is not enough: a read starts when the peer has read most of what it was sent, takes turns with
 * the other connections of the worker, and is charged by the size of its response. Do not let joins use the turns of
 * requests: a join waits for an unavailable store, while requests are refused at once.
 * @module
 */
import type { SharedBudgets } from "../core/limits/rate_limiter.ts";
import { Budget } from "../core/limits/budgets.ts";
import type { UserId } from "../core/log/entry.ts";
import type { Clock } from "./ports/clock.ts";
import type { Cancellation } from "./retry.ts";
import { ConcurrencyLimit } from "./concurrency_limit.ts";

/** What all readers of a worker share. */
export interface LogReaderContext {
  /** Current time for the budgets, and waits until a read fits into them. */
  readonly clock: Clock;
  /** Turns for reads, with a lane for each connection. */
  readonly readLimit: ConcurrencyLimit;
  /** Holds the read budgets of the worker, of each user and of each address. */
  readonly limits: SharedBudgets;
}

/** Maximum number of concurrent reads of one worker. */
export const MAX_READS_PER_WORKER = 16;
/** Maximum number of concurrent reads of one connection: this many joins, and this many other requests. */
const MAX_READS_PER_CONNECTION = 2;
/** Maximum number of requests of one connection waiting for their turn. */
const MAX_WAITING = 32;
/** Wait reported to a client whose request queue is full. */
const QUEUE_FULL_WAIT_MS = 1_000;
/** Shorter responses are not charged. */
const FREE_BYTES = 4_096;
/** Never aborts: these waits are short. */
const NEVER_ABORTS = new AbortController().signal;

/** The connection whose reads are limited, and whom they are charged to. */
export interface LogReaderOwner {
  /** Charged together with the user's other connections to this worker. */
  readonly user: UserId;
  /** The key under which the address is charged; undefined if it has no limits. */
  readonly address: string | undefined;
  /** Receives the responses. Reads wait until the peer has read most of what it was sent. */
  readonly output: DrainableOutput;
}

/** Where responses are sent. */
export interface DrainableOutput {
  /** Resolves when the peer has read most of what it was sent. */
  whenDrained(): Promise<void>;
}

/** Paces, queues and charges the reads of one connection. */
export class LogReader {
  readonly #context: LogReaderContext;
  readonly #output: DrainableOutput;
  readonly #user: UserId;
  readonly #address: string | undefined;
  readonly #joinLimit = new ConcurrencyLimit(MAX_READS_PER_CONNECTION);
  readonly #requestLimit = new ConcurrencyLimit(MAX_READS_PER_CONNECTION);
  #budget: Budget | undefined;

  /** Starts with full budgets. */
  constructor(context: LogReaderContext, { user, address, output }: LogReaderOwner) {
    this.#context = context;
    this.#user = user;
    this.#address = address;
    this.#output = output;
  }

  /** Milliseconds until the next request is accepted; 0 if it is now. */
  get waitMs(): number {
    return this.#requestLimit.waiting >= MAX_WAITING ? QUEUE_FULL_WAIT_MS : this.#debtMs;
  }

  /** Runs a request's read in its turn. @param fn Reads from the store. */
  async readForRequest<T>(fn: () => Promise<T>): Promise<T> {
    using _turn = await this.#requestLimit.acquire();
    await this.#output.whenDrained();
    return await this.read(fn);
  }

  /**
   * Resolves when a join may read its next chunk; dispose the result when the chunk is sent. Chunks are not refused:
   * they wait until the earlier ones are paid for, so a joining subscriber receives all of its missed entries.
   */
  async acquireJoinTurn(cancellation: Cancellation): Promise<Disposable> {
    const turn = await this.#joinLimit.acquire();
    await this.#output.whenDrained();
    const debtMs = cancellation.aborted ? 0 : this.#debtMs;
    if (debtMs > 0) await this.#context.clock.sleep(debtMs, cancellation.signal);
    return turn;
  }

  /** Reads from the store when it is this connection's turn and the worker's budget allows it. */
  async read<T>(fn: () => Promise<T>): Promise<T> {
    const { clock, limits, readLimit } = this.#context;
    using _turn = await readLimit.acquire(this);
    const waitMs = limits.reads.msUntil(clock.now(), 0, 1);
    // Keep the turn while waiting, to preserve the order.
    if (waitMs > 0) await clock.sleep(waitMs, NEVER_ABORTS);
    return await fn();
  }

  /** Charges a response. @param bytes Its approximate length. */
  charge(bytes: number): void {
    // Most connections only join and listen, and need no budget.
    if (bytes < FREE_BYTES) return;
    const { clock, limits: { table, readsOfUsers, readsOfAddresses, reads } } = this.#context;
    const user = this.#user, address = this.#address;
    const now = clock.now();
    const budgets = [this.#budget ??= new Budget(table.read), readsOfUsers.of(user, now), reads];
    if (address !== undefined) budgets.push(readsOfAddresses.of(address, now));
    for (const budget of budgets) budget.charge(now, 0, bytes);
  }

  /** Milliseconds until this connection, its user and its address are out of debt. */
  get #debtMs(): number {
    const { clock, limits: { readsOfUsers, readsOfAddresses } } = this.#context;
    const user = this.#user, address = this.#address;
    const ofAddress = address === undefined ? undefined : readsOfAddresses.peek(address);
    const now = clock.now();
    const budgets = [this.#budget, readsOfUsers.peek(user), ofAddress];
    return Math.max(...budgets.map((budget) => budget?.msUntil(now, 0, 1) ?? 0));
  }
}
