/**
 * What one connection may read of the logs. An answer can be a hundred thousand times as long as the request for it, so
 * requests alone limit nothing: a read begins when the peer has taken most of what it was sent before, in its turn among
 * all connections of the isolate, and its answer is charged by its size. What a newcomer would get wrong: a join waits for
 * the store as long as it takes, so it must not use up the turns of those who ask and want to be refused at once.
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
  /** Reads that are under way, with a lane for each connection. */
  readonly readTurns: Turns;
  /** How much may be read. */
  readonly limits: ConnectionLimits;
}

/** Reads of one isolate that are under way at a time. */
export const MAX_READS_PER_ISOLATE = 16;
/** Joins of one connection that read at a time, and as many other requests. */
const MAX_READS = 2;
/** Requests of one connection that wait for their turn. */
const MAX_WAITING = 32;
/** What is too much at once may be asked for again after so long. */
const FULL_MS = 1_000;
/** A shorter answer costs nothing but its request. */
const FREE_BYTES = 4_096;
/** Does not abort: these waits are short. */
const NEVER = new AbortController().signal;

/** Whose reads they are. */
export interface ReaderOwner {
  /** Who reads. */
  readonly user: UserId;
  /** The key of the address; undefined where it has no limit of its own. */
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

  /** Nothing was read yet. */
  constructor(context: ReaderContext, { user, address, voice }: ReaderOwner) {
    this.#context = context;
    this.#user = user;
    this.#address = address;
    this.#voice = voice;
  }

  /** After how many milliseconds the next read may be asked for; 0 where it may be asked for now. */
  get waitMs(): number {
    return this.#requests.waiting >= MAX_WAITING ? FULL_MS : this.#debtMs;
  }

  /** Does what answers a request, in its turn. @param answer Reads from the store. */
  async answer<T>(answer: () => Promise<T>): Promise<T> {
    using _turn = await this.#requests.take();
    await this.#voice.drained();
    return await this.read(answer);
  }

  /**
   * Resolves when a join may read its next portion, to be disposed when that is sent. Portions are not refused but wait
   * until the ones before are paid for: whoever has been let in gets all of it.
   */
  async portion(ending: Ending): Promise<Disposable> {
    const turn = await this.#joins.take();
    await this.#voice.drained();
    const debtMs = ending.aborted ? 0 : this.#debtMs;
    if (debtMs > 0) await this.#context.clock.sleep(debtMs, ending.signal);
    return turn;
  }

  /** Reads from the store when it is this connection's turn, and the isolate has not read too much already. */
  async read<T>(reading: () => Promise<T>): Promise<T> {
    const { clock, limits, readTurns } = this.#context;
    using _turn = await readTurns.take(this);
    const waitMs = limits.reads.msUntil(clock.now(), 0, 1);
    // The turn is kept meanwhile, so that the order holds.
    if (waitMs > 0) await clock.sleep(waitMs, NEVER);
    return await reading();
  }

  /** Charges an answer. @param bytes About how long it was. */
  charge(bytes: number): void {
    // Most connections join and then only listen: they need no budget.
    if (bytes < FREE_BYTES) return;
    const { clock, limits: { table, readsOfUsers, readsOfAddresses, reads } } = this.#context;
    const user = this.#user, address = this.#address;
    const now = clock.now();
    const budgets = [this.#budget ??= new Budget(table.read), readsOfUsers.of(user, now), reads];
    if (address !== undefined) budgets.push(readsOfAddresses.of(address, now));
    for (const budget of budgets) budget.charge(now, 0, bytes);
  }

  /** Until this connection, its user and its address are out of debt. */
  get #debtMs(): number {
    const { clock, limits: { readsOfUsers, readsOfAddresses } } = this.#context;
    const user = this.#user, address = this.#address;
    const ofAddress = address === undefined ? undefined : readsOfAddresses.peek(address);
    const now = clock.now();
    const budgets = [this.#budget, readsOfUsers.peek(user), ofAddress];
    return Math.max(...budgets.map((budget) => budget?.msUntil(now, 0, 1) ?? 0));
  }
}
