/**
 * Which rooms are subscribed: those that are followed, and those that were until a while ago, since people come back.
 * @module
 */
import { Following } from "../../chat/bus.ts";
import type { Clock } from "../../chat/clock.ts";
import { backoffMs } from "../../core/backoff.ts";
import type { RoomId } from "../../core/names.ts";
import { log } from "../log.ts";
import type { Ear, RedisLinks } from "./links.ts";

/** How long a room is still followed when its last member has gone. */
const LINGER_MS = 30_000;
const RETRY = { firstMs: 100, longestMs: 3_000 } as const;

/** Where what is announced comes from. */
export interface Source {
  /** Of a room. */
  readonly channelOf: (room: RoomId) => string;
  /** Takes what comes. */
  readonly ear: Ear;
}

/** The subscriptions of one process. */
export class RedisFollowing {
  readonly #links: RedisLinks;
  readonly #source: Source;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #following = new Following();
  readonly #subscriptions = new Map<RoomId, Promise<void>>();
  readonly #lingering = new Map<RoomId, AbortController>();

  /** Follows nothing yet. @param signal When it aborts, nothing is tried again. */
  constructor(links: RedisLinks, source: Source, clock: Clock, signal: AbortSignal) {
    this.#links = links;
    this.#source = source;
    this.#clock = clock;
    this.#signal = signal;
    // One for all: `AbortSignal.any()` for each would stay with the signal for ever (Deno 2.9.6).
    signal.addEventListener("abort", () => {
      for (const staying of this.#lingering.values()) staying.abort();
    });
  }

  /** The rooms that somebody follows. */
  rooms(): readonly RoomId[] {
    return this.#following.rooms();
  }

  /** As of `Bus`. */
  async follow(room: RoomId): Promise<void> {
    this.#following.add(room);
    this.#lingering.get(room)?.abort();
    const subscribed = this.#subscriptions.get(room) ?? this.#subscribeRoom(room);
    this.#subscriptions.set(room, subscribed);
    await subscribed;
    // It may have been subscribed long ago, and Redis be away just now.
    await this.#links.hearing(this.#source.channelOf(room));
  }

  /** As of `Bus`. */
  unfollow(room: RoomId): void {
    if (this.#following.remove(room)) this.#linger(room);
  }

  /** Subscribes, and tries again until it holds or is not wanted any more; then it never resolves. */
  async subscribe(channel: string, ear: Ear, isWanted: () => boolean): Promise<void> {
    for (let attempt = 0; !this.#signal.aborted && (attempt === 0 || isWanted()); attempt++) {
      try {
        return await this.#links.subscribe(channel, ear);
      } catch (error) {
        if (this.#signal.aborted) break;
        if (attempt === 0) log.warn("redis.not_subscribed", { channel, error: String(error) });
        await this.#clock.sleep(backoffMs(attempt, RETRY, Math.random()), this.#signal);
      }
    }
    return new Promise(() => {});
  }

  #subscribeRoom(room: RoomId): Promise<void> {
    return this.subscribe(this.#source.channelOf(room), this.#source.ear, () => {
      if (this.#following.has(room)) return true;
      this.#subscriptions.delete(room);
      return false;
    });
  }

  /** Lets the room go in a while, unless it is followed again. */
  async #linger(room: RoomId): Promise<void> {
    if (this.#signal.aborted) return;
    const staying = new AbortController();
    this.#lingering.set(room, staying);
    await this.#clock.sleep(LINGER_MS, staying.signal);
    if (this.#lingering.get(room) === staying) this.#lingering.delete(room);
    if (staying.signal.aborted || this.#signal.aborted) return;
    this.#subscriptions.delete(room);
    await this.#links.unsubscribe(this.#source.channelOf(room))
      .catch((error: unknown) =>
        log.warn("redis.not_unsubscribed", { room, error: String(error) })
      );
  }
}
