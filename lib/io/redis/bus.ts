/**
 * The bus over Redis: one order for all instances, kept there and announced by publish and subscribe. Its rules are those
 * of `core/room_log.ts` and `core/leases.ts`; the scripts beside this file are their second form. A newcomer might trust
 * what is announced to be whole: it is not, and what was announced while a link was away is known by the tops that come
 * when it is back.
 * @module
 */
import type {
  Announcement,
  Archive,
  Bus,
  Note,
  Published,
  Register,
  Standing,
  Top,
} from "../../chat/bus.ts";
import type { Clock } from "../../chat/clock.ts";
import { Mailbox } from "../../chat/mailbox.ts";
import type { StoreQuota } from "../../chat/memory_store.ts";
import { Outbox } from "../../chat/outbox.ts";
import { patiently } from "../../chat/patience.ts";
import { inPortions } from "../../chat/tops.ts";
import { SharedReads } from "../../chat/shared_reads.ts";
import { publishedCounter, roundTripHistogram } from "../../chat/meters.ts";
import { backoffMs } from "../../core/backoff.ts";
import type { Draft, UserId } from "../../core/entries.ts";
import type { Claim, ClaimResult, Person } from "../../core/leases.ts";
import { type Counter, Metrics } from "../../core/metrics.ts";
import type { RoomId } from "../../core/names.ts";
import { formatPosition, type Position } from "../../core/positions.ts";
import type { Page, Replay } from "../../core/room_log.ts";
import { log } from "../log.ts";
import { within } from "../within.ts";
import { type ArchiveOptions, channelOf, RedisArchive } from "./archive.ts";
import { RedisFollowing } from "./following.ts";
import { type Ear, type RedisAddress, type RedisLinks } from "./links.ts";
import { openLinks } from "./open.ts";
import { RedisProbe } from "./probe.ts";
import { RedisRegister } from "./register.ts";
import { readScripts } from "./script.ts";
import { agreeOnSecret } from "./secret.ts";
import { Listening } from "./listening.ts";
import { RoomTags } from "./room_tags.ts";
import { ServiceState } from "./service_state.ts";
import { Strays } from "./strays.ts";
import { RedisSweeper } from "./sweeper.ts";
import { Usage } from "./usage.ts";
import { encodeNote } from "./wire.ts";

const LAST_REPLIES_MS = 300;
const RETRY = { firstMs: 100, longestMs: 3_000 } as const;

/** Joins instances over one Redis, or over those that sentinels or a cluster name. */
export class RedisBus implements Bus, Archive, Register, AsyncDisposable {
  readonly #life = new AbortController();
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #links: RedisLinks;
  readonly #archive: RedisArchive;
  readonly #register: RedisRegister;
  readonly #outbox: Outbox<Published>;
  readonly #following: RedisFollowing;
  readonly #published: Counter;
  readonly #mailbox = new Mailbox<Announcement>();
  readonly #replays = new SharedReads<Replay>();
  readonly #pages = new SharedReads<Page>();
  readonly #probe: RedisProbe;
  readonly #task: Promise<void>;
  #back = Promise.withResolvers<void>();
  readonly #strays: Strays;
  readonly #tags = new RoomTags();
  readonly #sweeper: RedisSweeper;

  /** Reads the scripts, and connects in the background. */
  constructor(
    address: RedisAddress,
    options: ArchiveOptions & { readonly quota: StoreQuota },
    clock: Clock,
    metrics: Metrics = new Metrics(),
  ) {
    const { signal } = this.#life;
    const { prefix } = options;
    const scripts = readScripts();
    this.#clock = clock;
    this.#prefix = prefix;
    this.#published = publishedCounter(metrics);
    const roundTrips = roundTripHistogram(metrics);
    const watch = {
      heard: () => void this.#announceTops(),
      back: () => this.#comeBack(),
      roundTrips,
    };
    this.#links = openLinks(address, watch, signal);
    const links = this.#links;
    const state = new ServiceState(links, scripts.state, prefix, clock);
    const usage = new Usage(links, state, options.quota, clock);
    const tags = this.#tags;
    const strays = this.#strays = new Strays(clock, metrics);
    this.#archive = new RedisArchive({ links, scripts, state, usage, strays, tags }, options);
    const archive = this.#archive;
    this.#register = new RedisRegister(links, scripts.leases, prefix, strays);
    this.#sweeper = new RedisSweeper({ links, prefix, archive, state });
    this.#outbox = new Outbox((room, drafts) => this.#enter(room, drafts), clock, signal);
    const put = (announcement: Announcement) => this.#mailbox.put(announcement);
    const top = (room: RoomId) => archive.top(room);
    const listening = new Listening({ prefix, tags, strays, top, put, clock }, signal);
    const ear: Ear = (payload, channel) => listening.hear(payload, channel);
    const source = { channelOf: (room: RoomId) => channelOf(prefix, room), ear };
    this.#following = new RedisFollowing(this.#links, source, clock, signal);
    // Under the same prefix, so that it is allowed where the rooms are.
    this.#probe = new RedisProbe(links, this.#following, `${prefix}probe:${crypto.randomUUID()}`);
    const count = () => this.#sweeper.count();
    this.#task = state.run(signal, options.quota.rooms === Infinity ? undefined : count);
  }

