/**
 * Creates Redis clients. Each option prevents something that was measured: only ping and socket timeout together find a
 * half-open connection; with an offline queue, drafts would be entered minutes after their authors were told that they
 * failed.
 * @module
 */
import { createClient } from "@redis/client";
import type { RedisHost } from "../../core/redis_url.ts";
import type { Ear } from "./links.ts";

/** The used part of the Redis client. */
export interface Client {
  /** Whether commands are taken. */
  readonly isReady: boolean;
  /** Resolves when they are. */
  connect(): Promise<unknown>;
  /** Ends it at once. */
  destroy(): void;
  /** Listens to its errors. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Listens for channels that the server no longer has. */
  on(event: "sharded-channel-moved", listener: (channel: string) => void): unknown;
  /** Resolves to the answer; rejects with an error of the server. */
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

/** Address and credentials of a server. */
export interface Login {
  /** Instead of a host and a port. */
  readonly url?: string;
  /** Without it, the default one. */
  readonly username?: string;
  /** Of the user. */
  readonly password?: string;
  /** By its number. */
  readonly database?: number;
  /** Where, and which certificate authority to trust. */
  readonly socket?: Partial<RedisHost> | (Partial<RedisHost> & { tls: true; ca?: string });
}

/** A client that is not yet connected. Listen to its errors: without a listener, an error ends the process. */
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
