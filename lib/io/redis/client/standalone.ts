/**
 * Two connections to one server, which may change after a failover: one for commands and one for subscriptions. Do not
 * merge them: a flood of published messages would delay the replies.
 * @module
 */
import { RedisConnection, type RedisEndpoint } from "./connection.ts";
import type { MessageListener, RedisClient, RedisClientEvents } from "./client.ts";

/** The connections to a single Redis, or to the master that the sentinels name. */
export class StandaloneRedis implements RedisClient {
  readonly publishCommand = "PUBLISH";
  readonly #publisher: RedisConnection;
  readonly #subscriber: RedisConnection;

  /** Connects in the background. */
  constructor(
    locate: () => Promise<RedisEndpoint>,
    events: RedisClientEvents,
    signal: AbortSignal,
  ) {
    const { onSubscribed, onAvailable, roundTrips } = events;
    const init = { locate, isSharded: false, roundTrips } as const;
    const publisher = {
      ...init,
      role: "publisher",
      onReady: onAvailable,
      // Both connections are to the same server, so the other one checks it too.
      onLost: () => this.#subscriber.checkNow(),
    } as const;
    const subscriber = {
      ...init,
      role: "subscriber",
      onReady: () => {
        onSubscribed();
        onAvailable();
      },
      onLost: () => this.#publisher.checkNow(),
    } as const;
    this.#publisher = new RedisConnection(publisher, signal);
    this.#subscriber = new RedisConnection(subscriber, signal);
  }

  get lastError(): string | undefined {
    return this.#publisher.lastError ?? this.#subscriber.lastError;
  }

  send(_key: string, command: readonly string[]): Promise<unknown> {
    return this.#publisher.send(command);
  }

  groupOf(): number {
    return 0;
  }

  servers(): readonly ((command: readonly string[]) => Promise<unknown>)[] {
    return [(command) => this.#publisher.send(command)];
  }

  subscribe(channel: string, listener: MessageListener): Promise<void> {
    return this.#subscriber.subscribe(channel, listener);
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#subscriber.unsubscribe(channel);
  }

  whenSubscribed(): Promise<void> {
    return this.#subscriber.whenReady();
  }

  flush(): Promise<void> {
    return this.#publisher.flush();
  }
}
