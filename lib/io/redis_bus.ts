/**
 * The bus over Redis: publish and subscribe, one subscriber for the whole process. Redis keeps one order for each
 * channel and each room is one channel, so all instances hear a room alike. Nothing is kept there: who is cut off from
 * Redis misses what is said meanwhile.
 * @module
 */
import { ClientClosedError, ClientOfflineError, ErrorReply, TimeoutError } from "@redis/client";
import * as v from "valibot";
import { type Announcement, type Bus, BusUnavailable, type Draft, Following } from "../chat/bus.ts";
import type { Clock } from "../chat/clock.ts";
import { Mailbox } from "../chat/mailbox.ts";
import { backoffMs } from "../core/backoff.ts";
import { parseName, parseRoom, type RoomId } from "../core/names.ts";
import { log } from "./log.ts";
import { type Ear, type RedisAddress, RedisLink } from "./redis_link.ts";
import { within } from "./within.ts";

/** How long a room is still followed when its last member has gone, since people come back. */
const LINGER_MS = 30_000;
const PROBE_MS = 2_000;
const LAST_REPLIES_MS = 300;
const RETRY = { firstMs: 100, longestMs: 3_000 } as const;
const AWAY = "the message store is away, try again";

/** What is published on a room's channel, as JSON. */
const Said = v.object({ author: v.string(), text: v.string() });

