/**
 * A connection to Redis that reconnects: a dead connection is detected within seconds, and a new one is opened at the
 * server's current address, with the same subscriptions. Do not use the client's own reconnection: it knows only one
 * address, leaves a timer behind when it is stopped, and cannot follow a failover or a cluster.
 * @module
 */
import { ClientOfflineError, ErrorReply } from "@redis/client";
import { systemClock } from "../../../chat/ports/clock.ts";
import { backoffMs, STORE_RETRY } from "../../../core/backoff.ts";
import type { Histogram } from "../../../core/metrics/metrics.ts";
import { logger } from "../../logger.ts";
import { PollTimer } from "./poll_timer.ts";
import {
  type ConnectOptions,
  createNodeRedisClient,
  type NodeRedisClient,
} from "./node_redis_client.ts";
import type { MessageListener } from "./client.ts";
import {
  assertMaster,
  identify,
  isDemoted,
  NotMaster,
  type ServerIdentity,
  watchServer,
} from "./server_identity.ts";

/** A server and its current address. */
export interface RedisEndpoint {
  /** For log records. */
  readonly address: string;
  /** Address and credentials. */
  readonly connectOptions: ConnectOptions;
  /** Whether {@linkcode connectOptions} can lead to another server at any time, like a virtual IP or a managed DNS name. */
  readonly isVirtual?: boolean;
  /** Rejects when another server has taken over; pending until then. */
  whenMoved?(signal: AbortSignal): Promise<never>;
}

/** Options of a connection. */
export interface RedisConnectionInit {
  /** For log records. */
  readonly role: "publisher" | "subscriber";
  /** Whether subscriptions are sharded (SSUBSCRIBE), as in a cluster. */
  readonly isSharded: boolean;
  /** Returns the server's address; called before each attempt. */
  readonly locate: () => Promise<RedisEndpoint>;
  /** Observes the duration of each command, in seconds. */
  readonly roundTrips: Histogram;
  /** Called when the connection is open and its subscriptions are restored. */
  readonly onReady?: () => void;
  /** Called when the connection is lost or an attempt has failed. */
  readonly onLost?: () => void;
  /** Called when a channel has moved to another server. */
  readonly onChannelMoved?: (channel: string) => void;
}

/** One connection, opened in the background and reopened until the signal aborts. */
export class RedisConnection {
  readonly #init: RedisConnectionInit;
  readonly #signal: AbortSignal;
  readonly #subscriptions = new Map<string, MessageListener>();
  // One function for all channels: the client identifies listeners by it, even if a channel is unsubscribed and subscribed
  // again before Redis has answered.
  readonly #onMessage: MessageListener = (message, channel) =>
    this.#subscriptions.get(channel)?.(message, channel);
  readonly #timer = new PollTimer();
  #client: NodeRedisClient | undefined;
  #disconnect: (error: Error) => void = () => {};
  #lastError = "not connected yet";
  #isRefused = false;
  #ready = Promise.withResolvers<void>();

  /** Starts connecting; Redis need not be available. */
  constructor(init: RedisConnectionInit, signal: AbortSignal) {
    this.#init = init;
    this.#signal = signal;
    this.#keepConnected();
  }

  /** Why there is no connection; undefined while commands are accepted. */
  get lastError(): string | undefined {
    return this.#client === undefined ? this.#lastError : undefined;
  }

  /** Resolves when commands are accepted and subscriptions are restored. */
  async whenReady(): Promise<void> {
    while (this.lastError !== undefined) await this.#ready.promise;
  }

  /**
   * Sends a command. Rejects at once while there is no connection. If the server answers that it is not a master, the
   * connection is closed.
   *
   * @param asking Whether another server of the cluster redirected the command here (Redis Cluster specification, "ASK").
   */
  send(command: readonly string[], asking = false): Promise<unknown> {
    const client = this.#client;
    if (client === undefined) return Promise.reject(new ClientOfflineError());
    const sentAt = systemClock.now();
    // ASKING applies only to the next command of the connection; if it fails, that command fails too.
    if (asking) client.sendCommand(["ASKING"]).catch(() => {});
    const answer = client.sendCommand(command);
    // Observe failures too, so that a hanging Redis shows up as slow.
    const observe = () => this.#init.roundTrips.observe((systemClock.now() - sentAt) / 1000);
    answer.then(observe, (error: unknown) => {
      observe();
      if (isDemoted(error)) this.#leaveServer(client, String(error));
    });
    return answer;
  }

  /** Checks now, instead of at the next interval, whether the server is still the master. */
  checkNow(): void {
    this.#timer.wake();
  }

