/**
 * One node's way to the shared Redis: it keeps what the port promises, and does everything that the port does not forbid.
 * Requests and replies go each in their order, as over one connection; announcements come over another one.
 * @module
 */
import {
  type Announcement,
  type Archive,
  type Bus,
  BusUnavailable,
  Following,
  type Note,
  type Published,
  type Register,
  type Standing,
  type Top,
} from "../../lib/chat/bus.ts";
import { Mailbox } from "../../lib/chat/mailbox.ts";
import { Outbox } from "../../lib/chat/outbox.ts";
import type { Draft, UserId } from "../../lib/core/entries.ts";
import type { Claim, ClaimResult, Person } from "../../lib/core/leases.ts";
import type { RoomId } from "../../lib/core/names.ts";
import type { Position } from "../../lib/core/positions.ts";
import type { Page, Replay } from "../../lib/core/room_log.ts";
import type { Dice } from "./dice.ts";
import type { SimClock } from "./sim_clock.ts";
import type { SimRedis } from "./sim_redis.ts";
import type { Weather } from "./weather.ts";

/** So many entries are replayed at most. */
export const RECOVER_LIMIT = 12;

/** All of the ports that a node needs. */
export type NodeBus = Bus & Archive & Register;

/** Where a bus is. */
export interface BusContext {
  readonly redis: SimRedis;
  readonly clock: SimClock;
  readonly dice: Dice;
  readonly weather: () => Weather;
  /** Whether the node runs: one that has crashed hears nothing. */
  readonly isAlive: () => boolean;
  /** The ids of what was refused, whether or not anybody was told so. */
  readonly refused: Set<string>;
}

/** One node's bus. */
export class SimBus implements NodeBus {
  /** So many calls were made. */
  calls = 0;
  /** So many rooms are followed, each as often as it is. */
  followers = 0;
  readonly #context: BusContext;
  readonly #mailbox = new Mailbox<Announcement>();
  readonly #following = new Following();
  readonly #subscribed = new Set<RoomId>();
  readonly #outbox: Outbox<Published>;
  #isDeaf = false;
  #isAway = false;
  #back = Promise.withResolvers<void>();
  #requestsUntil = 0;
  #repliesUntil = 0;
  #announcedUntil = 0;

  constructor(context: BusContext) {
    this.#context = context;
    const { redis, clock } = context;
    this.#outbox = new Outbox(
      (_room, drafts) => this.#call(() => drafts.map((draft) => redis.enter(draft))),
      clock,
      new AbortController().signal,
    );
    redis.ears.add((room, announcement) => this.#hear(room, announcement));
  }

  /** Cut off from Redis, or no more: meanwhile every call is refused. */
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

  /** Cut off from what is announced, or no more. */
  set isDeaf(isDeaf: boolean) {
    this.#isDeaf = isDeaf;
    this.#subscribed.clear();
    if (!isDeaf) { for (const room of this.#following.rooms()) this.#subscribed.add(room); }
  }

  async publish(draft: Draft): Promise<Published> {
    try {
      return await this.#outbox.send(draft);
    } catch (error) {
      this.#context.refused.add(draft.id);
      throw error;
    }
  }

  signal(room: RoomId, note: Note): void {
    const { redis } = this.#context;
    this.#call(() => redis.announce(room, { kind: "note", room, note })).catch(() => {});
  }

  async follow(room: RoomId): Promise<void> {
    this.followers += 1;
    this.#following.add(room);
    const { clock, dice } = this.#context;
    const pass = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
    while (this.#following.has(room) && !this.#subscribed.has(room)) {
      await pass(this.#isDeaf ? 200 : dice.between(1, 20));
      if (!this.#isDeaf) this.#subscribed.add(room);
    }
    await pass(dice.between(1, 20));
  }

  unfollow(room: RoomId): void {
    this.followers -= 1;
    if (this.#following.remove(room)) this.#subscribed.delete(room);
  }

  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]> {
    return this.#mailbox.batches(signal);
  }

  tops(): Promise<readonly Top[]> {
    const { redis } = this.#context;
    return this.#call(() => this.#following.rooms().map((room) => redis.top(room)));
  }

  probe(): Promise<void> {
    return this.#call(() => {});
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    // In a simulation little is said, so that little must be much: a hole may have more entries than are read at once.
    const most = Math.min(limit, RECOVER_LIMIT);
    return this.#call(() => this.#context.redis.replay(room, since, most));
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    return this.#call(() => this.#context.redis.page(room, before, limit));
  }

  standing(room: RoomId, user: UserId): Promise<Standing> {
    return this.#call(() => this.#context.redis.standing(room, user));
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<void> {
    return this.#call(() => this.#context.redis.markRead(room, user, read));
  }

  claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    return this.#call(() => this.#context.redis.claim(room, claim));
  }

  release(room: RoomId, user: UserId, node: string): Promise<void> {
    return this.#call(() => this.#context.redis.release(room, user, node));
  }

  withdraw(room: RoomId, node: string): Promise<void> {
    return this.#call(() => this.#context.redis.withdraw(room, node));
  }

  renew(room: RoomId, node: string): Promise<boolean> {
    return this.#call(() => this.#context.redis.renew(room, node));
  }

  people(room: RoomId): Promise<readonly Person[]> {
    return this.#call(() => this.#context.redis.people(room));
  }

  #call<T>(deed: () => T): Promise<T> {
    const { clock, dice, isAlive } = this.#context;
    const { refused, unheard, unanswered } = this.#context.weather();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.calls += 1;
    const later = (ms: number, what: () => void) => clock.after(ms, () => isAlive() && what());
    const fail = (perhapsSent: boolean) => reject(new BusUnavailable("away", { perhapsSent }));
    if (this.isAway || dice.chance(refused)) {
      later(dice.between(1, 10), () => fail(false));
      return promise;
    }
    const isUnheard = dice.chance(unheard);
    const isAnswered = !isUnheard && !dice.chance(unanswered);
    if (!isAnswered) later(dice.between(50, 2_000), () => fail(true));
    if (isUnheard) return promise;
    const now = clock.now();
    this.#requestsUntil = Math.max(this.#requestsUntil, now + this.#latency());
    this.#repliesUntil = Math.max(this.#repliesUntil, this.#requestsUntil + this.#latency());
    const repliedAt = this.#repliesUntil;
    // What a node sent before it crashed is done all the same.
    clock.after(this.#requestsUntil - now, () => {
      const result = deed();
      if (isAnswered) later(repliedAt - clock.now(), () => resolve(result));
    });
    return promise;
  }

  #latency(): number {
    const { dice, weather } = this.#context;
    return dice.chance(weather().slow) ? dice.between(100, 3_000) : dice.between(1, 15);
  }

  #hear(room: RoomId, announcement: Announcement): void {
    const { dice, isAlive } = this.#context;
    const { lost, doubled, late, isOrderly } = this.#context.weather();
    if (!isAlive() || !this.#subscribed.has(room) || dice.chance(lost)) return;
    const copies = dice.chance(doubled) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const ms = dice.chance(late) ? dice.between(20, 2_000) : dice.between(1, 10);
      this.#bring(announcement, ms, isOrderly);
    }
  }

  #bring(announcement: Announcement, ms: number, isOrderly: boolean): void {
    const { clock, isAlive } = this.#context;
    const now = clock.now();
    const at = isOrderly ? Math.max(this.#announcedUntil, now + ms) : now + ms;
    if (isOrderly) this.#announcedUntil = at;
    clock.after(at - now, () => isAlive() && this.#mailbox.put(announcement));
  }
}
