/**
 * The bus of a service that is alone. What was said is kept in a {@linkcode Store}; who is where is kept in memory, since
 * nobody is anywhere when the process has ended.
 * @module
 */
import type { Draft, UserId } from "../core/entries.ts";
import { type Claim, type ClaimResult, LeaseTable, type Person } from "../core/leases.ts";
import { Counter } from "../core/metrics.ts";
import type { RoomId } from "../core/names.ts";
import type { Position } from "../core/positions.ts";
import type { Outcome, Page, Replay } from "../core/room_log.ts";
import {
  type Announcement,
  type Archive,
  type Bus,
  Following,
  type Note,
  type Published,
  type Register,
  type Standing,
  type Top,
} from "./bus.ts";
import type { Clock } from "./clock.ts";
import { Mailbox } from "./mailbox.ts";
import { inPortions } from "./tops.ts";

/** Where the logs of all rooms are kept. All of it may reject with `BusUnavailable`: a disk can be full. */
export interface Store extends Archive {
  /** Does what `append` of `core/room_log.ts` says, for good: what has been answered survives the process's end. */
  append(draft: Draft): Promise<Outcome>;
  /** Rejects if nothing can be appended at the moment. */
  probe(): Promise<void>;
  /** See `Bus`. */
  problems(): readonly string[];
}

/** Never aborts: the pauses are short. */
const NEVER = new AbortController().signal;

/** The bus of one process. */
export class EmbeddedBus implements Bus, Archive, Register {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #published: Counter;
  readonly #following = new Following();
  readonly #mailbox = new Mailbox<Announcement>();
  readonly #leases = new Map<RoomId, LeaseTable>();

  /** A bus that keeps what is said in the store. @param published Counts what was acknowledged. */
  constructor(store: Store, clock: Clock, published: Counter = new Counter()) {
    this.#store = store;
    this.#clock = clock;
    this.#published = published;
  }

  async publish(draft: Draft): Promise<Published> {
    const outcome = await this.#store.append(draft);
    if (outcome.kind === "rejected") return outcome;
    this.#published.add();
    if (outcome.kind === "repeated") return { ...outcome.receipt, kind: "entered" };
    const { entry } = outcome;
    this.#announce(entry.room, { kind: "entry", entry });
    return { kind: "entered", position: entry.position, at: entry.at };
  }

  signal(room: RoomId, note: Note): void {
    this.#announce(room, { kind: "note", room, note });
  }

  follow(room: RoomId): Promise<void> {
    this.#following.add(room);
    return Promise.resolve();
  }

  unfollow(room: RoomId): void {
    this.#following.remove(room);
  }

  /** Whether somebody follows the room. */
  isFollowed(room: RoomId): boolean {
    return this.#following.has(room);
  }

  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]> {
    return this.#mailbox.batches(signal);
  }

  async tops(): Promise<readonly Top[]> {
    const tops: Top[] = [];
    // A store may answer in the same turn.
    for await (const rooms of inPortions(this.#following.rooms(), this.#clock, NEVER)) {
      tops.push(...await Promise.all(rooms.map((room) => this.#top(room))));
    }
    return tops;
  }

  probe(): Promise<void> {
    return this.#store.probe();
  }

  problems(): readonly string[] {
    return this.#store.problems();
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return this.#store.replay(room, since, limit);
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    return this.#store.page(room, before, limit);
  }

  standing(room: RoomId, user: UserId): Promise<Standing> {
    return this.#store.standing(room, user);
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<void> {
    return this.#store.markRead(room, user, read);
  }

  claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    const table = this.#leases.get(room) ?? new LeaseTable();
    this.#leases.set(room, table);
    return Promise.resolve(table.claim(claim, this.#clock.now()));
  }

  release(room: RoomId, user: UserId, node: string): Promise<void> {
    const table = this.#leases.get(room);
    table?.release(user, node);
    if (table?.isEmpty(this.#clock.now())) this.#leases.delete(room);
    return Promise.resolve();
  }

  withdraw(room: RoomId, node: string): Promise<void> {
    this.#leases.get(room)?.withdraw(node, this.#clock.now());
    return Promise.resolve();
  }

  renew(room: RoomId, node: string): Promise<boolean> {
    return Promise.resolve(this.#leases.get(room)?.renew(node, this.#clock.now()) ?? false);
  }

  people(room: RoomId): Promise<readonly Person[]> {
    return Promise.resolve(this.#leases.get(room)?.people(this.#clock.now()) ?? []);
  }

  async #top(room: RoomId): Promise<Top> {
    const { top } = await this.#store.page(room, undefined, 0);
    return { kind: "top", room, top, isRead: true };
  }

  #announce(room: RoomId, announcement: Announcement): void {
    if (this.#following.has(room)) this.#mailbox.put(announcement);
  }
}
