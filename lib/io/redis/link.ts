/**
 * A connection to Redis that is kept: a dead one is found within seconds, and another one is opened, to wherever the
 * server is by then, with the same subscriptions. The client's own reconnecting is not used: it knows one address only,
 * leaves a timer behind when it is given up, and one client has to serve a single Redis, a promoted one and a cluster's.
 * @module
 */
import { ClientOfflineError, ErrorReply } from "@redis/client";
import { systemClock } from "../../chat/clock.ts";
import { backoffMs } from "../../core/backoff.ts";
import type { Histogram } from "../../core/metrics.ts";
import { log } from "../log.ts";
import { Alarm } from "./alarm.ts";
import { type Client, type Login, openClient } from "./client.ts";
import type { Ear } from "./links.ts";
import {
  assertMaster,
  identify,
  isDemoted,
  NotMaster,
  type ServerIdentity,
  watchServer,
} from "./server_identity.ts";

/** A server, as it is to be reached now. */
export interface RedisDoor {
  /** For logs. */
  readonly at: string;
  /** How to get in. */
  readonly login: Login;
  /** Whether {@linkcode login} can lead to another server at any time, as a virtual address or a managed name does. */
  readonly isVirtual?: boolean;
  /** Rejects when the server is not the right one any more; until then it is pending. */
  moved?(signal: AbortSignal): Promise<never>;
}

/** What a link is told. */
export interface LinkInit {
  /** For logs. */
  readonly role: "publisher" | "subscriber";
  /** Whether it subscribes to the channels of a cluster's shard. */
  readonly isSharded: boolean;
  /** Where the server is; asked before each attempt. */
  readonly locate: () => Promise<RedisDoor>;
  /** Takes how long each command took, in seconds. */
  readonly roundTrips: Histogram;
  /** It is there, and so are its subscriptions. */
  readonly found?: () => void;
  /** It is not there. */
  readonly lost?: () => void;
  /** A channel is not this server's any more. */
  readonly channelMoved?: (channel: string) => void;
}

const RECONNECT = { firstMs: 100, longestMs: 3_000 } as const;

/** One connection, opened in the background and kept until the signal aborts. */
export class RedisLink {
  readonly #init: LinkInit;
  readonly #signal: AbortSignal;
  readonly #wanted = new Map<string, Ear>();
  // One function for all channels: the client tells apart who listens by it, also when a channel is left and joined again
  // before Redis has answered.
  readonly #hear: Ear = (message, channel) => this.#wanted.get(channel)?.(message, channel);
  readonly #alarm = new Alarm();
  #client: Client | undefined;
  #abandon: (error: Error) => void = () => {};
  #trouble = "not connected yet";
  #isRefused = false;
  #ready = Promise.withResolvers<void>();

  /** Connects at once; it does not matter whether Redis is there. */
  constructor(init: LinkInit, signal: AbortSignal) {
    this.#init = init;
    this.#signal = signal;
    this.#keep();
  }

  /** What is wrong; undefined while commands are taken. */
  get trouble(): string | undefined {
    return this.#client === undefined ? this.#trouble : undefined;
  }

  /** Resolves when commands are taken and what was subscribed is subscribed again. */
  async ready(): Promise<void> {
    while (this.trouble !== undefined) await this.#ready.promise;
  }

  /**
   * Sends a command. Rejects at once while the link is down. If the server answers that it is not a master, the link
   * leaves it.
   *
   * @param asking Whether another server of the cluster redirected the command here (Redis Cluster specification, "ASK").
   */
  send(command: readonly string[], asking = false): Promise<unknown> {
    const client = this.#client;
    if (client === undefined) return Promise.reject(new ClientOfflineError());
    const sentAt = systemClock.now();
    // ASKING holds for the next command of the connection only; if it fails, that command fails too.
    if (asking) client.sendCommand(["ASKING"]).catch(() => {});
    const answer = client.sendCommand(command);
    // Also where it fails: a Redis that hangs is slow, and not absent.
    const observe = () => this.#init.roundTrips.observe((systemClock.now() - sentAt) / 1000);
    answer.then(observe, (error: unknown) => {
      observe();
      if (isDemoted(error)) this.#leave(client, String(error));
    });
    return answer;
  }

  /** Checks now whether the server is still the right one. */
  look(): void {
    this.#alarm.ring();
  }

