/**
 * Stand-ins that keep their ports' promises: a clock that is turned by hand, a socket that remembers, a bus that can be
 * taken away.
 * @module
 */
import { type Announcement, type Bus, BusUnavailable, type Draft } from "../lib/chat/bus.ts";
import type { Clock } from "../lib/chat/clock.ts";
import type { Socket } from "../lib/chat/conversation.ts";
import type { Farewell } from "../lib/core/farewells.ts";
import { type Name, parseName, parseRoom, type RoomId } from "../lib/core/names.ts";

/** The name or room in a test, which is right by the test's making. */
export function name(text: string): Name {
  const parsed = parseName(text);
  if (parsed === undefined) throw new RangeError(`Not a name: ${text}`);
  return parsed;
}

export function room(text: string): RoomId {
  const parsed = parseRoom(text);
  if (parsed === undefined) throw new RangeError(`Not a room: ${text}`);
  return parsed;
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** A clock that stands still until it is turned. */
export class FakeClock implements Clock {
  #now = 0;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
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

  send(message: string | Uint8Array): void {
    if (this.farewells.length === 0) this.sent.push(message);
  }

  close(farewell: Farewell): void {
    this.farewells.push(farewell);
  }
}

/** A bus that says what the test wants: it may be away, lose a reply, or let a follower wait. */
export class FakeBus implements Bus {
  readonly published: Draft[] = [];
  readonly followed: RoomId[] = [];
  readonly unfollowed: RoomId[] = [];
  /** What becomes of a draft. */
  mood: "well" | "away" | "forgetful" = "well";
  #following = Promise.withResolvers<void>();

  /** @param follows Whether following takes effect at once, or only with {@linkcode letJoin}. */
  constructor(follows: "at once" | "when let" = "at once") {
    if (follows === "at once") this.letJoin();
  }

  letJoin(): void {
    this.#following.resolve();
  }

  publish(draft: Draft): Promise<void> {
    if (this.mood === "well") this.published.push(draft);
    if (this.mood === "well") return Promise.resolve();
    const perhapsSent = this.mood === "forgetful";
    return Promise.reject(new BusUnavailable("the store is away", { perhapsSent }));
  }

  follow(room: RoomId): Promise<void> {
    this.followed.push(room);
    return this.#following.promise;
  }

  unfollow(room: RoomId): void {
    this.unfollowed.push(room);
  }

  async *announcements(): AsyncIterable<readonly Announcement[]> {}

  probe(): Promise<void> {
    return this.mood === "well"
      ? Promise.resolve()
      : Promise.reject(new Error("the store is away"));
  }
}
