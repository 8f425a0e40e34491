/**
 * Two connections to one Redis, one that publishes and one that subscribes, set so that a dead link is found within
 * seconds and comes back by itself. Each option below stands against something measured: without error handlers the
 * client never reconnects; a half-open link is found only by ping, socket timeout and an own reconnect strategy
 * together; and with an offline queue, drafts would be announced minutes after their authors were told that they failed.
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

/** Hears what is published on a channel. */
export type Listener = (message: string, channel: string) => void;

/** The part of the library's client that is used; its own type has a parameter for everything else. */
export interface RedisClient {
  /** Whether commands are taken now. */
  readonly isReady: boolean;
  /** Rejects at once while the link is down. */
  publish(channel: string, message: string): Promise<unknown>;
  /** Resolves when subscribed; restored after each reconnect from then on. */
  subscribe(channel: string, listener: Listener): Promise<void>;
  /** The listener must be the one that was subscribed. */
  unsubscribe(channel: string, listener: Listener): Promise<void>;
  /** Resolves when all that was sent before has been answered. */
  ping(): Promise<unknown>;
}

const RECONNECT = { firstMs: 100, longestMs: 3_000 } as const;

/** Opens one connection in the background, and keeps it. @param role For the log: `publisher` or `subscriber`. */
export function connect(address: RedisAddress, role: string, signal: AbortSignal): RedisClient {
  const client = createClient(
    {
      url: address.url,
      maintNotifications: "disabled",
      disableOfflineQueue: role === "publisher",
      commandsQueueMaxLength: 100_000,
      pingInterval: 1_500,
      socket: {
        ...(address.ca === undefined ? {} : { tls: true, ca: address.ca }),
        connectTimeout: 4_000,
        socketTimeout: 4_000,
        reconnectStrategy: (attempt) => backoffMs(attempt, RECONNECT, Math.random()),
      },
    },
  );
  const tell = changes(withoutPassword(address.url), role, signal);
  client.on("error", tell.lost);
  client.on("ready", tell.ready);
  // Stays pending as long as Redis is down, and rejects only when the client is destroyed meanwhile.
  client.connect().catch((error: unknown) => {
    if (!signal.aborted) log.error("redis.given_up", { role, error: String(error) });
  });
  signal.addEventListener("abort", () => client.destroy(), { once: true });
  return client;
}

/** Logs the first of a row of failures, and the return. */
function changes(at: string, role: string, signal: AbortSignal) {
  let isLost = false;
  return {
    lost(error: unknown): void {
      if (isLost || signal.aborted) return;
      isLost = true;
      log.warn("redis.lost", { role, at, error: String(error) });
    },
    ready(): void {
      isLost = false;
      log.info("redis.ready", { role, at });
    },
  };
}
