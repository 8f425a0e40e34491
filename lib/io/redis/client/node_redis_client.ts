/**
 * Creates Redis clients. Keep the options: each prevents a measured failure. Only ping and socket timeout together detect a
 * half-open connection. With an offline queue, messages would be stored minutes after their failure was reported.
 * @module
 */
import { RedisClient } from "@redis/client";
import type { RedisHost } from "../../../core/config/redis_url.ts";
import type { MessageListener } from "./client.ts";

/** The part of the Redis client that is used. */
export interface NodeRedisClient {
  /** Whether commands are accepted. */
  readonly isReady: boolean;
  /** Resolves when commands are accepted. */
  connect(): Promise<unknown>;
  /** Closes the connection at once, without waiting for replies. */
  destroy(): void;
  /** Listens for connection errors. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Listens for channels that the server no longer has. */
  on(event: "sharded-channel-moved", listener: (channel: string) => void): unknown;
  /** Resolves to the reply; rejects with `ErrorReply` if the server reports an error. */
  sendCommand(command: readonly string[]): Promise<unknown>;
  /** Resolves when subscribed. */
  subscribe(channels: string[], listener: MessageListener): Promise<void>;
  /** Resolves when unsubscribed. */
  unsubscribe(channel: string, listener: MessageListener): Promise<void>;
  /** As `subscribe`, for a sharded channel (SSUBSCRIBE). */
  sSubscribe(channel: string, listener: MessageListener): Promise<void>;
  /** As `unsubscribe`, for a sharded channel. */
  sUnsubscribe(channel: string, listener: MessageListener): Promise<void>;
}

/** Address and credentials of a server. */
export interface ConnectOptions {
  /** Replaces host and port. */
  readonly url?: string;
  /** The default user if omitted. */
  readonly username?: string;
  /** The user's password. */
  readonly password?: string;
  /** Number of the database. */
  readonly database?: number;
  /** Host and port, and the certificate authority to trust. */
  readonly socket?: Partial<RedisHost> | (Partial<RedisHost> & { tls: true; ca?: string });
}

// The package's `createClient()` defines a class with hundreds of methods for each client whose options differ from the
// last one's: tens of milliseconds, and half a megabyte, for each connection. All clients of a factory have one class.
const newClient = RedisClient.factory();

/**
 * Creates a client for a few commands without connecting it. Add a listener for "error", as for the other.
 *
 * @param answerMs Limits the time to connect, and to wait for a reply.
 */
export function createShortLivedClient(options: ConnectOptions, answerMs: number): NodeRedisClient {
  return newClient({
    ...options,
    maintNotifications: "disabled",
    socket: {
      ...options.socket,
      connectTimeout: answerMs,
      socketTimeout: answerMs,
      reconnectStrategy: false,
    },
  });
}

/** Creates a client without connecting it. Add a listener for "error": without one, an error ends the process. */
export function createNodeRedisClient(options: ConnectOptions): NodeRedisClient {
  return newClient({
    ...options,
    maintNotifications: "disabled",
    disableOfflineQueue: true,
    commandsQueueMaxLength: 100_000,
    pingInterval: 1_500,
    socket: {
      ...options.socket,
      connectTimeout: 4_000,
      socketTimeout: 4_000,
      reconnectStrategy: false,
    },
  });
}
