/**
 * The rooms whose channels are subscribed. Leaving a room does not unsubscribe at once: the subscription stays for 30 s,
 * because users often return.
 * @module
 */
import { SubscriptionCounts } from "../../chat/ports/bus.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import { backoffMs, STORE_RETRY } from "../../core/backoff.ts";
import type { RoomId } from "../../core/names/names.ts";
import { logger } from "../logger.ts";
import type { MessageListener, RedisClient } from "./client/client.ts";

/** Time after which a room without subscribers is unsubscribed. */
const LINGER_MS = 30_000;

/** The channel of each room, and the listener for all of them. */
export interface ChannelSource {
  /** Returns the channel of a room. */
  readonly channelOf: (room: RoomId) => string;
  /** Receives the messages of all rooms' channels. */
  readonly listener: MessageListener;
}

/** The subscriptions of one process. */
export class RedisSubscriptions {
  readonly #client: RedisClient;
  readonly #source: ChannelSource;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #counts = new SubscriptionCounts();
  readonly #subscriptions = new Map<RoomId, Promise<void>>();
  readonly #lingering = new Map<RoomId, AbortController>();

  /** Starts without subscriptions. @param signal Ends retries and lingering. */
  constructor(client: RedisClient, source: ChannelSource, clock: Clock, signal: AbortSignal) {
    this.#client = client;
    this.#source = source;
    this.#clock = clock;
    this.#signal = signal;
    // One listener for all rooms: each `AbortSignal.any()` would stay referenced by the signal forever (Deno 2.9.6).
    signal.addEventListener("abort", () => {
      for (const staying of this.#lingering.values()) staying.abort();
    });
  }

  /** The rooms with subscribers; lingering ones are not included. */
  rooms(group?: number): readonly RoomId[] {
    return this.#counts.rooms(group);
  }

  /** Implements `Bus.subscribe`. */
  async subscribe(room: RoomId): Promise<void> {
    this.#counts.add(room);
    this.#lingering.get(room)?.abort();
    const subscribed = this.#subscriptions.get(room) ?? this.#subscribeRoom(room);
    this.#subscriptions.set(room, subscribed);
    await subscribed;
    // The channel may have been subscribed earlier while Redis is unavailable now.
    await this.#client.whenSubscribed(this.#source.channelOf(room));
  }

  /** Implements `Bus.unsubscribe`; the subscription lingers for 30 s. */
  unsubscribe(room: RoomId): void {
    if (this.#counts.remove(room)) this.#linger(room);
  }

  /** Subscribes, and retries until it succeeds. Never resolves if it is no longer wanted or the signal aborts. */
  async subscribeChannel(
    channel: string,
    listener: MessageListener,
    isWanted: () => boolean,
  ): Promise<void> {
    for (let attempt = 0; !this.#signal.aborted && (attempt === 0 || isWanted()); attempt++) {
      try {
        return await this.#client.subscribe(channel, listener);
      } catch (error) {
        if (this.#signal.aborted) break;
        if (attempt === 0) logger.warn("redis.subscribe_failed", { channel, error: String(error) });
        await this.#clock.sleep(backoffMs(attempt, STORE_RETRY, Math.random()), this.#signal);
      }
    }
    return new Promise(() => {});
  }

  #subscribeRoom(room: RoomId): Promise<void> {
    return this.subscribeChannel(this.#source.channelOf(room), this.#source.listener, () => {
      if (this.#counts.has(room)) return true;
      this.#subscriptions.delete(room);
      return false;
    });
  }

  /** Unsubscribes after `LINGER_MS`, unless the room is subscribed again before. */
  async #linger(room: RoomId): Promise<void> {
    if (this.#signal.aborted) return;
    const linger = new AbortController();
    this.#lingering.set(room, linger);
    await this.#clock.sleep(LINGER_MS, linger.signal);
    if (this.#lingering.get(room) === linger) this.#lingering.delete(room);
    if (linger.signal.aborted || this.#signal.aborted) return;
    this.#subscriptions.delete(room);
    await this.#client.unsubscribe(this.#source.channelOf(room))
      .catch((error: unknown) =>
        logger.warn("redis.unsubscribe_failed", { room, error: String(error) })
      );
  }
}
