/**
 * Fakes that keep their ports' promises: a clock that the test advances, a socket that records, a bus that can become
 * unavailable.
 * @module
 */
import type {
  Authentication,
  Authenticator,
  TokenUser,
} from "../../lib/chat/ports/authenticator.ts";
import { BusUnavailable, type PublishResult } from "../../lib/chat/ports/bus.ts";
import type { Clock } from "../../lib/chat/ports/clock.ts";
import type { Socket } from "../../lib/chat/ports/connection_handler.ts";
import { EmbeddedBus } from "../../lib/chat/bus/embedded_bus.ts";
import { ConcurrencyLimit } from "../../lib/chat/concurrency_limit.ts";
import { AddressSanctions } from "../../lib/chat/moderation/address_sanctions.ts";
import { GuestPace } from "../../lib/chat/moderation/guest_pace.ts";
import { Sanctions } from "../../lib/chat/moderation/sanctions.ts";
import { WordFilter } from "../../lib/chat/moderation/word_filter.ts";
import { Hub, type HubContext } from "../../lib/chat/room/hub.ts";
import type { RulesListener } from "../../lib/chat/room/room_state_tracker.ts";
import { MemoryUsedTokens } from "../../lib/io/auth/memory_used_tokens.ts";
import { IndexRepairer } from "../../lib/chat/rooms/index_repairer.ts";
import { UserSessions } from "../../lib/chat/session/user_sessions.ts";
import { MemoryStore } from "../../lib/chat/bus/memory_store.ts";
import type { IssuedTicket, Tickets } from "../../lib/chat/ports/tickets.ts";
import type { ReturningUser, SessionTokens } from "../../lib/chat/ports/session_tokens.ts";
import { MemoryRevocations } from "../../lib/chat/revocations/memory_revocations.ts";
import { RevocationFeed } from "../../lib/chat/revocations/revocation_feed.ts";
import { KnownRevocations } from "../../lib/chat/revocations/known_revocations.ts";
import type { Subscriber } from "../../lib/chat/room/subscriber.ts";
import type { SessionContext } from "../../lib/chat/session/session.ts";
import { TICKET_MS } from "../../lib/core/auth/ticket.ts";
import { SharedBudgets } from "../../lib/core/limits/rate_limiter.ts";
import type { FrameEncoder } from "../../lib/core/protocol/encoder.ts";
import { type Author, type Draft, isUserId, type UserId } from "../../lib/core/log/entry.ts";
import type { CloseStatus } from "../../lib/core/protocol/close_codes.ts";
import type { Claim, ClaimResult } from "../../lib/core/presence/lease_table.ts";
import { nameKeys } from "../../lib/core/names/name_keys.ts";
import type { Backlog } from "../../lib/core/limits/send_pacing.ts";
import { type Name, parseName, parseRoom, type RoomId } from "../../lib/core/names/names.ts";
import type { Position } from "../../lib/core/log/position.ts";
import type { HistoryPage, Replay, StateAt } from "../../lib/core/log/reading/log_reading.ts";
import type { Retention } from "../../lib/core/log/retention.ts";
import { noMembers } from "./identity/members.ts";
import { emptyIndex, roomServices } from "./rooms.ts";

/** A name or a room, which the test must write correctly. */
export function name(text: string): Name {
  const parsed = parseName(text);
  if (parsed === undefined) throw new RangeError(`Not a name: ${text}`);
  return parsed;
}

/** Whether only one of two users in a room can have their name. */
export function isSameName(one: Name, other: Name): boolean {
  return nameKeys(one).some((key) => nameKeys(other).includes(key));
}

export function room(text: string): RoomId {
  const parsed = parseRoom(text);
  if (parsed === undefined) throw new RangeError(`Not a room: ${text}`);
  return parsed;
}

/** Lets everything run that only waits for its turn. */
export async function flushMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}

