/**
 * Connections to the masters of a Redis Cluster, two to each, and which of them has which room. `createCluster` of the
 * client (6.3.1) is not used: it waits for a master that is away where an author should be told at once, it moves
 * subscriptions in promises that nobody holds, and it does not say when they are heard again.
 * @module
 */
import { ClientOfflineError, ErrorReply } from "@redis/client";
import { systemClock } from "../../chat/clock.ts";
import type { RedisHost, RedisPlace } from "../../core/redis_url.ts";
import { log } from "../log.ts";
import { loginTo } from "./ask.ts";
import { RedisLink } from "./link.ts";
import type { Ear, LinksWatch, RedisLinks } from "./links.ts";
import { addressOf, askSlots, slotOf, type SlotRange } from "./slots.ts";
import { within } from "../within.ts";

const REFRESH_MS = 5_000;
/** A failover takes seconds: there is no use in asking more often. */
const SOONEST_MS = 250;
const REDIRECTED_MS = 1_000;

/** A master. */
interface Node {
  readonly publisher: RedisLink;
  readonly subscriber: RedisLink;
  readonly life: AbortController;
}

/** The connections to a cluster. */
export class RedisCluster implements RedisLinks {
  readonly publishing = "SPUBLISH";
  readonly #place: Extract<RedisPlace, { kind: "cluster" }>;
  readonly #ca: string | undefined;
  readonly #watch: LinksWatch;
  readonly #signal: AbortSignal;
  readonly #nodes = new Map<string, Node>();
  readonly #wanted = new Map<string, Ear>();
  readonly #subscribedAt = new Map<string, Node>();
  #ranges: readonly SlotRange[] = [];
  #trouble = "not connected yet";
  #refreshed = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();
  #poke = Promise.withResolvers<void>();

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
    signal.addEventListener("abort", () => this.#poke.resolve(), { once: true });
    this.#keep();
  }

  get trouble(): string | undefined {
    if (this.#nodes.size === 0) return this.#trouble;
    const links = [...this.#nodes.values()].flatMap((it) => [it.publisher, it.subscriber]);
    return links.map(({ trouble }) => trouble).find((trouble) => trouble !== undefined);
  }

  async send(key: string, command: readonly string[]): Promise<unknown> {
    const node = this.#nodeOf(key);
    if (node === undefined) throw new ClientOfflineError();
    try {
      return await node.publisher.send(command);
    } catch (error) {
      if (!isMoved(error)) throw error;
      const next = await this.#redirect(key, node);
      if (next === undefined) throw error;
      return await next.publisher.send(command);
    }
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
        if (!isMoved(error)) {
          this.#wanted.delete(channel);
          throw error;
        }
        this.#poke.resolve();
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
      await this.#pokedOrDue();
    }
  }

  async #pokedOrDue(): Promise<void> {
    const due = new AbortController();
    await Promise.race([this.#poke.promise, systemClock.sleep(REFRESH_MS, due.signal)]);
    due.abort();
    if (!this.#signal.aborted) this.#poke = Promise.withResolvers();
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
    for (const [address, { life }] of this.#nodes) {
      if (hosts.has(address)) continue;
      this.#nodes.delete(address);
      life.abort();
    }
    for (const [address, host] of hosts) {
      if (!this.#nodes.has(address)) this.#nodes.set(address, this.#open(address, host));
    }
    for (const [channel, ear] of this.#wanted) this.#move(channel, ear);
    if (isSame) return;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #open(at: string, host: RedisHost): Node {
    const life = new AbortController();
    const signal = AbortSignal.any([life.signal, this.#signal]);
    const { heard, roundTrips } = this.#watch;
    const init = {
      isSharded: true,
      roundTrips,
      locate: () => Promise.resolve({ at, login: loginTo(host, this.#place, this.#ca) }),
      lost: () => this.#poke.resolve(),
      channelMoved: (channel: string) => {
        this.#subscribedAt.delete(channel);
        this.#poke.resolve();
      },
    };
    const publisher = new RedisLink({ ...init, role: "publisher" }, signal);
    const hearing = { role: "subscriber", found: heard } as const;
    return { publisher, subscriber: new RedisLink({ ...init, ...hearing }, signal), life };
  }

  async #listen(node: Node, channel: string, ear: Ear): Promise<void> {
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
  async #redirect(key: string, before: Node): Promise<Node | undefined> {
    const refreshed = this.#refreshed.promise;
    this.#poke.resolve();
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

  #nodeOf(key: string): Node | undefined {
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

function isMoved(error: unknown): boolean {
  return error instanceof ErrorReply && error.message.startsWith("MOVED");
}

/** Whether the first of both resolves before the other. */
function isFirst(first: Promise<void>, other: Promise<void>): Promise<boolean> {
  return Promise.race([first.then(() => true), other.then(() => false)]);
}
