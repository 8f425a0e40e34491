/**
 * Connections to the masters of a Redis Cluster, two to each, and which of them has which room. `createCluster` of the
 * client (6.3.1) is not used: it waits for a master that is away where an author should be told at once, it moves
 * subscriptions in promises that nobody holds, and it does not say when they are heard again.
 * @module
 */
import { ClientOfflineError } from "@redis/client";
import { systemClock } from "../../chat/clock.ts";
import { backoffMs } from "../../core/backoff.ts";
import type { RedisHost, RedisPlace } from "../../core/redis_url.ts";
import { log } from "../log.ts";
import { Alarm } from "./alarm.ts";
import { askOnce, loginTo } from "./ask.ts";
import { ClusterNode } from "./cluster_node.ts";
import { redirectOf } from "./redirects.ts";
import type { Ear, LinksWatch, RedisLinks } from "./links.ts";
import { addressOf, askSlots, slotOf, type SlotRange } from "./slots.ts";
import { within } from "../within.ts";

const REFRESH_MS = 5_000;
/** A failover takes seconds: there is no use in asking more often. */
const SOONEST_MS = 250;
const REDIRECTED_MS = 1_000;

/** How long a command is repeated while its room moves from one server to another. */
const MOVING_MS = 5_000;
const AGAIN = { firstMs: 20, longestMs: 500 } as const;

/** The connections to a cluster. */
export class RedisCluster implements RedisLinks {
  readonly publishing = "SPUBLISH";
  readonly #place: Extract<RedisPlace, { kind: "cluster" }>;
  readonly #ca: string | undefined;
  readonly #watch: LinksWatch;
  readonly #signal: AbortSignal;
  readonly #nodes = new Map<string, ClusterNode>();
  readonly #wanted = new Map<string, Ear>();
  readonly #alarm = new Alarm();
  readonly #subscribedAt = new Map<string, ClusterNode>();
  #ranges: readonly SlotRange[] = [];
  #trouble = "not connected yet";
  #refreshed = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();

  /** Connects in the background. */
  constructor(
    place: Extract<RedisPlace, { kind: "cluster" }>,
    ca: string | undefined,
    watch: LinksWatch,
    signal: AbortSignal,
  ) {
    this.#place = place;
    this.#ca = ca;
    this.#watch = watch;
    this.#signal = signal;
    this.#keep();
  }

