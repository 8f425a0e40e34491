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
import { connect, type Listener, type RedisAddress, type RedisClient } from "./redis_link.ts";
import { within } from "./within.ts";

/** How long a room is still followed when its last member has gone, since people come back. */
const LINGER_MS = 30_000;
const PROBE_MS = 2_000;
const LAST_REPLIES_MS = 1_000;
const RETRY = { firstMs: 100, longestMs: 3_000 } as const;

/** What is published on a room's channel, as JSON. */
const Said = v.object({ author: v.string(), text: v.string() });

/** Joins instances over one Redis. */
export class RedisBus implements Bus, AsyncDisposable {
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #life = new AbortController();
  readonly #publisher: RedisClient;
  readonly #subscriber: RedisClient;
  readonly #mailbox = new Mailbox<Announcement>();
  readonly #following = new Following();
  readonly #subscriptions = new Map<RoomId, Promise<void>>();
  // One function for all rooms: the client tells apart who listens by it, also when a room is left and joined again
  // before Redis has answered.
  readonly #hear: Listener = (payload, channel) => {
    const announcement = decode(channel.slice(this.#channel("").length), payload);
    if (announcement === undefined) log.warn("redis.stranger", { channel, bytes: payload.length });
    else this.#mailbox.put(announcement);
  };
  readonly #probes = new Map<string, () => void>();
  readonly #probeChannel: string;
  readonly #probeReady: Promise<void>;

  /** Connects in the background. @param prefix Begins every channel. */
  constructor(address: RedisAddress, prefix: string, clock: Clock) {
    this.#prefix = prefix;
    this.#clock = clock;
    this.#publisher = connect(address, "publisher", this.#life.signal);
    this.#subscriber = connect(address, "subscriber", this.#life.signal);
    this.#probeChannel = `${prefix}probe:${crypto.randomUUID()}`;
    this.#probeReady = this.#subscribe(this.#probeChannel, (nonce) => this.#probes.get(nonce)?.());
  }

  async publish(draft: Draft): Promise<void> {
    const { author, text } = draft;
    try {
      await this.#publisher.publish(this.#channel(draft.room), JSON.stringify({ author, text }));
    } catch (error) {
      throw unavailable(error);
    }
  }

  follow(room: RoomId): Promise<void> {
    this.#following.add(room);
    const subscribed = this.#subscriptions.get(room) ??
      this.#subscribe(this.#channel(room), this.#hear);
    this.#subscriptions.set(room, subscribed);
    return subscribed;
  }

  unfollow(room: RoomId): void {
    if (!this.#following.remove(room)) return;
    this.#clock.sleep(LINGER_MS, this.#life.signal).then(() => this.#unsubscribe(room));
  }

  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]> {
    return this.#mailbox.batches(signal);
  }

  async probe(): Promise<void> {
    const nonce = crypto.randomUUID();
    try {
      await within(PROBE_MS, "Redis did not bring a probe back", this.#roundTrip(nonce));
    } catch (error) {
      const why = `Cannot reach all instances through Redis: ${reason(error)}`;
      throw new Error(why, { cause: error });
    } finally {
      this.#probes.delete(nonce);
    }
  }

  /** Waits at most a second for replies that are under way, then cuts both connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    const answered = this.#publisher.isReady ? this.#publisher.ping() : Promise.resolve();
    await within(LAST_REPLIES_MS, "Redis did not answer", answered).catch((error: unknown) =>
      log.warn("redis.not_drained", { error: String(error) })
    );
    this.#life.abort();
  }

  async #roundTrip(nonce: string): Promise<void> {
    const heard = new Promise<void>((resolve) => this.#probes.set(nonce, resolve));
    await this.#probeReady;
    await this.#publisher.publish(this.#probeChannel, nonce);
    await heard;
  }

  #channel(room: RoomId | ""): string {
    return `${this.#prefix}room:${room}`;
  }

  /** Subscribes, and tries again until it holds; from then on the client restores it after each reconnect. */
  async #subscribe(channel: string, listener: Listener): Promise<void> {
    const { signal } = this.#life;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await this.#subscriber.subscribe(channel, listener);
      } catch (error) {
        if (signal.aborted) break;
        log.warn("redis.not_subscribed", { channel, error: String(error) });
        await this.#clock.sleep(backoffMs(attempt, RETRY, Math.random()), signal);
      }
    }
    // The service is stopping: nobody is told that they have joined.
    return new Promise(() => {});
  }

  #unsubscribe(room: RoomId): void {
    if (this.#following.has(room) || this.#life.signal.aborted) return;
    this.#subscriptions.delete(room);
    this.#subscriber.unsubscribe(this.#channel(room), this.#hear).catch((error: unknown) => {
      if (!this.#life.signal.aborted) {
        log.warn("redis.not_unsubscribed", { room, error: String(error) });
      }
    });
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
  return new BusUnavailable(
    notSent
      ? "the message store is away, try again"
      : "the message store went away in the midst of it",
    { cause: error, perhapsSent: !notSent },
  );
}

function reason(error: unknown): string {
  if (error instanceof ClientOfflineError) return "not connected";
  return error instanceof Error ? error.message : String(error);
}
