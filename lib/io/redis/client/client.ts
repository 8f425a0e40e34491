/**
 * The port through which the bus uses Redis, the same for a single server, a master behind sentinels, and a cluster.
 * @module
 */
import type { Histogram } from "../../../core/metrics/metrics.ts";

/** Address of Redis, with the certificate authority to trust. */
export interface RedisAddress {
  /** A URL in one of the forms of `core/config/redis_url.ts`. */
  readonly url: string;
  /** Certificate authority in PEM, for TLS with a private authority. */
  readonly ca: string | undefined;
}

/** Called with each message that is published on a subscribed channel. */
export type MessageListener = (message: string, channel: string) => void;

/** Events of the connections. */
export interface RedisClientEvents {
  /** Called when subscriptions are established, first and after each reconnection. Messages in between were missed. */
  readonly onSubscribed: () => void;
  /** Called whenever a server accepts commands again, or subscriptions are restored. */
  readonly onAvailable: () => void;
  /** Observes the duration of each command, in seconds. */
  readonly roundTrips: Histogram;
}

/** Connections that are opened in the background and reopened when they are lost. */
export interface RedisClient {
  /** The error of a lost connection; undefined while all connections work. */
  readonly lastError: string | undefined;
  /** The command for publishing to channels that are subscribed with {@linkcode subscribe}. */
  readonly publishCommand: "PUBLISH" | "SPUBLISH";
  /** Sends a command to the server of a key or channel. Rejects at once if that server is known to be unavailable. */
  send(key: string, command: readonly string[]): Promise<unknown>;
  /** Keys with the same group can be used by one script. */
  groupOf(key: string): number;
  /** One function for each server that has keys; it sends a command to that server. */
  servers(): readonly ((command: readonly string[]) => Promise<unknown>)[];
  /** Resolves when subscribed; the subscription is then restored after reconnections. Rejects if Redis refuses it. */
  subscribe(channel: string, listener: MessageListener): Promise<void>;
  /** Unsubscribes. The channel may be subscribed again before this resolves. */
  unsubscribe(channel: string): Promise<void>;
  /** Resolves when messages of a subscribed channel are received; waits while its server is unavailable. */
  whenSubscribed(channel: string): Promise<void>;
  /** Resolves when all commands sent before have been answered, or never will be. */
  flush(): Promise<void>;
}