/** A clock that stands still until it is advanced. */
export class FakeClock implements Clock {
  #now = 0;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  date(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      });
    });
  }

  /** The number of sleepers. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Advances the clock, waking sleepers one by one in order. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await flushMicrotasks();
    for (;;) {
      this.#sleepers.sort((a, b) => a.until - b.until);
      const next = this.#sleepers[0];
      if (next === undefined || next.until > until) break;
      this.#sleepers.shift();
      this.#now = next.until;
      next.wake();
      await flushMicrotasks();
    }
    this.#now = until;
  }
}

/** A socket that records what is done with it. */
export class FakeSocket implements Socket {
  readonly sent: (string | Uint8Array)[] = [];
  readonly closeStatuses: CloseStatus[] = [];
  /** The number of waiting bytes that it reports. */
  bytes = 0;
  maxBytes = 1_048_576;

  send(message: string | Uint8Array): void {
    if (this.closeStatuses.length === 0) this.sent.push(message);
  }

  sendAll(messages: readonly string[]): void {
    for (const message of messages) this.send(message);
  }

  backlog(): Backlog {
    return { bytes: this.bytes, maxBytes: this.maxBytes };
  }

  close(status: CloseStatus): void {
    this.closeStatuses.push(status);
  }
}

/** Retains this much. */
export const AMPLE: Retention = { messages: 1_000, entries: 1_000, ageMs: Infinity };

/** Counts up, for values that must be unique. */
export function counter(word: string): () => string {
  let count = 0;
  return () => `${word}${++count}`;
}

type Availability = "well" | "away" | "forgetful";

/** A bus that works or fails as the test wants. */
export class FakeBus extends EmbeddedBus {
  readonly subscribed: RoomId[] = [];
  readonly unsubscribed: RoomId[] = [];
  /** The published drafts, whatever happened to them. */
  readonly published: Draft[] = [];
  /** Whether it reports when it works again. */
  saysWhenBack = true;
  /** Whether it answers; a forgetful one performs the operation and then reports an unknown outcome. */
  #availability: Availability = "well";
  #back = Promise.withResolvers<void>();
  #subscribing = Promise.withResolvers<void>();

  /** @param subscribes Whether following takes effect immediately, or only with {@linkcode letSubscribe}. */
  constructor(clock: Clock, subscribes: "at once" | "when let" = "at once") {
    super(new MemoryStore(clock, AMPLE, counter("epoch")), clock);
    if (subscribes === "at once") this.letSubscribe();
  }

  get availability(): Availability {
    return this.#availability;
  }

  set availability(availability: Availability) {
    this.#availability = availability;
    if (availability !== "well" || !this.saysWhenBack) return;
    this.#back.resolve();
    this.#back = Promise.withResolvers();
  }

  whenBack(): Promise<void> {
    return this.#back.promise;
  }

  letSubscribe(): void {
    this.#subscribing.resolve();
  }

  override async publish(draft: Draft): Promise<PublishResult> {
    if (this.availability === "away") throw this.#unavailable();
    this.published.push(draft);
    const result = await super.publish(draft);
    if (this.availability === "forgetful") throw this.#unavailable();
    return result;
  }

  override async subscribe(room: RoomId): Promise<void> {
    this.subscribed.push(room);
    await this.#subscribing.promise;
    await super.subscribe(room);
  }

  override unsubscribe(room: RoomId): void {
    this.unsubscribed.push(room);
    super.unsubscribe(room);
  }

  override async markRead(room: RoomId, user: UserId, read: Position): Promise<boolean> {
    if (this.availability !== "well") throw this.#unavailable();
    return await super.markRead(room, user, read);
  }

  override async page(
    room: RoomId,
    before: number | undefined,
    limit: number,
  ): Promise<HistoryPage> {
    if (this.availability !== "well") throw this.#unavailable();
    return await super.page(room, before, limit);
  }

  override async pageAfter(room: RoomId, after: number, limit: number): Promise<HistoryPage> {
    if (this.availability !== "well") throw this.#unavailable();
    return await super.pageAfter(room, after, limit);
  }

  override async state(room: RoomId): Promise<StateAt> {
    if (this.availability !== "well") throw this.#unavailable();
    return await super.state(room);
  }

  override async admission(room: RoomId, user: UserId): Promise<StateAt> {
    if (this.availability !== "well") throw this.#unavailable();
    return await super.admission(room, user);
  }

