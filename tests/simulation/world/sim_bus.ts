/**
 * One node's connection to the shared Redis: it keeps the promises of the port, and does everything that they allow.
 * Requests and replies are each in order, as over one connection; announcements use another one.
 * @module
 */
import {
  type Announcement,
  type Bus,
  BusUnavailable,
  type KnownPeople,
  type PeopleTable,
  type PresenceRegistry,
  type PublishResult,
  type ReadState,
  type RoomHistory,
  type Signal,
  SubscriptionCounts,
  type Top,
} from "../../../lib/chat/ports/bus.ts";
import { BatchQueue } from "../../../lib/chat/bus/batch_queue.ts";
import { PublishQueue } from "../../../lib/chat/bus/publish_queue.ts";
import type { Draft, UserId } from "../../../lib/core/log/entry.ts";
import type { Claim, ClaimResult, Person } from "../../../lib/core/presence/lease_table.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import type { HistoryPage, Replay, StateAt } from "../../../lib/core/log/reading/log_reading.ts";
import type { StoredReceipt } from "../../../lib/core/log/room_log.ts";
import type { Dice } from "./dice.ts";
import type { SimClock } from "./sim_clock.ts";
import type { SimRedis } from "./sim_redis.ts";
import type { FaultRates } from "./fault_rates.ts";

/** Maximum number of replayed entries. */
export const RECOVER_LIMIT = 12;

/** All of the ports that a node needs. */
export type NodeBus = Bus & RoomHistory & PresenceRegistry;

/** What a bus depends on. */
export interface BusContext {
  readonly redis: SimRedis;
  readonly clock: SimClock;
  readonly dice: Dice;
  readonly faultRates: () => FaultRates;
  /** Whether the node runs: a crashed one receives nothing. */
  readonly isAlive: () => boolean;
  /** The ids of refused drafts, even if no client was notified. */
  readonly refused: Set<string>;
}

/** One node's bus. */
export class SimBus implements NodeBus {
  /** Number of calls. */
  calls = 0;
  /** Number of subscriptions, counting repeated ones. */
  subscriptionCount = 0;
  readonly #context: BusContext;
  readonly #queue = new BatchQueue<Announcement>();
  readonly #subscriptions = new SubscriptionCounts();
  readonly #subscribed = new Set<RoomId>();
  readonly #publishQueue: PublishQueue<PublishResult>;
  #dropsAnnouncements = false;
  #isAway = false;
  #back = Promise.withResolvers<void>();
  #requestsUntil = 0;
  #repliesUntil = 0;
  #announcedUntil = 0;

  constructor(context: BusContext) {
    this.#context = context;
    const { redis, clock } = context;
    this.#publishQueue = new PublishQueue(
      (_room, drafts) => this.call(() => drafts.map((draft) => redis.append(draft))),
      clock,
      new AbortController().signal,
    );
    redis.listeners.add((room, announcement) => this.#onAnnouncement(room, announcement));
  }

  /** Cuts the node off from Redis, or reconnects it; while cut off, every call is refused. */
  get isAway(): boolean {
    return this.#isAway;
  }

  set isAway(isAway: boolean) {
    this.#isAway = isAway;
    if (isAway) return;
    this.#back.resolve();
    this.#back = Promise.withResolvers();
  }

  whenBack(): Promise<void> {
    return this.#back.promise;
  }

