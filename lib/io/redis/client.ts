/**
 * How the Redis client is set up. Each option stands against something measured: a half-open connection is found only by
 * ping and socket timeout together; with an offline queue, drafts would be entered minutes after their authors were told
 * that they failed.
 * @module
 */
import { createClient } from "@redis/client";
import type { RedisHost } from "../../core/redis_url.ts";
import type { Ear } from "./links.ts";

/** What is used of a connection of the Redis client. */
export interface Client {
  /** Whether commands are taken. */
  readonly isReady: boolean;
  /** Resolves when they are. */
  connect(): Promise<unknown>;
  /** Ends it at once. */
  destroy(): void;
  /** Listens to its errors. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Hears of a channel that its server no longer has. */
  on(event: "sharded-channel-moved", listener: (channel: string) => void): unknown;
  /** Resolves to the answer; rejects with what the server says where that is an error. */
  sendCommand(command: readonly string[]): Promise<unknown>;
  /** Resolves when subscribed. */
  subscribe(channels: string[], listener: Ear): Promise<void>;
  /** Resolves when not subscribed. */
  unsubscribe(channel: string, listener: Ear): Promise<void>;
  /** The same for a cluster's shard. */
  sSubscribe(channel: string, listener: Ear): Promise<void>;
  /** The same for a cluster's shard. */
  sUnsubscribe(channel: string, listener: Ear): Promise<void>;
}

/** What the client wants to know to get in. */
export interface Login {
  /** Instead of a host and a port. */
  readonly url?: string;
  /** Without it, the default one. */
  readonly username?: string;
  /** Of the user. */
  readonly password?: string;
  /** By its number. */
  readonly database?: number;
  /** Where, and by which trust. */
  readonly socket?: Partial<RedisHost> | (Partial<RedisHost> & { tls: true; ca?: string });
}

/** A client that is not yet connected. Whoever opens it must listen to its errors: without a listener one ends the process. */
export function openClient(login: Login): Client {
  return createClient({
    ...login,
    maintNotifications: "disabled",
    disableOfflineQueue: true,
    commandsQueueMaxLength: 100_000,
    pingInterval: 1_500,
    socket: {
      ...login.socket,
      connectTimeout: 4_000,
      socketTimeout: 4_000,
      reconnectStrategy: false,
    },
  });
}
