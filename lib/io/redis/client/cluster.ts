/**
 * Connections to the masters of a Redis Cluster, two to each, and the routing of rooms to masters. Do not use the client's
 * `createCluster` (6.3.1): commands wait for an unavailable master instead of failing at once, subscriptions are moved in
 * promises that are not awaited, and it does not report when they are restored.
 * @module
 */
import { ClientOfflineError } from "@redis/client";
import { systemClock } from "../../../chat/ports/clock.ts";
import { backoffMs } from "../../../core/backoff.ts";
import type { RedisHost, RedisTarget } from "../../../core/config/redis_url.ts";
import { logger } from "../../logger.ts";
import { PollTimer } from "./poll_timer.ts";
import { connectOptionsFor, sendOnce } from "./one_shot.ts";
import { ClusterNode } from "./cluster_node.ts";
import { redirectOf } from "./redirects.ts";
import type { MessageListener, RedisClient, RedisClientEvents } from "./client.ts";
import { addressOf, fetchSlots, slotOf, type SlotRange } from "./slots.ts";
import { withTimeout } from "../../timeout.ts";

const REFRESH_MS = 5_000;
/** A failover takes seconds, so more frequent queries are useless. */
const MIN_REFRESH_MS = 250;
const REDIRECTED_MS = 1_000;

/** Time for which a command is retried while its slot moves to another server. */
const MOVING_MS = 5_000;
const RETRY = { firstMs: 20, longestMs: 500 } as const;

/** The connections to a cluster; masters that join or leave are followed. */
export class RedisCluster implements RedisClient {
  readonly publishCommand = "SPUBLISH";
  readonly #target: Extract<RedisTarget, { kind: "cluster" }>;
  readonly #ca: string | undefined;
  readonly #events: RedisClientEvents;
  readonly #signal: AbortSignal;
  readonly #nodes = new Map<string, ClusterNode>();
  readonly #subscriptions = new Map<string, MessageListener>();
  readonly #timer = new PollTimer();
  readonly #subscribedAt = new Map<string, ClusterNode>();
  #ranges: readonly SlotRange[] = [];
  #lastError = "not connected yet";
  #refreshed = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();

  /** Connects in the background. */
  constructor(
    target: Extract<RedisTarget, { kind: "cluster" }>,
    ca: string | undefined,
    events: RedisClientEvents,
    signal: AbortSignal,
  ) {
    this.#target = target;
    this.#ca = ca;
    this.#events = events;
    this.#signal = signal;
    this.#keepRefreshed();
  }