  /** Cuts the node off from announcements, or reconnects it. */
  set dropsAnnouncements(isDeaf: boolean) {
    this.#dropsAnnouncements = isDeaf;
    this.#subscribed.clear();
    if (!isDeaf) { for (const room of this.#subscriptions.rooms()) this.#subscribed.add(room); }
  }

  async publish(draft: Draft): Promise<PublishResult> {
    try {
      return await this.#publishQueue.publish(draft);
    } catch (error) {
      this.#context.refused.add(draft.id);
      throw error;
    }
  }

  signal(room: RoomId, signal: Signal): void {
    const { redis } = this.#context;
    this.call(() => redis.announce(room, { kind: "signal", room, signal })).catch(() => {});
  }

  async subscribe(room: RoomId): Promise<void> {
    this.subscriptionCount += 1;
    this.#subscriptions.add(room);
    const { clock, dice } = this.#context;
    const pass = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
    while (this.#subscriptions.has(room) && !this.#subscribed.has(room)) {
      await pass(this.#dropsAnnouncements ? 200 : dice.between(1, 20));
      if (!this.#dropsAnnouncements) this.#subscribed.add(room);
    }
    await pass(dice.between(1, 20));
  }

  unsubscribe(room: RoomId): void {
    this.subscriptionCount -= 1;
    if (this.#subscriptions.remove(room)) this.#subscribed.delete(room);
  }

  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]> {
    return this.#queue.batches(signal);
  }

  topPositions(group?: number): Promise<readonly Top[]> {
    const { redis } = this.#context;
    const rooms = this.#subscriptions.rooms(group);
    if (rooms.length === 0) return Promise.resolve([]);
    return this.call(() => rooms.map((room) => redis.top(room)));
  }

  probe(): Promise<void> {
    return this.call(() => {});
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    // Few entries per read, because a simulation has few: a gap may need more than one read.
    const most = Math.min(limit, RECOVER_LIMIT);
    return this.call(() => this.#context.redis.replay(room, since, most));
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<HistoryPage> {
    return this.call(() => this.#context.redis.page(room, before, limit));
  }

  pageAfter(room: RoomId, after: number, limit: number): Promise<HistoryPage> {
    return this.call(() => this.#context.redis.pageAfter(room, after, limit));
  }

  state(room: RoomId): Promise<StateAt> {
    return this.call(() => this.#context.redis.state(room));
  }

  admission(room: RoomId, user: UserId): Promise<StateAt> {
    return this.call(() => this.#context.redis.admission(room, user));
  }

  receipt(room: RoomId, user: UserId, id: string): Promise<StoredReceipt | undefined> {
    return this.call(() => this.#context.redis.receipt(room, user, id));
  }

  readState(room: RoomId, user: UserId, after: number): Promise<ReadState> {
    return this.call(() => this.#context.redis.readState(room, user, after));
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<boolean> {
    return this.call(() => this.#context.redis.markRead(room, user, read));
  }

  claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    return this.call(() => this.#context.redis.claim(room, claim));
  }

  release(room: RoomId, user: UserId, node: string): Promise<void> {
    return this.call(() => this.#context.redis.release(room, user, node));
  }

  withdraw(room: RoomId, node: string): Promise<void> {
    return this.call(() => this.#context.redis.withdraw(room, node));
  }

  refresh(room: RoomId, node: string | undefined): Promise<PeopleTable> {
    return this.call(() => this.#context.redis.refresh(room, node));
  }

  /** In two requests, of which each can fail by itself. */
  async renew(node: string, known: readonly KnownPeople[]): Promise<readonly RoomId[]> {
    const { redis } = this.#context;
    const halves = [0, 1].map((half) => known.filter((_, index) => index % 2 === half));
    const changed = halves.map(async (some) => {
      try {
        return some.length === 0 ? [] : await this.call(() => redis.renew(node, some));
      } catch {
        return some.map(({ room }) => room);
      }
    });
    return (await Promise.all(changed)).flat();
  }

  people(room: RoomId): Promise<readonly Person[]> {
    return this.call(() => this.#context.redis.people(room));
  }

  countPeople(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, number>> {
    const { redis } = this.#context;
    return this.call(() => new Map(rooms.map((room) => [room, redis.people(room).length])));
  }

  /** Calls the Redis, which may fail. */
  call<T>(fn: () => T): Promise<T> {
    const { clock, dice, isAlive } = this.#context;
    const { refused, requestLost, replyLost } = this.#context.faultRates();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.calls += 1;
    const later = (ms: number, what: () => void) => clock.after(ms, () => isAlive() && what());
    const fail = (mayHaveApplied: boolean) =>
      reject(new BusUnavailable("away", { mayHaveApplied }));
    if (this.isAway || dice.chance(refused)) {
      later(dice.between(1, 10), () => fail(false));
      return promise;
    }
    const isRequestLost = dice.chance(requestLost);
    const isAnswered = !isRequestLost && !dice.chance(replyLost);
    if (!isAnswered) later(dice.between(50, 2_000), () => fail(true));
    if (isRequestLost) return promise;
    const now = clock.now();
    this.#requestsUntil = Math.max(this.#requestsUntil, now + this.#latency());
    this.#repliesUntil = Math.max(this.#repliesUntil, this.#requestsUntil + this.#latency());
    const repliedAt = this.#repliesUntil;
    // Whatever a node sent before it crashed is still executed.
    clock.after(this.#requestsUntil - now, () => {
      const result = fn();
      if (isAnswered) later(repliedAt - clock.now(), () => resolve(result));
    });
    return promise;
  }

  #latency(): number {
    const { dice, faultRates } = this.#context;
    return dice.chance(faultRates().slow) ? dice.between(100, 3_000) : dice.between(1, 15);
  }

  #onAnnouncement(room: RoomId, announcement: Announcement): void {
    const { dice, isAlive } = this.#context;
    const { lost, duplicated, late, isOrderly } = this.#context.faultRates();
    if (!isAlive() || !this.#subscribed.has(room) || dice.chance(lost)) return;
    const copies = dice.chance(duplicated) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const ms = dice.chance(late) ? dice.between(20, 2_000) : dice.between(1, 10);
      this.#enqueue(announcement, ms, isOrderly);
    }
  }

  #enqueue(announcement: Announcement, ms: number, isOrderly: boolean): void {
    const { clock, isAlive } = this.#context;
    const now = clock.now();
    const at = isOrderly ? Math.max(this.#announcedUntil, now + ms) : now + ms;
    if (isOrderly) this.#announcedUntil = at;
    clock.after(at - now, () => isAlive() && this.#queue.push(announcement));
  }
}
