/**
 * How the Redis client is set up. Each option stands against something measured: a half-open connection is found only by
 * ping and socket timeout together; with an offline queue, drafts would be entered minutes after their authors were told
 * that they failed.
 * @module
 */
import { createClient } from "@redis/client";
import type { RedisHost } from "../../core/redis_url.ts";

/** A connection of the Redis client. */
export type Client = ReturnType<typeof createClient>;

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