  get trouble(): string | undefined {
    if (this.#nodes.size === 0) return this.#trouble;
    const links = [...this.#nodes.values()].flatMap((it) => [it.publisher, it.subscriber]);
    return links.map(({ trouble }) => trouble).find((trouble) => trouble !== undefined);
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
          if (await this.#redirect(key, node) === undefined) throw error;
        } else await systemClock.sleep(backoffMs(attempt, AGAIN, Math.random()), this.#signal);
      }
    }
  }

  /** Sends to a server, or this once to the one that it names instead. */
  async #sendTo({ publisher, host }: ClusterNode, command: readonly string[]): Promise<unknown> {
    try {
      return await publisher.send(command);
    } catch (error) {
      const redirect = redirectOf(error, host);
      if (redirect?.kind !== "ask") throw error;
      const known = this.#nodes.get(addressOf(redirect.to))?.publisher;
      if (known) return await known.send(command, true);
      // That server has no slots yet, so there is no connection to it.
      return await askOnce(loginTo(redirect.to, this.#place, this.#ca), [["ASKING"], command]);
    }
  }

  servers(): readonly ((command: readonly string[]) => Promise<unknown>)[] {
    return [...this.#nodes.values()].map((node) => (command) => node.publisher.send(command));
  }

  async subscribe(channel: string, ear: Ear): Promise<void> {
    this.#wanted.set(channel, ear);
    for (;;) {
      const [refreshed, changed] = [this.#refreshed.promise, this.#changed.promise];
      const node = this.#nodeOf(channel);
      try {
        if (node && await isFirst(this.#listen(node, channel, ear), changed)) return;
        await changed;
      } catch (error) {
        if (redirectOf(error)?.kind !== "moved") {
          this.#wanted.delete(channel);
          throw error;
        }
        this.#alarm.ring();
        await refreshed;
      }
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#wanted.delete(channel);
    const node = this.#subscribedAt.get(channel);
    this.#subscribedAt.delete(channel);
    await node?.subscriber.unsubscribe(channel);
  }

  async hearing(channel: string): Promise<void> {
    for (;;) {
      const changed = this.#changed.promise;
      const node = this.#nodeOf(channel);
      if (node && await isFirst(node.subscriber.ready(), changed)) return;
      await changed;
    }
  }

  async settle(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map(({ publisher }) => publisher.settle()));
  }

  async #keep(): Promise<void> {
    while (!this.#signal.aborted) {
      const soonest = systemClock.sleep(SOONEST_MS, this.#signal);
      try {
        this.#arrange(await this.#ask());
        this.#refreshed.resolve();
        this.#refreshed = Promise.withResolvers();
      } catch (error) {
        this.#lose(String(error));
      }
      await soonest;
      await this.#alarm.wait(REFRESH_MS, this.#signal);
    }
  }

  /** Asks those who are known and there, and then those who were named at first. */
  #ask(): Promise<readonly SlotRange[]> {
    const isThere = (range: SlotRange) => !this.#nodes.get(addressOf(range))?.publisher.trouble;
    const hosts = [...this.#ranges.filter(isThere), ...this.#place.hosts];
    return askSlots(hosts, this.#place, this.#ca);
  }

  /** Connects to masters that are new, leaves those that are none any more, and moves subscriptions. */
  #arrange(ranges: readonly SlotRange[]): void {
    const isSame = JSON.stringify(ranges) === JSON.stringify(this.#ranges);
    this.#ranges = ranges;
    const hosts = new Map(ranges.map((range) => [addressOf(range), range]));
    for (const [address, node] of this.#nodes) {
      if (hosts.has(address)) continue;
      this.#nodes.delete(address);
      node[Symbol.dispose]();
    }
    for (const [address, host] of hosts) {
      if (!this.#nodes.has(address)) this.#nodes.set(address, this.#open(host));
    }
    for (const [channel, ear] of this.#wanted) this.#move(channel, ear);
    if (isSame) return;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #open(host: RedisHost): ClusterNode {
    const channelMoved = (channel: string) => {
      this.#subscribedAt.delete(channel);
      this.#alarm.ring();
    };
    const init = {
      host,
      login: loginTo(host, this.#place, this.#ca),
      watch: this.#watch,
      lost: () => this.#alarm.ring(),
      channelMoved,
    };
    return new ClusterNode(init, this.#signal);
  }

  async #listen(node: ClusterNode, channel: string, ear: Ear): Promise<void> {
    this.#subscribedAt.set(channel, node);
    try {
      await node.subscriber.subscribe(channel, ear);
    } catch (error) {
      if (this.#subscribedAt.get(channel) === node) this.#subscribedAt.delete(channel);
      throw error;
    }
  }

  /** Subscribes where the channel is by now. Where that fails it is tried again after the next refreshing. */
  #move(channel: string, ear: Ear): void {
    const node = this.#nodeOf(channel);
    const before = this.#subscribedAt.get(channel);
    if (node === undefined || node === before) return;
    const complain = (error: unknown) =>
      log.warn("redis.not_subscribed", { channel, error: String(error) });
    before?.subscriber.unsubscribe(channel).catch(complain);
    this.#listen(node, channel, ear).catch(complain);
  }

  /** Where a key is that was not where it had been, if that can be found out soon. */
  async #redirect(key: string, before: ClusterNode): Promise<ClusterNode | undefined> {
    const refreshed = this.#refreshed.promise;
    this.#alarm.ring();
    try {
      await within(REDIRECTED_MS, "The slots were not told", refreshed);
      const node = this.#nodeOf(key);
      if (node === before) return undefined;
      await within(
        REDIRECTED_MS,
        "The server did not answer",
        node?.publisher.ready() ?? refreshed,
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

  #lose(error: string): void {
    if (error === this.#trouble || this.#signal.aborted) return;
    this.#trouble = error;
    log.warn("redis.cluster_lost", { error });
  }
}

/** Whether the first of both resolves before the other. */
function isFirst(first: Promise<void>, other: Promise<void>): Promise<boolean> {
  return Promise.race([first.then(() => true), other.then(() => false)]);
}