  /** Resolves when subscribed; restores the subscription after reconnections. Rejects if Redis refuses it. */
  async subscribe(channel: string, listener: MessageListener): Promise<void> {
    this.#subscriptions.set(channel, listener);
    try {
      if (this.#client) return await this.#subscribeChannels(this.#client, [channel]);
    } catch (error) {
      if (error instanceof ErrorReply) {
        this.#subscriptions.delete(channel);
        throw error;
      }
    }
    // Without a connection, it is subscribed together with the others when connected.
    await this.whenReady();
  }

  /** Unsubscribes. The channel may be subscribed again before this resolves. */
  async unsubscribe(channel: string): Promise<void> {
    this.#subscriptions.delete(channel);
    if (this.#client) await this.#unsubscribeChannel(this.#client, channel);
  }

  /** Resolves when all commands sent before have been answered. */
  async flush(): Promise<void> {
    if (this.#client) await this.send(["PING"]);
  }

  async #keepConnected(): Promise<void> {
    for (let attempt = 0; !this.#signal.aborted; attempt++) {
      try {
        await this.#connect(() => attempt = 0);
      } catch (error) {
        this.#onLost(error);
      }
      await systemClock.sleep(backoffMs(attempt, STORE_RETRY, Math.random()), this.#signal);
    }
  }

  /** Opens a connection and rejects when it ends. */
  async #connect(onConnected: () => void): Promise<never> {
    const endpoint = await this.#init.locate();
    const life = new AbortController();
    const signal = AbortSignal.any([life.signal, this.#signal]);
    const ended = Promise.withResolvers<never>();
    const client = createNodeRedisClient(endpoint.connectOptions);
    client.on("error", ended.reject);
    this.#disconnect = ended.reject;
    client.on("sharded-channel-moved", (channel: string) => this.#init.onChannelMoved?.(channel));
    signal.addEventListener("abort", () => ended.reject(signal.reason), { once: true });
    try {
      const end = Promise.race([
        ended.promise,
        ...(endpoint.whenMoved ? [endpoint.whenMoved(signal)] : []),
      ]);
      const identity = await Promise.race([this.#connectToMaster(client, endpoint), end]);
      onConnected();
      logger.info("redis.ready", { role: this.#init.role, at: endpoint.address });
      this.#init.onReady?.();
      return await Promise.race([end, this.#watchIdentity(client, endpoint, identity, signal)]);
    } finally {
      this.#client = undefined;
      client.destroy();
      life.abort();
    }
  }

  /** Rejects with {@linkcode NotMaster} if the server is not a master. */
  async #connectToMaster(
    client: NodeRedisClient,
    { address }: RedisEndpoint,
  ): Promise<ServerIdentity | undefined> {
    await client.connect();
    const identity = await identify((command) => client.sendCommand(command));
    assertMaster(identity, address);
    await this.#restoreSubscriptions(client);
    return identity;
  }

  #watchIdentity(
    client: NodeRedisClient,
    { address, connectOptions, isVirtual = false }: RedisEndpoint,
    identity: ServerIdentity | undefined,
    signal: AbortSignal,
  ): Promise<never> {
    const send = (command: readonly string[]) => client.sendCommand(command);
    const other = isVirtual ? connectOptions : undefined;
    return watchServer(
      { send, identity, address, connectOptions: other, timer: this.#timer },
      signal,
    );
  }

  /** Disconnects from the server, unless the answer came over an earlier connection. */
  #leaveServer(client: NodeRedisClient, answer: string): void {
    if (this.#client === client) {
      this.#disconnect(new NotMaster(`the server takes no writes: ${answer}`));
    }
  }

  /** Subscribes to all channels, including those added meanwhile, and then accepts commands. */
  async #restoreSubscriptions(client: NodeRedisClient): Promise<void> {
    const restored = new Set<string>();
    for (;;) {
      const missing = [...this.#subscriptions.keys()].filter((channel) => !restored.has(channel));
      if (missing.length === 0) break;
      await this.#subscribeChannels(client, missing);
      for (const channel of missing) restored.add(channel);
    }
    if (!client.isReady || this.#signal.aborted) throw new ClientOfflineError();
    this.#client = client;
    this.#lastError = "the connection was lost";
    this.#isRefused = false;
    this.#ready.resolve();
    this.#ready = Promise.withResolvers<void>();
    const unwanted = [...restored].filter((channel) => !this.#subscriptions.has(channel));
    await Promise.all(unwanted.map((channel) => this.#unsubscribeChannel(client, channel)));
  }

  async #subscribeChannels(client: NodeRedisClient, channels: string[]): Promise<void> {
    if (!this.#init.isSharded) return await client.subscribe(channels, this.#onMessage);
    // One command per channel: the channels of one command must be in the same slot.
    await Promise.all(channels.map((channel) => client.sSubscribe(channel, this.#onMessage)));
  }

  /** Always passes the listener: without it, the client (6.3.1) would lose a subscription made meanwhile. */
  async #unsubscribeChannel(client: NodeRedisClient, channel: string): Promise<void> {
    try {
      if (this.#init.isSharded) await client.sUnsubscribe(channel, this.#onMessage);
      else await client.unsubscribe(channel, this.#onMessage);
    } catch (error) {
      // If the connection is lost, so is the subscription.
      if (error instanceof ErrorReply) throw error;
    }
  }

  /** Logs an error once, until it changes. */
  #onLost(error: unknown): void {
    if (this.#signal.aborted) return;
    this.#init.onLost?.();
    const what = error instanceof NotMaster ? error.message : String(error);
    const wasRefused = this.#isRefused;
    this.#isRefused = error instanceof NotMaster;
    if (what === this.#lastError) return;
    this.#lastError = what;
    const { role } = this.#init;
    if (!this.#isRefused) logger.warn("redis.lost", { role, error: what });
    // The subscriber is on the same server and would log the same.
    else if (!wasRefused && role === "publisher") {
      logger.warn("redis.master_demoted", { why: what });
    }
  }
}