  override async replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    if (this.availability === "away") throw this.#unavailable();
    return await super.replay(room, since, limit);
  }

  override async claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    if (this.availability === "away") throw this.#unavailable();
    const result = await super.claim(room, claim);
    if (this.availability === "forgetful") throw this.#unavailable();
    return result;
  }

  /** Loses all presence, like a Redis that comes back empty. */
  async forgetLeases(room: RoomId): Promise<void> {
    for (const { user, nodes } of await this.people(room)) {
      for (const node of nodes) await this.release(room, user, node);
    }
  }

  override async probe(): Promise<void> {
    if (this.availability !== "well") throw new Error("the store is away");
    await super.probe();
  }

  #unavailable(): BusUnavailable {
    return new BusUnavailable("the store is away", {
      mayHaveApplied: this.availability === "forgetful",
    });
  }
}

/** No limits. */
export const UNLIMITED: SharedBudgets = new SharedBudgets({
  messagesPerSecond: 0,
  bytesPerSecond: 0,
});

/** Creates readable tokens, and accepts all of them. */
export class FakeSessionTokens implements SessionTokens {
  readonly isReady = true;
  readonly ready: Promise<void> = Promise.resolve();
  serviceId: string | undefined = "service-under-test";
  readonly #newId = counter("user_no_");

  newUserId(): UserId {
    const id = this.#newId();
    if (!isUserId(id)) throw new RangeError(`Not a user: ${id}`);
    return id;
  }

  userIdFor(seed: string): UserId {
    const id = `guest_of_${seed.replaceAll(/\W/g, "_")}`;
    if (!isUserId(id)) throw new RangeError(`Not a user: ${id}`);
    return id;
  }

  sign(
    { user, name }: Author,
    { since, device, serial }: Parameters<SessionTokens["sign"]>[1],
  ): string | undefined {
    const token = `${user}/${name}`;
    if (device) return `${token}/${since}/${device.id}/${device.serial}`;
    return serial === 0 ? token : `${token}/${since}/${serial}`;
  }

  verify(token: string): ReturningUser | undefined {
    const [user = "", text = "", since = "0", id = "0", serial] = token.split("/");
    if (!isUserId(user)) return undefined;
    const me = { user, name: name(text), hasGuestName: false, since: Number(since) };
    return serial === undefined
      ? { ...me, serial: Number(id) }
      : { ...me, serial: 0, device: { id, serial: Number(serial) } };
  }
}

/** A feed that is not running, on a store in memory. */
export function revocationFeed(clock: Clock = new FakeClock()): RevocationFeed {
  return new RevocationFeed(new MemoryRevocations(), { clock });
}

/** Revocations that have been read; there are none until the test adds some. */
export function noRevocations(): KnownRevocations {
  const known = new KnownRevocations();
  known.learn({ version: 1, added: [] });
  return known;
}

/** Knows the users that the test adds, each by a token, and refuses all others. */
export class FakeAuthenticator implements Authenticator {
  readonly users = new Map<string, TokenUser>();
  /** Set while the keys cannot be read. */
  isAway = false;
  /** Resolves what has been asked; by default at once. */
  whenLet: Promise<void> = Promise.resolve();

  async authenticate(token: string): Promise<Authentication> {
    await this.whenLet;
    if (this.isAway) return { kind: "refused", code: "unavailable", why: "the keys are away" };
    const known = this.users.get(token);
    return known
      ? { kind: "known", ...known }
      : { kind: "refused", code: "bad_token", why: "nobody has it" };
  }
}

/** Issues readable tickets that do not expire. */
export class FakeTickets implements Tickets {
  readonly users = new Map<string, TokenUser>();
  /** Set while the store cannot be reached. */
  isAway = false;

  async issue(user: TokenUser): Promise<IssuedTicket> {
    this.#requireStore();
    const ticket = `ticket${this.users.size}`;
    this.users.set(ticket, user);
    return await Promise.resolve({ ticket, expiresInMs: TICKET_MS });
  }

  async take(ticket: string): Promise<TokenUser | undefined> {
    this.#requireStore();
    const user = this.users.get(ticket);
    this.users.delete(ticket);
    return await Promise.resolve(user);
  }

