/**
 * Everything that one simulation shares: the dice, the clock, the Redis, the running nodes and the list of violations.
 * @module
 */
import type { RoomId } from "../../../lib/core/names/names.ts";
import type { BatchPolicy } from "../../../lib/core/limits/batch_window.ts";
import type { Retention } from "../../../lib/core/log/retention.ts";
import { RECEIPTS_MS } from "../../../lib/core/log/room_log.ts";
import type { UsedTokens } from "../../../lib/chat/ports/used_tokens.ts";
import { MemoryUsedTokens } from "../../../lib/io/auth/memory_used_tokens.ts";
import { room } from "../../support/fakes.ts";
import { Dice } from "./dice.ts";
import { ModerationOracle } from "../oracles/moderation_oracle.ts";
import type { Mutant } from "./mutant.ts";
import { PrivacyChecks } from "../oracles/privacy_checks.ts";
import { PrivacyOracle } from "../oracles/privacy_oracle.ts";
import type { BusContext } from "./sim_bus.ts";
import { SimDirectory } from "./sim_directory.ts";
import { SimClock } from "./sim_clock.ts";
import { SimNode } from "./sim_node.ts";
import { SimRedis } from "./sim_redis.ts";
import { type FaultRates, NO_FAULTS, randomFaultRates } from "./fault_rates.ts";

/** The world of one simulation. */
export class World {
  readonly dice: Dice;
  readonly clock: SimClock;
  readonly mutant: Mutant;
  readonly redis: SimRedis;
  readonly busContext: Omit<BusContext, "isAlive">;
  /** With the private rooms that nodes have made ids for. */
  readonly rooms: RoomId[];
  /** How long frames wait for others, on all nodes. */
  readonly batchPolicy: BatchPolicy;
  /** Whether plain text waits too. */
  readonly sharesWrites: boolean;
  readonly checksExpiry: boolean;
  /** The members; undefined in a world without. */
  readonly directory: SimDirectory | undefined;
  /** Who may read private rooms; undefined in a world without. */
  readonly privacy: PrivacyOracle | undefined;
  /** Compares what nodes send with it. */
  readonly privacyChecks: PrivacyChecks | undefined;
  /** The index of rooms; undefined in a world without private rooms. */
  readonly index: SimDirectory | undefined;
  /** What moderators have done; undefined in a world without. */
  readonly moderation: ModerationOracle | undefined;
  /** The session tokens that guests have used. */
  readonly usedTokens: UsedTokens;
  readonly nodes: SimNode[] = [];
  /** The ids of refused actions, whose order is not guaranteed. */
  readonly refused = new Set<string>();
  /** The violations. */
  readonly violations: string[] = [];
  /** All events, one line each. */
  readonly trace: string[] = [];
  #faultRates: FaultRates;
  #lastNumber = 0;

  /**
   * @param options `checksExpiry`: whether nodes end the connections of users whose tokens expire or are revoked;
   *   `hasMembers`: whether there can be members; `hasModerators`: whether what moderators do is checked; `hasPrivateRooms`:
   *   whether nodes share an index of rooms, and what they send of private ones is checked.
   */
  constructor(
    seed: number,
    mutant: Mutant,
    {
      checksExpiry = false,
      hasMembers = false,
      hasModerators = false,
      hasPrivateRooms = false,
    } = {},
  ) {
    this.checksExpiry = checksExpiry;
    this.dice = new Dice(seed);
    this.clock = new SimClock(this.dice);
    this.usedTokens = new MemoryUsedTokens(this.clock);
    this.mutant = mutant;
    this.directory = hasMembers ? new SimDirectory(this) : undefined;
    const oracleContext = {
      date: () => this.clock.date(),
      oracle: (room: RoomId) => this.redis.oracle(room),
      reportViolation: (what: string) => this.reportViolation(what),
    };
    this.moderation = hasModerators ? new ModerationOracle(oracleContext) : undefined;
    this.privacy = hasPrivateRooms ? new PrivacyOracle(oracleContext) : undefined;
    this.privacyChecks = this.privacy &&
      new PrivacyChecks(this.privacy, oracleContext.reportViolation);
    this.index = hasPrivateRooms ? new SimDirectory(this) : undefined;
    this.redis = new SimRedis({
      clock: this.clock,
      retention: randomRetention(this.dice),
      mutant,
      reportViolation: (what) => this.reportViolation(what),
      watcher: this.moderation ?? this.privacy,
    });
    this.#faultRates = randomFaultRates(this.dice);
    const { dice, clock, redis } = this;
    this.busContext = {
      dice,
      clock,
      redis,
      refused: this.refused,
      faultRates: () => this.#faultRates,
    };
    this.rooms = ["attic", "lobby", "cellar"].slice(0, dice.between(1, 3)).map(room);
    this.batchPolicy = randomBatchPolicy(dice);
    this.sharesWrites = dice.chance(0.5);
    const count = dice.between(1, 3);
    for (let index = 0; index < count; index++) this.startNode();
  }

  /** Whether nodes follow what moderators do. */
  get hasAudit(): boolean {
    return this.moderation !== undefined || this.privacy !== undefined;
  }

  /** A request has arrived at its node. */
  onArrival(id: string): void {
    this.moderation?.onArrival(id);
    this.privacy?.onArrival(id);
  }

  /** The running nodes. */
  get running(): readonly SimNode[] {
    return this.nodes.filter(({ isAlive }) => isAlive);
  }

  /** Whether the faults have ended. */
  get isFaultFree(): boolean {
    return this.#faultRates === NO_FAULTS;
  }

  /** Ends all faults. */
  stopFaults(): void {
    this.#faultRates = NO_FAULTS;
    for (const { bus } of this.running) {
      bus.isAway = false;
      bus.dropsAnnouncements = false;
    }
  }

  /** Draws new fault rates. */
  changeFaultRates(): void {
    this.#faultRates = randomFaultRates(this.dice);
  }

  /** Skips a time in which nothing happens; state that expires is gone. */
  skip(ms: number): void {
    this.note(`nothing happens for ${ms} ms`);
    this.clock.skip(ms);
    if (ms > RECEIPTS_MS) this.redis.forgetReceipts();
  }

  /** Starts another node. */
  startNode(): void {
    this.nodes.push(new SimNode(this, `node${this.nextNumber()}`));
  }

  /** A number that was not used before. */
  nextNumber(): number {
    return ++this.#lastNumber;
  }

  /** Adds an event to the trace. */
  note(what: string): void {
    this.trace.push(`${this.clock.now()} ${what}`);
  }

  /** Reports a violation. */
  reportViolation(what: string): void {
    this.violations.push(`at ${this.clock.now()} ms: ${what}`);
    this.note(`WRONG: ${what}`);
  }

  /** Reports a violation and throws. */
  fail(what: string): never {
    throw new Error(what);
  }

  /** Reports an exception as a violation. */
  guard(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.reportViolation(error instanceof Error ? error.stack ?? error.message : String(error));
    }
  }
}

/** Rooms of five are neither large nor busy, so a few deliveries a second count as much. */
function randomBatchPolicy(dice: Dice): BatchPolicy {
  const maxMs = dice.pick([0, 25, 25, 200, 1_000]);
  return { maxMs, quietRate: dice.pick([0, 0, 5]), busyRate: dice.pick([6, 50]) };
}

/** Usually more than a simulation sends; sometimes so few that missed entries are already deleted. */
function randomRetention(dice: Dice): Retention {
  const messages = dice.chance(0.8) ? 10_000 : dice.between(5, 20);
  return { messages, entries: messages, ageMs: Infinity };
}
