/**
 * Stand-ins that keep their ports' promises: a clock that is turned by hand, a socket that remembers, a bus that can be
 * taken away.
 * @module
 */
import { BusUnavailable, type Published } from "../lib/chat/bus.ts";
import type { Clock } from "../lib/chat/clock.ts";
import type { Socket } from "../lib/chat/conversation.ts";
import { EmbeddedBus } from "../lib/chat/embedded_bus.ts";
import { Turns } from "../lib/chat/turns.ts";
import { Hub } from "../lib/chat/hub.ts";
import { MemoryStore } from "../lib/chat/memory_store.ts";
import type { Identities, Identity } from "../lib/chat/identities.ts";
import type { SessionContext } from "../lib/chat/session.ts";
import { ConnectionLimits } from "../lib/core/allowance.ts";
import { type Author, type Draft, isUserId, type UserId } from "../lib/core/entries.ts";
import type { Farewell } from "../lib/core/farewells.ts";
import type { Claim, ClaimResult } from "../lib/core/leases.ts";
import { nameKeys } from "../lib/core/name_keys.ts";
import type { Backlog } from "../lib/core/pacing.ts";
import { type Name, parseName, parseRoom, type RoomId } from "../lib/core/names.ts";
import type { Position } from "../lib/core/positions.ts";
import type { Page, Replay, Retention } from "../lib/core/room_log.ts";

/** The name or room in a test, which is right by the test's making. */
export function name(text: string): Name {
  const parsed = parseName(text);
  if (parsed === undefined) throw new RangeError(`Not a name: ${text}`);
  return parsed;
}

/** Whether only one of two people in a room can have their name. */
export function isSameName(one: Name, other: Name): boolean {
  return nameKeys(one).some((key) => nameKeys(other).includes(key));
}

export function room(text: string): RoomId {
  const parsed = parseRoom(text);
  if (parsed === undefined) throw new RangeError(`Not a room: ${text}`);
  return parsed;
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}

/** A clock that stands still until it is turned. */
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

  /** How many sleep. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Turns the clock, waking sleepers one by one in their order. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      this.#sleepers.sort((a, b) => a.until - b.until);
      const next = this.#sleepers[0];
      if (next === undefined || next.until > until) break;
      this.#sleepers.shift();
      this.#now = next.until;
      next.wake();
      await settle();
    }
    this.#now = until;
  }
}

/** A socket that remembers what was done with it. */
export class FakeSocket implements Socket {
  readonly sent: (string | Uint8Array)[] = [];
  readonly farewells: Farewell[] = [];
  /** Number of waiting bytes that it reports. */
  bytes = 0;
  maxBytes = 1_048_576;

  send(message: string | Uint8Array): void {
    if (this.farewells.length === 0) this.sent.push(message);
  }

  backlog(): Backlog {
    return { bytes: this.bytes, maxBytes: this.maxBytes };
  }

  close(farewell: Farewell): void {
    this.farewells.push(farewell);
  }
}

/** Keeps so much. */
export const AMPLE: Retention = { messages: 1_000, entries: 1_000, ageMs: Infinity };

/** Counts up, for what must be unlike any other. */
export function counter(word: string): () => string {
  let count = 0;
  return () => `${word}${++count}`;
}

type Mood = "well" | "away" | "forgetful";

/** A bus that keeps its promises, or does not, as the test wants. */
export class FakeBus extends EmbeddedBus {
  readonly followed: RoomId[] = [];
  readonly unfollowed: RoomId[] = [];
  /** What was published, whatever became of it. */
  readonly published: Draft[] = [];
  /** Whether it says when it is well again. */
  saysWhenBack = true;
  /** Whether it answers; a forgetful one does what is asked for, and then says that it does not know. */
  #mood: Mood = "well";
  #back = Promise.withResolvers<void>();
  #following = Promise.withResolvers<void>();

  /** @param follows Whether following takes effect at once, or only with {@linkcode letJoin}. */
  constructor(clock: Clock, follows: "at once" | "when let" = "at once") {
    super(new MemoryStore(clock, AMPLE, counter("epoch")), clock);
    if (follows === "at once") this.letJoin();
  }

  get mood(): Mood {
    return this.#mood;
  }

  set mood(mood: Mood) {
    this.#mood = mood;
    if (mood !== "well" || !this.saysWhenBack) return;
    this.#back.resolve();
    this.#back = Promise.withResolvers();
  }

