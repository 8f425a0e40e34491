/**
 * What one connection may read from the logs. An answer can be a hundred thousand times as long as its request, so a limit
 * of requests is not enough: a read starts when the peer has taken most of what it was sent before, takes turns with the
 * other connections of the isolate, and is charged by the size of its answer. What a newcomer would get wrong: a join waits
 * for an unavailable store, so joins must not use up the turns of requests, which are refused at once.
 * @module
 */
import type { ConnectionLimits } from "../core/allowance.ts";
import { Budget } from "../core/budgets.ts";
import type { UserId } from "../core/entries.ts";
import type { Clock } from "./clock.ts";
import type { Ending } from "./patience.ts";
import { Turns } from "./turns.ts";

/** What all readers of an isolate share. */
export interface ReaderContext {
  /** For the budget. */
  readonly clock: Clock;
  /** Turns for reads, with a lane for each connection. */
  readonly readTurns: Turns;
  /** The budgets. */
  readonly limits: ConnectionLimits;
}

/** Concurrent reads of one isolate. */
export const MAX_READS_PER_ISOLATE = 16;
/** Concurrent reads of one connection: this many joins, and this many other requests. */
const MAX_READS = 2;
/** Requests of one connection that wait for their turn. */
const MAX_WAITING = 32;
/** Wait told to a client whose queue of requests is full. */
const FULL_MS = 1_000;
/** Shorter answers are not charged. */
const FREE_BYTES = 4_096;
/** Never aborts: these waits are short. */
const NEVER = new AbortController().signal;

/** The owner of a reader. */
export interface ReaderOwner {
  /** Who reads. */
  readonly user: UserId;
  /** The key of the address; undefined if it has no limit. */
  readonly address: string | undefined;
  /** The connection. */
  readonly voice: Drain;
}

/** Where answers go. */
export interface Drain {
  /** Resolves when the peer has taken most of what it was sent. */
  drained(): Promise<void>;
}

/** One connection's reads. */
export class Reader {
  readonly #context: ReaderContext;
  readonly #voice: Drain;
  readonly #user: UserId;
  readonly #address: string | undefined;
  readonly #joins = new Turns(MAX_READS);
  readonly #requests = new Turns(MAX_READS);
  #budget: Budget | undefined;

  /** Starts with full budgets. */
  constructor(context: ReaderContext, { user, address, voice }: ReaderOwner) {
    this.#context = context;
    this.#user = user;
    this.#address = address;
    this.#voice = voice;
  }

  /** Milliseconds until the next request is accepted; 0 if it is now. */
  get waitMs(): number {
    return this.#requests.waiting >= MAX_WAITING ? FULL_MS : this.#debtMs;
  }

  /** Answers a request in its turn. @param answer Reads from the store. */
  async answer<T>(answer: () => Promise<T>): Promise<T> {
    using _turn = await this.#requests.take();
    await this.#voice.drained();
    return await this.read(answer);
  }

  /**
   * Resolves when a join may read its next portion; dispose the result when the portion is sent. Portions are not refused:
   * they wait until the earlier ones are paid for, so a member that joins gets all of its missed entries.
   */
  async portion(ending: Ending): Promise<Disposable> {
    const turn = await this.#joins.take();
    await this.#voice.drained();
    const debtMs = ending.aborted ? 0 : this.#debtMs;
    if (debtMs > 0) await this.#context.clock.sleep(debtMs, ending.signal);
    return turn;
  }

  /** Reads from the store when it is this connection's turn and the isolate's budget allows it. */
  async read<T>(reading: () => Promise<T>): Promise<T> {
    const { clock, limits, readTurns } = this.#context;
    using _turn = await readTurns.take(this);
    const waitMs = limits.reads.msUntil(clock.now(), 0, 1);
    // The turn is held while waiting, to keep the order.
    if (waitMs > 0) await clock.sleep(waitMs, NEVER);
    return await reading();
  }

  /** Charges an answer. @param bytes Its approximate length. */
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
