/**
 * The bus over Redis: one order of entries for all instances, stored in Redis and announced over pub/sub. The rules of
 * `core/log` and `core/presence/lease_table.ts` are implemented a second time, in the Lua scripts: change both
 * together. Do not rely on announcements to be complete: after a connection was lost, gaps are found by the tops that are
 * announced when it is restored.
 * @module
 */
import type {
  Announcement,
  Bus,
  KnownPeople,
  PeopleTable,
  PresenceRegistry,
  PublishResult,
  ReadState,
  RoomHistory,
  Signal,
  Top,
} from "../../chat/ports/bus.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import type { DirectoryStore } from "../../chat/ports/directory_store.ts";
import type { RevocationStore } from "../../chat/ports/revocation_store.ts";
import type { UsedTokens } from "../../chat/ports/used_tokens.ts";
import { BatchQueue } from "../../chat/bus/batch_queue.ts";
import type { StoreQuota, StoreUsage } from "../../chat/bus/memory_store.ts";
import { PublishQueue } from "../../chat/bus/publish_queue.ts";
import { countRefusedWrite } from "../../chat/bus/refused_writes.ts";
import { retryWhileUnavailable } from "../../chat/retry.ts";
import { inPacedSlices } from "../../chat/bus/top_announcer.ts";
import { ReadCoalescer } from "../../chat/bus/read_coalescer.ts";
import { type PublishMetrics, publishMetrics, roundTripHistogram } from "../../chat/metrics.ts";
import { backoffMs, STORE_RETRY } from "../../core/backoff.ts";
import type { Draft, UserId } from "../../core/log/entry.ts";
import type { Claim, ClaimResult, Person } from "../../core/presence/lease_table.ts";
import { Metrics } from "../../core/metrics/metrics.ts";
import type { RoomId } from "../../core/names/names.ts";
import { formatPosition, type Position } from "../../core/log/position.ts";
import type { HistoryPage, Replay, StateAt } from "../../core/log/reading/log_reading.ts";
import type { StoredReceipt } from "../../core/log/room_log.ts";
import type { TicketStore } from "../auth/stored_tickets.ts";
import { logger } from "../logger.ts";
import { withTimeout } from "../timeout.ts";
import { channelOf, type RedisHistoryOptions, RedisRoomHistory } from "./history/room_history.ts";
import { RedisSubscriptions } from "./subscriptions.ts";
import type { MessageListener, RedisAddress, RedisClient } from "./client/client.ts";
import { openRedisClient } from "./client/connect.ts";
import { RedisProbe } from "./probe.ts";
import { RedisPresence } from "./stores/presence.ts";
import { RedisDirectory } from "./stores/directory.ts";
import { RedisRevocations } from "./stores/revocations.ts";
import { readScripts } from "./scripts.ts";
import { getOrCreateSecret } from "./stores/shared_secret.ts";
import { AnnouncementReceiver } from "./announcement_receiver.ts";
import { RoomTags } from "./room_tags.ts";
import { ServiceState } from "./stores/service_state.ts";
import { IntegrityReporter } from "./integrity_reporter.ts";
import { RedisSweeper } from "./history/sweeper.ts";
import { RedisTicketStore } from "./stores/ticket_store.ts";
import { RedisUsage } from "./stores/usage.ts";
import { RedisUsedTokens } from "./stores/used_tokens.ts";
import { RedisWriteAccess } from "./write_access.ts";
import { encodeSignal } from "./codec.ts";

const FLUSH_TIMEOUT_MS = 300;

/** Connects instances through a single Redis, a master behind sentinels, or a cluster. Dispose of it to disconnect. */
export class RedisBus implements Bus, RoomHistory, PresenceRegistry, AsyncDisposable {
  readonly #life = new AbortController();
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #client: RedisClient;
  readonly #history: RedisRoomHistory;
  readonly #presence: RedisPresence;
  readonly #publishQueue: PublishQueue<PublishResult>;
  readonly #subscriptions: RedisSubscriptions;
  readonly #metrics: PublishMetrics;
  readonly #queue = new BatchQueue<Announcement>();
  readonly #replays = new ReadCoalescer<Replay>();
  readonly #pages = new ReadCoalescer<HistoryPage>();
  readonly #states = new ReadCoalescer<StateAt>();
  readonly #probe: RedisProbe;
  readonly #writeAccess: RedisWriteAccess;
  readonly #task: Promise<void>;
  #back = Promise.withResolvers<void>();
  readonly #reporter: IntegrityReporter;
  readonly #tags = new RoomTags();
  readonly #usage: RedisUsage;
  readonly #sweeper: RedisSweeper;
  /** Tickets of all instances. */
  readonly tickets: TicketStore;
  /** The session tokens that guests have used. */
  readonly usedTokens: UsedTokens;
  readonly #revocations: RedisRevocations;
  readonly #directory: RedisDirectory;