  whenBack(): Promise<void> {
    return this.#back.promise;
  }

  letJoin(): void {
    this.#following.resolve();
  }

  override async publish(draft: Draft): Promise<Published> {
    if (this.mood === "away") throw this.#unavailable();
    this.published.push(draft);
    const published = await super.publish(draft);
    if (this.mood === "forgetful") throw this.#unavailable();
    return published;
  }

  override async follow(room: RoomId): Promise<void> {
    this.followed.push(room);
    await this.#following.promise;
    await super.follow(room);
  }

  override unfollow(room: RoomId): void {
    this.unfollowed.push(room);
    super.unfollow(room);
  }

  override async markRead(room: RoomId, user: UserId, read: Position): Promise<void> {
    if (this.mood !== "well") throw this.#unavailable();
    await super.markRead(room, user, read);
  }

  override async page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    if (this.mood !== "well") throw this.#unavailable();
    return await super.page(room, before, limit);
  }

  override async replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    if (this.mood === "away") throw this.#unavailable();
    return await super.replay(room, since, limit);
  }

  override async claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    if (this.mood === "away") throw this.#unavailable();
    const result = await super.claim(room, claim);
    if (this.mood === "forgetful") throw this.#unavailable();
    return result;
  }

  /** Loses who is where, as a Redis does that comes back empty. */
  async forgetLeases(room: RoomId): Promise<void> {
    for (const { user, nodes } of await this.people(room)) {
      for (const node of nodes) await this.release(room, user, node);
    }
  }

  override async probe(): Promise<void> {
    if (this.mood !== "well") throw new Error("the store is away");
    await super.probe();
  }

  #unavailable(): BusUnavailable {
    return new BusUnavailable("the store is away", { perhapsSent: this.mood === "forgetful" });
  }
}

/** No limits. */
export const UNLIMITED: ConnectionLimits = new ConnectionLimits({
  messagesPerSecond: 0,
  bytesPerSecond: 0,
});

/** Makes tokens that are easy to read, and believes all of them. */
export class FakeIdentities implements Identities {
  readonly isReady = true;
  readonly ready: Promise<void> = Promise.resolve();
  service: string | undefined = "service-under-test";
  readonly #draw = counter("user_no_");

  draw(): UserId {
    const id = this.#draw();
    if (!isUserId(id)) throw new RangeError(`Not a user: ${id}`);
    return id;
  }

  sign({ user, name }: Author): string | undefined {
    return `${user}/${name}`;
  }

  verify(token: string): Identity | undefined {
    const [user = "", text = ""] = token.split("/");
    return isUserId(user) ? { user, name: name(text), isDrawn: false } : undefined;
  }
}

/** A chat without a network: a hub that hears its bus, and sessions on it. */
export class FakeChat implements Disposable {
  readonly clock = new FakeClock();
  readonly bus: FakeBus;
  readonly hub: Hub;
  readonly context: SessionContext;
  readonly #life = new AbortController();
  /** Whether what the bus announces gets to the hub. */
  isDeaf = false;

  /** @param follows See {@linkcode FakeBus}. */
  constructor(
    follows?: "at once" | "when let",
    settings: Partial<SessionContext> = {},
    recoverLimit = 5,
  ) {
    const { clock } = this;
    const bus = this.bus = new FakeBus(clock, follows);
    const common = { clock, bus, random: () => 0, guestName: "网友", drawId: counter("id") };
    const hub = this.hub = new Hub({ ...common, node: "node", recoverLimit });
    const limits = {
      maxTextBytes: 100,
      maxMessageBytes: 1_000,
      maxRooms: 3,
      messagesPerSecond: 10,
      bytesPerSecond: 32_768,
      recoverLimit,
    };
    const server = { name: "parley", version: "0" };
    const card = { server, limits, heartbeat: { seconds: 25 } };
    const identities = new FakeIdentities();
    const own = { hub, identities, card, maxMessageBytes: 100, maxRooms: 3 };
    const reads = { limits: new ConnectionLimits(limits), readTurns: new Turns(16) };
    this.context = { ...common, ...own, ...reads, ...settings };
    this.#carry();
    hub.run(this.#life.signal);
  }

  async #carry(): Promise<void> {
    for await (const heard of this.bus.announcements(this.#life.signal)) {
      if (!this.isDeaf) this.hub.receive(heard);
    }
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}
