/**
 * The two connections to one master of a cluster: one for commands, one for subscriptions.
 * @module
 */
import type { RedisHost } from "../../../core/config/redis_url.ts";
import type { ConnectOptions } from "./node_redis_client.ts";
import { RedisConnection } from "./connection.ts";
import type { RedisClientEvents } from "./client.ts";
import { addressOf } from "./slots.ts";

/** Options of a node. */
export interface ClusterNodeInit {
  /** The master's address. */
  readonly host: RedisHost;
  /** Address and credentials. */
  readonly connectOptions: ConnectOptions;
  /** Receives the events of both connections. */
  readonly events: RedisClientEvents;
  /** Called when a connection is lost. */
  readonly onLost: () => void;
  /** Called when a channel has moved to another node. */
  readonly onChannelMoved: (channel: string) => void;
}

/** A master of a cluster. Disposing of it closes its connections. */
export class ClusterNode implements Disposable {
  /** The master's address. */
  readonly host: RedisHost;
  /** Sends commands. */
  readonly publisher: RedisConnection;
  /** Receives published messages. */
  readonly subscriber: RedisConnection;
  readonly #life = new AbortController();

  /** Connects in the background. @param signal Closes the connections too. */
  constructor(
    { host, connectOptions, events, onLost, onChannelMoved }: ClusterNodeInit,
    signal: AbortSignal,
  ) {
    const { onSubscribed, onAvailable, roundTrips } = events;
    const address = addressOf(host);
    const locate = () => Promise.resolve({ address, connectOptions });
    const init = { isSharded: true, roundTrips, locate, onLost, onChannelMoved };
    const both = AbortSignal.any([this.#life.signal, signal]);
    const onReady = () => {
      onSubscribed();
      onAvailable();
    };
    this.host = host;
    this.publisher = new RedisConnection(
      { ...init, role: "publisher", onReady: onAvailable },
      both,
    );
    this.subscriber = new RedisConnection({ ...init, role: "subscriber", onReady }, both);
  }

  /** Closes both connections. */
  [Symbol.dispose](): void {
    this.#life.abort();
  }
}