  /** Resolves when subscribed; from then on it is restored. Rejects where Redis refuses it. */
  async subscribe(channel: string, ear: Ear): Promise<void> {
    this.#wanted.set(channel, ear);
    try {
      if (this.#client) return await this.#listen(this.#client, [channel]);
    } catch (error) {
      if (error instanceof ErrorReply) {
        this.#wanted.delete(channel);
        throw error;
      }
    }
    // Lost or not there yet: it is restored with the others.
    await this.ready();
  }

  /** The channel may be subscribed again at once. */
  async unsubscribe(channel: string): Promise<void> {
    this.#wanted.delete(channel);
    if (this.#client) await this.#unlisten(this.#client, channel);
  }

  /** Resolves when all that was sent before has been answered. */
  async settle(): Promise<void> {
    if (this.#client) await this.send(["PING"]);
  }

  async #keep(): Promise<void> {
    for (let attempt = 0; !this.#signal.aborted; attempt++) {
      try {
        await this.#connect(() => attempt = 0);
      } catch (error) {
        this.#lose(error);
      }
      await systemClock.sleep(backoffMs(attempt, RECONNECT, Math.random()), this.#signal);
    }
  }

  /** One connection, from its beginning to its end, which is a rejection. */
  async #connect(found: () => void): Promise<never> {
    const door = await this.#init.locate();
    const life = new AbortController();
    const signal = AbortSignal.any([life.signal, this.#signal]);
    const over = Promise.withResolvers<never>();
    const client = openClient(door.login);
    client.on("error", over.reject);
    this.#abandon = over.reject;
    client.on("sharded-channel-moved", (channel: string) => this.#init.channelMoved?.(channel));
    signal.addEventListener("abort", () => over.reject(signal.reason), { once: true });
    try {
      const end = Promise.race([over.promise, ...(door.moved ? [door.moved(signal)] : [])]);
      const identity = await Promise.race([this.#enter(client, door), end]);
      found();
      log.info("redis.ready", { role: this.#init.role, at: door.at });
      this.#init.found?.();
      return await Promise.race([end, this.#watch(client, door, identity, signal)]);
    } finally {
      this.#client = undefined;
      client.destroy();
      life.abort();
    }
  }

  /** Connects, and rejects if the server is not a master. */
  async #enter(client: Client, { at }: RedisDoor): Promise<ServerIdentity | undefined> {
    await client.connect();
    const identity = await identify((command) => client.sendCommand(command));
    assertMaster(identity, at);
    await this.#restore(client);
    return identity;
  }

  #watch(
    client: Client,
    { at, login, isVirtual = false }: RedisDoor,
    identity: ServerIdentity | undefined,
    signal: AbortSignal,
  ): Promise<never> {
    const send = (command: readonly string[]) => client.sendCommand(command);
    const other = isVirtual ? login : undefined;
    return watchServer({ send, identity, at, login: other, alarm: this.#alarm }, signal);
  }

  /** Leaves the server, unless the answer came over an earlier connection. */
  #leave(client: Client, answer: string): void {
    if (this.#client === client) {
      this.#abandon(new NotMaster(`the server takes no writes: ${answer}`));
    }
  }

  /** Subscribes to all that is wanted, also to what is wanted only meanwhile, and takes commands from then on. */
  async #restore(client: Client): Promise<void> {
    const restored = new Set<string>();
    for (;;) {
      const missing = [...this.#wanted.keys()].filter((channel) => !restored.has(channel));
      if (missing.length === 0) break;
      await this.#listen(client, missing);
      for (const channel of missing) restored.add(channel);
    }
    if (!client.isReady || this.#signal.aborted) throw new ClientOfflineError();
    this.#client = client;
    this.#trouble = "the connection was lost";
    this.#isRefused = false;
    this.#ready.resolve();
    this.#ready = Promise.withResolvers<void>();
    const unwanted = [...restored].filter((channel) => !this.#wanted.has(channel));
    await Promise.all(unwanted.map((channel) => this.#unlisten(client, channel)));
  }

  async #listen(client: Client, channels: string[]): Promise<void> {
    if (!this.#init.isSharded) return await client.subscribe(channels, this.#hear);
    // One by one: one command may name channels of one slot only.
    await Promise.all(channels.map((channel) => client.sSubscribe(channel, this.#hear)));
  }

  /** Without naming who listens, the client (6.3.1) would lose a subscription made meanwhile. */
  async #unlisten(client: Client, channel: string): Promise<void> {
    try {
      if (this.#init.isSharded) await client.sUnsubscribe(channel, this.#hear);
      else await client.unsubscribe(channel, this.#hear);
    } catch (error) {
      // Where the connection is lost, the subscription is too.
      if (error instanceof ErrorReply) throw error;
    }
  }

  /** Says what is wrong once, and again when something else is. */
  #lose(error: unknown): void {
    if (this.#signal.aborted) return;
    this.#init.lost?.();
    const what = error instanceof NotMaster ? error.message : String(error);
    const wasRefused = this.#isRefused;
    this.#isRefused = error instanceof NotMaster;
    if (what === this.#trouble) return;
    this.#trouble = what;
    const { role } = this.#init;
    if (!this.#isRefused) log.warn("redis.lost", { role, error: what });
    // The subscriber is on the same server and would log the same.
    else if (!wasRefused && role === "publisher") log.warn("redis.not_master", { why: what });
  }
}
