/**
 * A connection to Redis that is kept: a dead one is found within seconds and comes back by itself. Each option below
 * stands against something measured: without error handlers the client never reconnects; a half-open link is found only
 * by ping, socket timeout and an own reconnect strategy together; and with an offline queue, drafts would be announced
 * minutes after their authors were told that they failed.
 * @module
 */
import { createClient } from "@redis/client";
import { backoffMs } from "../core/backoff.ts";
import { withoutPassword } from "../core/redis_url.ts";
import { log } from "./log.ts";

/** Where Redis is, and how to trust it. */
export interface RedisAddress {
  /** One of the forms of `core/redis_url.ts`. */
  readonly url: string;
  /** A certificate authority in PEM, for `rediss://` with an own one. */
  readonly ca: string | undefined;
}

/** Takes what is published on a channel. */
export type Ear = (message: string, channel: string) => void;

const RECONNECT = { firstMs: 100, longestMs: 3_000 } as const;

/** One connection, opened in the background and kept until the signal aborts. */
export class RedisLink {
  readonly #client: ReturnType<typeof open>;
  readonly #at: string;
  readonly #role: "publisher" | "subscriber";
  readonly #signal: AbortSignal;
  #trouble: string | undefined = "not connected yet";
  #ready = Promise.withResolvers<void>();

  /** Connects at once; it does not matter whether Redis is there. */
  constructor(address: RedisAddress, role: "publisher" | "subscriber", signal: AbortSignal) {
    this.#at = withoutPassword(address.url);
    this.#role = role;
    this.#signal = signal;
    this.#client = open(address, role === "publisher");
    this.#client.on("error", (error: unknown) => this.#lose(String(error)));
    this.#client.on("ready", () => this.#find());
    // Stays pending as long as Redis is down, and rejects only when the client is destroyed meanwhile.
    this.#client.connect().catch((error: unknown) => {
      if (!signal.aborted) log.error("redis.given_up", { role, error: String(error) });
    });
    signal.addEventListener("abort", () => this.#client.destroy(), { once: true });
  }

  /** What is wrong; undefined while commands are taken. */
  get trouble(): string | undefined {
    return this.#client.isReady ? undefined : this.#trouble ?? "not connected";
  }

  /** Resolves when commands are taken and what was subscribed is subscribed again. */
  async ready(): Promise<void> {
    while (this.trouble !== undefined) await this.#ready.promise;
  }

  /** Publishes; brings how many heard it. Rejects at once while the link is down. */
  publish(channel: string, message: string): Promise<number> {
    return this.#client.publish(channel, message);
  }

  /** Resolves when subscribed; from then on it is restored after each reconnect. */
  subscribe(channel: string, ear: Ear): Promise<void> {
    return this.#client.subscribe(channel, ear);
  }

  /** The ear must be the one that was subscribed, or a subscription made meanwhile is lost (client 6.3.1). */
  unsubscribe(channel: string, ear: Ear): Promise<void> {
    return this.#client.unsubscribe(channel, ear);
  }

  /** Resolves when all that was sent before has been answered. */
  async settle(): Promise<void> {
    if (this.trouble === undefined) await this.#client.ping();
  }

  /** Says what is wrong once, and again when something else is. */
  #lose(error: string): void {
    if (error === this.#trouble || this.#signal.aborted) return;
    this.#trouble = error;
    log.warn("redis.lost", { role: this.#role, at: this.#at, error });
  }

  #find(): void {
    this.#trouble = undefined;
    log.info("redis.ready", { role: this.#role, at: this.#at });
    this.#ready.resolve();
    this.#ready = Promise.withResolvers<void>();
  }
}

function open(address: RedisAddress, disableOfflineQueue: boolean) {
  return createClient({
    url: address.url,
    maintNotifications: "disabled",
    disableOfflineQueue,
    commandsQueueMaxLength: 100_000,
    pingInterval: 1_500,
    socket: {
      ...(address.ca === undefined ? {} : { tls: true, ca: address.ca }),
      connectTimeout: 4_000,
      socketTimeout: 4_000,
      reconnectStrategy: (attempt) => backoffMs(attempt, RECONNECT, Math.random()),
    },
  });
}