/** Joins instances over one Redis. */
export class RedisBus implements Bus, AsyncDisposable {
  readonly #clock: Clock;
  readonly #life = new AbortController();
  readonly #publisher: RedisLink;
  readonly #subscriber: RedisLink;
  readonly #mailbox = new Mailbox<Announcement>();
  readonly #following = new Following();
  readonly #subscriptions = new Map<RoomId, Promise<void>>();
  readonly #lingering = new Map<RoomId, AbortController>();
  readonly #rooms: string;
  readonly #probeChannel: string;
  readonly #probeReady: Promise<void>;
  readonly #probes = new Map<string, () => void>();
  // One function for all rooms: the client tells apart who listens by it, also when a room is left and joined again
  // before Redis has answered.
  readonly #ear: Ear = (payload, channel) => {
    const announcement = decode(channel.slice(this.#rooms.length), payload);
    if (announcement === undefined) log.warn("redis.stranger", { channel, bytes: payload.length });
    else this.#mailbox.put(announcement);
  };

  /** Connects in the background. @param prefix Begins every channel. */
  constructor(address: RedisAddress, prefix: string, clock: Clock) {
    this.#clock = clock;
    this.#publisher = new RedisLink(address, "publisher", this.#life.signal);
    this.#subscriber = new RedisLink(address, "subscriber", this.#life.signal);
    this.#rooms = `${prefix}room:`;
    // Among the rooms, so that it is allowed where they are, and like none of them, since no room has a question mark.
    this.#probeChannel = `${this.#rooms}?probe:${crypto.randomUUID()}`;
    const hear: Ear = (nonce) => this.#probes.get(nonce)?.();
    this.#probeReady = this.#subscribe(this.#probeChannel, hear, () => true);
  }

  async publish(draft: Draft): Promise<void> {
    const { room, author, text } = draft;
    // Deaf ourselves, we would not hear it come back, and its author could not know that it was said.
    if (this.#subscriber.trouble !== undefined) {
      throw new BusUnavailable(AWAY, { perhapsSent: false, cause: this.#subscriber.trouble });
    }
    let hearers: number;
    try {
      hearers = await this.#publisher.publish(this.#rooms + room, JSON.stringify({ author, text }));
    } catch (error) {
      throw unavailable(error);
    }
    if (hearers === 0 && this.#following.has(room)) {
      throw new BusUnavailable(AWAY, { perhapsSent: false, cause: "nobody is subscribed" });
    }
  }

  async follow(room: RoomId): Promise<void> {
    this.#following.add(room);
    this.#lingering.get(room)?.abort();
    const subscribed = this.#subscriptions.get(room) ?? this.#subscribeRoom(room);
    this.#subscriptions.set(room, subscribed);
    await subscribed;
    // It may have been subscribed long ago, and Redis be away just now.
    await this.#subscriber.ready();
  }

  unfollow(room: RoomId): void {
    if (this.#following.remove(room)) this.#linger(room);
  }

  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]> {
    return this.#mailbox.batches(signal);
  }

  async probe(): Promise<void> {
    const nonce = crypto.randomUUID();
    try {
      const trouble = this.#publisher.trouble ?? this.#subscriber.trouble;
      if (trouble !== undefined) throw new Error(trouble);
      await within(PROBE_MS, "Redis did not bring a probe back", this.#roundTrip(nonce));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot reach all instances through Redis: ${reason}`, { cause: error });
    } finally {
      this.#probes.delete(nonce);
    }
  }

  /** Waits a little for replies that are under way, then cuts both connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await within(LAST_REPLIES_MS, "Redis did not answer", this.#publisher.settle())
      .catch((error: unknown) => log.warn("redis.not_drained", { error: String(error) }));
    this.#life.abort();
  }

  async #roundTrip(nonce: string): Promise<void> {
    const heard = new Promise<void>((resolve) => this.#probes.set(nonce, resolve));
    await this.#probeReady;
    await this.#publisher.publish(this.#probeChannel, nonce);
    await heard;
  }

  #subscribeRoom(room: RoomId): Promise<void> {
    return this.#subscribe(this.#rooms + room, this.#ear, () => {
      if (this.#following.has(room)) return true;
      this.#subscriptions.delete(room);
      return false;
    });
  }

  /** Subscribes, and tries again until it holds or is not wanted any more; then it never resolves. */
  async #subscribe(channel: string, ear: Ear, isWanted: () => boolean): Promise<void> {
    const { signal } = this.#life;
    for (let attempt = 0; !signal.aborted && (attempt === 0 || isWanted()); attempt++) {
      try {
        return await this.#subscriber.subscribe(channel, ear);
      } catch (error) {
        if (signal.aborted) break;
        if (attempt === 0) log.warn("redis.not_subscribed", { channel, error: String(error) });
        await this.#clock.sleep(backoffMs(attempt, RETRY, Math.random()), signal);
      }
    }
    return new Promise(() => {});
  }

  /** Lets the room go in a while, unless it is followed again. */
  async #linger(room: RoomId): Promise<void> {
    const staying = new AbortController();
    this.#lingering.set(room, staying);
    await this.#clock.sleep(LINGER_MS, AbortSignal.any([this.#life.signal, staying.signal]));
    if (this.#lingering.get(room) === staying) this.#lingering.delete(room);
    if (!staying.signal.aborted) await this.#unsubscribe(room);
  }

  /** Tries again where the reply was lost, since the client would restore the subscription after its reconnect. */
  async #unsubscribe(room: RoomId): Promise<void> {
    const { signal } = this.#life;
    this.#subscriptions.delete(room);
    for (let attempt = 0; !signal.aborted && !this.#subscriptions.has(room); attempt++) {
      try {
        return await this.#subscriber.unsubscribe(this.#rooms + room, this.#ear);
      } catch (error) {
        if (signal.aborted) return;
        if (attempt === 0) log.warn("redis.not_unsubscribed", { room, error: String(error) });
        await this.#clock.sleep(backoffMs(attempt, RETRY, Math.random()), signal);
      }
    }
  }
}

function decode(channel: string, payload: string): Announcement | undefined {
  try {
    const said = v.parse(Said, JSON.parse(payload));
    const room = parseRoom(channel);
    const author = parseName(said.author);
    return room && author && { room, author, text: said.text };
  } catch {
    return undefined;
  }
}

/** These never left this process, or were refused: the draft was surely not announced. */
const NOT_SENT = [ClientOfflineError, ClientClosedError, TimeoutError, ErrorReply];

function unavailable(error: unknown): BusUnavailable {
  const notSent = NOT_SENT.some((kind) => error instanceof kind) ||
    (error instanceof Error && error.message === "The queue is full");
  if (notSent) return new BusUnavailable(AWAY, { cause: error, perhapsSent: false });
  const message = "the message store went away in the midst of it";
  return new BusUnavailable(message, { cause: error, perhapsSent: true });
}