  publish(draft: Draft): Promise<Published> {
    return this.#outbox.send(draft);
  }

  signal(room: RoomId, note: Note): void {
    // Synchronously if the tag is known: a note sent while stopping must leave before the connection is closed.
    const tag = this.#tags.of(room);
    const told = tag === undefined
      ? this.#learnTag(room).then((learned) => this.#tell(room, note, learned))
      : this.#tell(room, note, tag);
    told
      .catch((error: unknown) => log.debug("redis.note_lost", { room, error: String(error) }));
  }

  follow(room: RoomId): Promise<void> {
    return this.#following.follow(room);
  }

  unfollow(room: RoomId): void {
    this.#following.unfollow(room);
  }

  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]> {
    return this.#mailbox.batches(signal);
  }

  /** Of those rooms whose logs can be reached: in a cluster it may be some. Rejects where it is none. */
  async tops(): Promise<readonly Top[]> {
    const { tops, failure } = await this.#askTops();
    if (failure && tops.length === 0) throw failure.reason;
    return tops;
  }

  probe(): Promise<void> {
    return this.#probe.probe();
  }

  /** Drops what is too old, and counts the rooms. Rejects if Redis is away. */
  sweep(): Promise<void> {
    return this.#sweeper.sweep();
  }

  problems(): readonly string[] {
    return this.#strays.problems();
  }

  whenBack(): Promise<void> {
    return this.#back.promise;
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    const key = `${room} ${formatPosition(since)} ${limit}`;
    return this.#replays.read(key, () => this.#archive.replay(room, since, limit));
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    const key = `${room} ${before} ${limit}`;
    return this.#pages.read(key, () => this.#archive.page(room, before, limit));
  }

  standing(room: RoomId, user: UserId): Promise<Standing> {
    return this.#archive.standing(room, user);
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<void> {
    return this.#archive.markRead(room, user, read);
  }

  claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    return this.#register.claim(room, claim);
  }

  release(room: RoomId, user: UserId, node: string): Promise<void> {
    return this.#register.release(room, user, node);
  }

  withdraw(room: RoomId, node: string): Promise<void> {
    return this.#register.withdraw(room, node);
  }

  renew(room: RoomId, node: string): Promise<boolean> {
    return this.#register.renew(room, node);
  }

  people(room: RoomId): Promise<readonly Person[]> {
    return this.#register.people(room);
  }

  /** The secret that all instances on this Redis share; the candidate becomes it where there is none. Waits for Redis. */
  async agreeOnSecret(candidate: string): Promise<string> {
    const key = `${this.#prefix}session_secret`;
    const agree = () => agreeOnSecret(this.#links, key, candidate);
    const context = { clock: this.#clock, random: Math.random };
    // Redis is there when this is: so nobody has joined long before they can be given a token.
    await this.#probe.ready;
    return await patiently(agree, context, this.#life.signal) ?? candidate;
  }

  /** Waits a little for replies that are under way, then cuts all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await within(LAST_REPLIES_MS, "Redis did not answer", this.#links.settle())
      .catch((error: unknown) => log.warn("redis.not_drained", { error: String(error) }));
    this.#life.abort();
    await this.#task;
  }

  async #enter(room: RoomId, drafts: readonly Draft[]): Promise<readonly Published[]> {
    const answers = await this.#archive.enter(room, drafts);
    this.#published.add(answers.filter(({ kind }) => kind === "entered").length);
    return answers;
  }

  #comeBack(): void {
    this.#back.resolve();
    this.#back = Promise.withResolvers();
  }

  #tell(room: RoomId, note: Note, tag: string): Promise<unknown> {
    const channel = channelOf(this.#prefix, room);
    return this.#links.send(channel, [this.#links.publishing, channel, encodeNote(note, tag)]);
  }

  async #learnTag(room: RoomId): Promise<string> {
    await this.#archive.top(room);
    return this.#tags.of(room) ?? "";
  }

  async #askTops() {
    const asked: Promise<readonly PromiseSettledResult<Top>[]>[] = [];
    // The replies are not waited for in between: where some servers are away, the others tell at once.
    for await (const rooms of inPortions(this.#following.rooms(), this.#clock, this.#life.signal)) {
      asked.push(Promise.allSettled(rooms.map((room) => this.#askTop(room))));
    }
    const results = (await Promise.all(asked)).flat();
    const tops = results.flatMap((it) => it.status === "fulfilled" ? [it.value] : []);
    return { tops, failure: results.find((it) => it.status === "rejected") };
  }

  async #askTop(room: RoomId): Promise<Top> {
    return { kind: "top", room, top: await this.#archive.top(room), isRead: true };
  }

  /** What was announced while the subscriptions were away is missed no longer than this takes. */
  async #announceTops(): Promise<void> {
    const { signal } = this.#life;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const { tops, failure } = await this.#askTops();
      for (const top of tops) this.#mailbox.put(top);
      if (failure === undefined) return;
      await this.#clock.sleep(backoffMs(attempt, RETRY, Math.random()), signal);
    }
  }
}