  /** Reads the scripts from disk, and connects in the background. Throws a `RangeError` if the URL is invalid. */
  constructor(
    address: RedisAddress,
    options: RedisHistoryOptions & { readonly quota: StoreQuota },
    clock: Clock,
    metrics: Metrics = new Metrics(),
  ) {
    const { signal } = this.#life;
    const { prefix } = options;
    const scripts = readScripts();
    this.#clock = clock;
    this.#prefix = prefix;
    this.#metrics = publishMetrics(metrics);
    const roundTrips = roundTripHistogram(metrics);
    const events = {
      onSubscribed: () => this.#onSubscribed(),
      onAvailable: () => this.#onAvailable(),
      roundTrips,
    };
    this.#client = openRedisClient(address, events, signal);
    const client = this.#client;
    const state = new ServiceState(client, scripts.state, prefix, clock);
    const usage = this.#usage = new RedisUsage(client, state, options.quota, clock);
    const tags = this.#tags;
    const reporter = this.#reporter = new IntegrityReporter(clock, metrics);
    this.#history = new RedisRoomHistory(
      { client, scripts, state, usage, reporter, tags },
      options,
    );
    const history = this.#history;
    this.#presence = new RedisPresence(client, scripts.leases, prefix, reporter);
    this.#sweeper = new RedisSweeper({ client, prefix, history, state });
    this.tickets = new RedisTicketStore(client, prefix);
    this.#publishQueue = new PublishQueue(
      (room, drafts) => this.#append(room, drafts),
      clock,
      signal,
    );
    const announce = (announcement: Announcement) => this.#queue.push(announcement);
    const top = (room: RoomId) => history.top(room);
    const receiver = new AnnouncementReceiver(
      { prefix, tags, reporter, top, announce, clock },
      signal,
    );
    const listener: MessageListener = (payload, channel) => receiver.onMessage(payload, channel);
    const source = { channelOf: (room: RoomId) => channelOf(prefix, room), listener };
    this.#subscriptions = new RedisSubscriptions(this.#client, source, clock, signal);
    // Uses the common prefix, so that the ACL that allows the rooms' channels allows this one.
    const probeName = `${prefix}probe:${crypto.randomUUID()}`;
    this.#probe = new RedisProbe(client, this.#subscriptions, probeName);
    this.#writeAccess = new RedisWriteAccess(client, scripts.trial, probeName);
    const subscriptions = this.#subscriptions;
    const shared = { client, scripts, subscriptions, prefix, clock, reporter };
    this.#revocations = new RedisRevocations(shared);
    this.#directory = new RedisDirectory(shared);
    this.usedTokens = new RedisUsedTokens(shared);
    const count = () => this.#sweeper.count();
    this.#task = state.run(signal, options.quota.rooms === Infinity ? undefined : count);
  }

  publish(draft: Draft): Promise<PublishResult> {
    return countRefusedWrite(this.#publishQueue.publish(draft), this.#metrics.refused);
  }

  signal(room: RoomId, note: Signal): void {
    // Send synchronously if the tag is known: a note sent during shutdown must leave before the connection is closed.
    const tag = this.#tags.get(room);
    const sent = tag === undefined
      ? this.#fetchTag(room).then((fetched) => this.#sendSignal(room, note, fetched))
      : this.#sendSignal(room, note, tag);
    sent
      .catch((error: unknown) =>
        logger.debug("redis.signal_failed", { room, error: String(error) })
      );
  }

  subscribe(room: RoomId): Promise<void> {
    return this.#subscriptions.subscribe(room);
  }

  unsubscribe(room: RoomId): void {
    this.#subscriptions.unsubscribe(room);
  }

  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]> {
    return this.#queue.batches(signal);
  }

  /** The tops of all rooms whose log can be read; in a cluster these may be only some. Rejects if none can. */
  async topPositions(group?: number): Promise<readonly Top[]> {
    const { tops, failure } = await this.#readTops(group);
    if (failure && tops.length === 0) throw failure.reason;
    return tops;
  }

  async probe(): Promise<void> {
    await this.#probe.probe();
    await this.#writeAccess.check();
  }

  /** Deletes what has exceeded its retention, and counts the rooms. Rejects if Redis is unavailable. */
  sweep(): Promise<void> {
    return this.#sweeper.sweep();
  }

  /** What Redis takes, as far as it was read. */
  usage(): StoreUsage {
    return this.#usage.current();
  }

  /** Stores the revocations of all instances. */
  get revocations(): RevocationStore {
    return this.#revocations;
  }

  /** Members, names and invites. */
  get directory(): DirectoryStore {
    return this.#directory;
  }

  problems(): readonly string[] {
    return this.#reporter.problems();
  }

  whenBack(): Promise<void> {
    return this.#back.promise;
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    const key = `${room} ${formatPosition(since)} ${limit}`;
    return this.#replays.read(key, () => this.#history.replay(room, since, limit));
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<HistoryPage> {
    const key = `${room} ${before} ${limit}`;
    return this.#pages.read(key, () => this.#history.page(room, before, limit));
  }

  pageAfter(room: RoomId, after: number, limit: number): Promise<HistoryPage> {
    const key = `${room} after ${after} ${limit}`;
    return this.#pages.read(key, () => this.#history.pageAfter(room, after, limit));
  }

  state(room: RoomId): Promise<StateAt> {
    return this.#states.read(room, () => this.#history.state(room));
  }

  admission(room: RoomId, user: UserId): Promise<StateAt> {
    return this.#history.admission(room, user);
  }

  receipt(room: RoomId, user: UserId, id: string): Promise<StoredReceipt | undefined> {
    return this.#history.receipt(room, user, id);
  }

  readState(room: RoomId, user: UserId, after: number): Promise<ReadState> {
    return this.#history.readState(room, user, after);
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<boolean> {
    return this.#history.markRead(room, user, read);
  }

  claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    return this.#presence.claim(room, claim);
  }

  release(room: RoomId, user: UserId, node: string): Promise<void> {
    return this.#presence.release(room, user, node);
  }

  withdraw(room: RoomId, node: string): Promise<void> {
    return this.#presence.withdraw(room, node);
  }

  refresh(room: RoomId, node: string | undefined): Promise<PeopleTable> {
    return this.#presence.refresh(room, node);
  }

  renew(node: string, known: readonly KnownPeople[]): Promise<readonly RoomId[]> {
    return this.#presence.renew(node, known);
  }

  people(room: RoomId): Promise<readonly Person[]> {
    return this.#presence.people(room);
  }

  countPeople(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, number>> {
    return this.#presence.countPeople(rooms);
  }

  /** The secret that all instances on this Redis share. Stores the candidate if there is none. Waits for Redis. */
  async getOrCreateSecret(candidate: string): Promise<string> {
    const key = `${this.#prefix}session_secret`;
    const attempt = () => getOrCreateSecret(this.#client, key, candidate);
    const context = { clock: this.#clock, random: Math.random };
    // The probe's channel is subscribed as soon as Redis is available, so clients get a session token soon after they join.
    await this.#probe.ready;
    return await retryWhileUnavailable(attempt, context, this.#life.signal) ?? candidate;
  }

  /** Waits up to 300 ms for pending replies, then closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await withTimeout(FLUSH_TIMEOUT_MS, "Redis did not answer", this.#client.flush())
      .catch((error: unknown) => logger.warn("redis.drain_failed", { error: String(error) }));
    this.#life.abort();
    await this.#task;
  }

  async #append(room: RoomId, drafts: readonly Draft[]): Promise<readonly PublishResult[]> {
    const trialKey = `${this.#prefix}{${room}}:trial`;
    try {
      const results = await this.#history.append(room, drafts);
      const entered = results.filter(({ kind }) => kind === "entered").length;
      this.#metrics.published.add(entered);
      // A draft that is rejected writes nothing.
      if (entered > 0) this.#writeAccess.report(trialKey);
      return results;
    } catch (error) {
      this.#writeAccess.report(trialKey, error);
      throw error;
    }
  }

  /** Messages may have been missed. */
  #onSubscribed(): void {
    this.#revocations.onChanged();
    this.#directory.onChanged();
    void this.#announceTops();
  }

  #onAvailable(): void {
    this.#back.resolve();
    this.#back = Promise.withResolvers();
  }

  #sendSignal(room: RoomId, note: Signal, tag: string): Promise<unknown> {
    const channel = channelOf(this.#prefix, room);
    return this.#client.send(channel, [
      this.#client.publishCommand,
      channel,
      encodeSignal(note, tag),
    ]);
  }

  async #fetchTag(room: RoomId): Promise<string> {
    await this.#history.top(room);
    return this.#tags.get(room) ?? "";
  }

  async #readTops(group?: number) {
    const reads: Promise<readonly PromiseSettledResult<Top>[]>[] = [];
    // Do not await each slice: if some servers are unavailable, the others' tops must not be delayed.
    for await (
      const rooms of inPacedSlices(this.#subscriptions.rooms(group), this.#clock, this.#life.signal)
    ) {
      reads.push(this.#readTopsOf(rooms));
    }
    const results = (await Promise.all(reads)).flat();
    const tops = results.flatMap((it) => it.status === "fulfilled" ? [it.value] : []);
    return { tops, failure: results.find((it) => it.status === "rejected") };
  }

  async #readTopsOf(rooms: readonly RoomId[]): Promise<readonly PromiseSettledResult<Top>[]> {
    const known = await this.#history.tops(rooms);
    return await Promise.allSettled(rooms.map(async (room) => {
      const top = known.get(room) ?? await this.#history.top(room);
      return { kind: "top", room, top, isRead: true };
    }));
  }

  /** Announces the tops of all rooms until every read has succeeded, so that subscribers can find and fill gaps. */
  async #announceTops(): Promise<void> {
    const { signal } = this.#life;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const { tops, failure } = await this.#readTops();
      for (const top of tops) this.#queue.push(top);
      if (failure === undefined) return;
      await this.#clock.sleep(backoffMs(attempt, STORE_RETRY, Math.random()), signal);
    }
  }
}