  get lastError(): string | undefined {
    if (this.#nodes.size === 0) return this.#lastError;
    const connections = [...this.#nodes.values()].flatMap((it) => [it.publisher, it.subscriber]);
    return connections.map(({ lastError }) => lastError).find((error) => error !== undefined);
  }

  async send(key: string, command: readonly string[]): Promise<unknown> {
    const until = systemClock.now() + MOVING_MS;
    for (let attempt = 0;; attempt++) {
      const node = this.#nodeOf(key);
      if (node === undefined) throw new ClientOfflineError();
      try {
        return await this.#sendTo(node, command);
      } catch (error) {
        const redirect = redirectOf(error, node.host);
        if (redirect === undefined || systemClock.now() > until) throw error;
        if (redirect.kind === "moved") {
          if (await this.#findNewOwner(key, node) === undefined) throw error;
        } else await systemClock.sleep(backoffMs(attempt, RETRY, Math.random()), this.#signal);
      }
    }
  }

  /** Sends to a server, and follows an ASK redirect for this command only. */
  async #sendTo({ publisher, host }: ClusterNode, command: readonly string[]): Promise<unknown> {
    try {
      return await publisher.send(command);
    } catch (error) {
      const redirect = redirectOf(error, host);
      if (redirect?.kind !== "ask") throw error;
      const known = this.#nodes.get(addressOf(redirect.to))?.publisher;
      if (known) return await known.send(command, true);
      // That server owns no slots yet, so there is no connection to it.
      return await sendOnce(connectOptionsFor(redirect.to, this.#target, this.#ca), [
        ["ASKING"],
        command,
      ]);
    }
  }

  groupOf(key: string): number {
    return slotOf(key);
  }

  servers(): readonly ((command: readonly string[]) => Promise<unknown>)[] {
    return [...this.#nodes.values()].map((node) => (command) => node.publisher.send(command));
  }

  async subscribe(channel: string, listener: MessageListener): Promise<void> {
    this.#subscriptions.set(channel, listener);
    for (;;) {
      const [refreshed, changed] = [this.#refreshed.promise, this.#changed.promise];
      const node = this.#nodeOf(channel);
      try {
        if (node && await isFirst(this.#subscribeOn(node, channel, listener), changed)) return;
        await changed;
      } catch (error) {
        if (redirectOf(error)?.kind !== "moved") {
          this.#subscriptions.delete(channel);
          throw error;
        }
        this.#timer.wake();
        await refreshed;
      }
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#subscriptions.delete(channel);
    const node = this.#subscribedAt.get(channel);
    this.#subscribedAt.delete(channel);
    await node?.subscriber.unsubscribe(channel);
  }

  async whenSubscribed(channel: string): Promise<void> {
    for (;;) {
      const changed = this.#changed.promise;
      const node = this.#nodeOf(channel);
      if (node && await isFirst(node.subscriber.whenReady(), changed)) return;
      await changed;
    }
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map(({ publisher }) => publisher.flush()));
  }

  async #keepRefreshed(): Promise<void> {
    while (!this.#signal.aborted) {
      const minInterval = systemClock.sleep(MIN_REFRESH_MS, this.#signal);
      try {
        this.#applyRanges(await this.#fetchRanges());
        this.#refreshed.resolve();
        this.#refreshed = Promise.withResolvers();
      } catch (error) {
        this.#onLost(String(error));
      }
      await minInterval;
      await this.#timer.wait(REFRESH_MS, this.#signal);
    }
  }

  /** Queries the known reachable masters first, then the hosts in the URL. */
  #fetchRanges(): Promise<readonly SlotRange[]> {
    const isReachable = (range: SlotRange) =>
      !this.#nodes.get(addressOf(range))?.publisher.lastError;
    const hosts = [...this.#ranges.filter(isReachable), ...this.#target.hosts];
    return fetchSlots(hosts, this.#target, this.#ca);
  }

  /** Connects to new masters, disconnects from former ones, and moves subscriptions. */
  #applyRanges(ranges: readonly SlotRange[]): void {
    const isSame = JSON.stringify(ranges) === JSON.stringify(this.#ranges);
    this.#ranges = ranges;
    const hosts = new Map(ranges.map((range) => [addressOf(range), range]));
    for (const [address, node] of this.#nodes) {
      if (hosts.has(address)) continue;
      this.#nodes.delete(address);
      node[Symbol.dispose]();
    }
    for (const [address, host] of hosts) {
      if (!this.#nodes.has(address)) this.#nodes.set(address, this.#openNode(host));
    }
    for (const [channel, listener] of this.#subscriptions) {
      this.#moveSubscription(channel, listener);
    }
    if (isSame) return;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #openNode(host: RedisHost): ClusterNode {
    const onChannelMoved = (channel: string) => {
      this.#subscribedAt.delete(channel);
      this.#timer.wake();
    };
    const init = {
      host,
      connectOptions: connectOptionsFor(host, this.#target, this.#ca),
      events: this.#events,
      onLost: () => this.#timer.wake(),
      onChannelMoved,
    };
    return new ClusterNode(init, this.#signal);
  }

  async #subscribeOn(node: ClusterNode, channel: string, listener: MessageListener): Promise<void> {
    this.#subscribedAt.set(channel, node);
    try {
      await node.subscriber.subscribe(channel, listener);
    } catch (error) {
      if (this.#subscribedAt.get(channel) === node) this.#subscribedAt.delete(channel);
      throw error;
    }
  }

  /** Subscribes on the channel's current master. A failure is retried after the next refresh. */
  #moveSubscription(channel: string, listener: MessageListener): void {
    const node = this.#nodeOf(channel);
    const before = this.#subscribedAt.get(channel);
    if (node === undefined || node === before) return;
    const logFailure = (error: unknown) =>
      logger.warn("redis.subscribe_failed", { channel, error: String(error) });
    before?.subscriber.unsubscribe(channel).catch(logFailure);
    this.#subscribeOn(node, channel, listener).catch(logFailure);
  }

  /** Finds the new master of a key whose slot has moved; undefined if it is not known and connected within 2 s. */
  async #findNewOwner(key: string, before: ClusterNode): Promise<ClusterNode | undefined> {
    const refreshed = this.#refreshed.promise;
    this.#timer.wake();
    try {
      await withTimeout(REDIRECTED_MS, "The slots were not refreshed", refreshed);
      const node = this.#nodeOf(key);
      if (node === before) return undefined;
      await withTimeout(
        REDIRECTED_MS,
        "The server did not answer",
        node?.publisher.whenReady() ?? refreshed,
      );
      return node;
    } catch {
      return undefined;
    }
  }

  #nodeOf(key: string): ClusterNode | undefined {
    const slot = slotOf(key);
    const range = this.#ranges.find(({ first, last }) => first <= slot && slot <= last);
    return range && this.#nodes.get(addressOf(range));
  }

  #onLost(error: string): void {
    if (error === this.#lastError || this.#signal.aborted) return;
    this.#lastError = error;
    logger.warn("redis.cluster_unreachable", { error });
  }
}

/** Whether `first` resolves before `other`. */
function isFirst(first: Promise<void>, other: Promise<void>): Promise<boolean> {
  return Promise.race([first.then(() => true), other.then(() => false)]);
}