  #requireStore(): void {
    if (this.isAway) throw new BusUnavailable("the store is away", { mayHaveApplied: true });
  }
}

/** A subscriber that accepts everything, and does only these parts. */
export function fakeSubscriber(
  user: UserId,
  encoder: FrameEncoder,
  parts: Partial<Subscriber> = {},
): Subscriber {
  const silent = {
    onJoined() {},
    onRefused() {},
    deliver() {},
    replay() {},
    onReadMarker() {},
    onRulesChanged() {},
  };
  return { ...silent, user, encoder, isBacklogged: () => false, readableAfter: () => 0, ...parts };
}

/** A chat without a network: a hub that receives the announcements of its bus, and sessions on it. */
export class FakeChat implements Disposable {
  readonly clock = new FakeClock();
  readonly bus: FakeBus;
  readonly hub: Hub;
  readonly context: SessionContext;
  readonly #life = new AbortController();
  /** Whether announcements of the bus reach the hub. */
  dropsAnnouncements = false;

  /** @param subscribes See {@linkcode FakeBus}. */
  constructor(
    subscribes?: "at once" | "when let",
    settings: Partial<SessionContext> = {},
    recoverLimit = 5,
    hubSettings: Pick<HubContext, "batchPolicy" | "sharesWrites" | "metrics"> = {},
  ) {
    const { clock } = this;
    const bus = this.bus = new FakeBus(clock, subscribes);
    const { guestName = "网友" } = settings;
    const common = { clock, bus, random: () => 0, guestName, newId: counter("id") };
    const members = noMembers(clock);
    const { names } = { ...members, ...settings };
    const userSessions = new UserSessions();
    const { roomIndex = emptyIndex() } = settings;
    const indexRepairer = new IndexRepairer({ roomIndex, clock });
    const pace = new GuestPace();
    const told: Pick<HubContext, "onUserSignal" | "onGuestSent" | "onRoomOpened"> = {
      onUserSignal: (signal) => userSessions.onSignal(signal),
      onGuestSent: (room, { address, at }) => pace.onSent(address, room, at),
      onRoomOpened: (room) => indexRepairer.repair(room),
    };
    const hubContext = { ...common, ...hubSettings, ...told, node: "node", recoverLimit, names };
    const hub = this.hub = new Hub(hubContext);
    const limits = {
      maxTextBytes: 100,
      maxMessageBytes: 1_000,
      maxRooms: 3,
      messagesPerSecond: 10,
      bytesPerSecond: 32_768,
      recoverLimit,
    };
    const server = { name: "parley", version: "0" };
    const serverInfo = { server, limits, heartbeat: { seconds: 25 } };
    const sessionTokens = new FakeSessionTokens();
    const own = { hub, sessionTokens, serverInfo, maxMessageBytes: 100, maxRooms: 3 };
    const access = {
      authenticator: new FakeAuthenticator(),
      tickets: new FakeTickets(),
      usedTokens: new MemoryUsedTokens(clock),
      words: new WordFilter(),
      revocations: noRevocations(),
      auth: "open",
      roomCreation: "anyone",
      appsModerate: false,
      ...members,
    } as const;
    const sanctions = new Sanctions(clock);
    const addressSanctions = new AddressSanctions({ ...common, sanctions, pace });
    const rules = { sanctions, addressSanctions };
    const rooms = roomServices({ bus, hub, clock }, roomIndex, userSessions);
    const reads = { limits: new SharedBudgets(limits), readLimit: new ConcurrencyLimit(16) };
    this.context = { ...common, ...own, ...access, ...rules, ...rooms, ...reads, ...settings };
    this.#forward();
    hub.run(this.#life.signal);
  }

  /** Follows the mutes and bans of the service, as workers do. */
  followSanctions(onChange: RulesListener): void {
    const { sanctions, addressSanctions } = this.context;
    sanctions.follow(this.hub, (event) => {
      onChange(event);
      addressSanctions.onEvent(event, (room) => this.hub.find(room));
    });
  }

  async #forward(): Promise<void> {
    for await (const announcements of this.bus.announcements(this.#life.signal)) {
      if (!this.dropsAnnouncements) this.hub.dispatch(announcements);
    }
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}
