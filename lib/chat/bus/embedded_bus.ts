/**
 * The bus of a single instance. Logs are kept in a {@linkcode Store}; presence is kept in memory, since no one is
 * present once the process has ended.
 * @module
 */
import type { Draft, UserId } from "../../core/log/entry.ts";
import {
  type Claim,
  type ClaimResult,
  LeaseTable,
  type Person,
} from "../../core/presence/lease_table.ts";
import { Metrics } from "../../core/metrics/metrics.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import type { HistoryPage, Replay, StateAt } from "../../core/log/reading/log_reading.ts";
import type { AppendResult, StoredReceipt } from "../../core/log/room_log.ts";
import {
  type Announcement,
  type Bus,
  type KnownPeople,
  type PeopleTable,
  type PresenceRegistry,
  type PublishResult,
  type ReadState,
  type RoomHistory,
  type Signal,
  SubscriptionCounts,
  type Top,
} from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import { type PublishMetrics, publishMetrics } from "../metrics.ts";
import { BatchQueue } from "./batch_queue.ts";
import { countRefusedWrite } from "./refused_writes.ts";
import { inPacedSlices } from "./top_announcer.ts";

/** Stores the logs of all rooms. All methods may reject with `BusUnavailable`, for example because the disk is full. */
export interface Store extends RoomHistory {
  /**
   * Appends by the rules of `append` in `core/log/room_log.ts`. What has been acknowledged survives the end of the
   * process.
   */
  append(draft: Draft): Promise<AppendResult>;
  /** The newest positions of rooms' logs. */
  tops(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, Position>>;
  /** Rejects if nothing can be appended at the moment. */
  probe(): Promise<void>;
  /** Problems that do not stop the store from working, described for operators. */
  problems(): readonly string[];
}

/** The version of the people of a room without a lease. */
const NO_TABLE = 0;
/** Never aborts: the pauses are short. */
const NEVER_ABORTS = new AbortController().signal;

/** The bus of one process. */
export class EmbeddedBus implements Bus, RoomHistory, PresenceRegistry {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #metrics: PublishMetrics;
  readonly #subscriptions = new SubscriptionCounts();
  readonly #queue = new BatchQueue<Announcement>();
  readonly #leases = new Map<RoomId, LeaseTable>();
  // No table continues with a version that another one of the same room has had.
  #nextVersion = NO_TABLE + 1;

  /** Publishes to the store. @param metrics Count acknowledged and refused drafts. */
  constructor(
    store: Store,
    clock: Clock,
    metrics: PublishMetrics = publishMetrics(new Metrics()),
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  publish(draft: Draft): Promise<PublishResult> {
    return countRefusedWrite(this.#append(draft), this.#metrics.refused);
  }

  signal(room: RoomId, signal: Signal): void {
    this.#announce(room, { kind: "signal", room, signal });
  }

  subscribe(room: RoomId): Promise<void> {
    this.#subscriptions.add(room);
    return Promise.resolve();
  }

  unsubscribe(room: RoomId): void {
    this.#subscriptions.remove(room);
  }

  /** Whether the room has subscriptions. */
  isSubscribed(room: RoomId): boolean {
    return this.#subscriptions.has(room);
  }

  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]> {
    return this.#queue.batches(signal);
  }

  async topPositions(group?: number): Promise<readonly Top[]> {
    const tops: Top[] = [];
    // In slices, since a store may answer in the same turn.
    for await (
      const rooms of inPacedSlices(this.#subscriptions.rooms(group), this.#clock, NEVER_ABORTS)
    ) {
      const positions = await this.#store.tops(rooms);
      for (const [room, top] of positions) tops.push({ kind: "top", room, top, isRead: true });
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

  pageAfter(room: RoomId, after: number, limit: number): Promise<HistoryPage> {
    return this.#store.pageAfter(room, after, limit);
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<HistoryPage> {
    return this.#store.page(room, before, limit);
  }

  state(room: RoomId): Promise<StateAt> {
    return this.#store.state(room);
  }

  admission(room: RoomId, user: UserId): Promise<StateAt> {
    return this.#store.admission(room, user);
  }

  receipt(room: RoomId, user: UserId, id: string): Promise<StoredReceipt | undefined> {
    return this.#store.receipt(room, user, id);
  }

  readState(room: RoomId, user: UserId, after: number): Promise<ReadState> {
    return this.#store.readState(room, user, after);
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<boolean> {
    return this.#store.markRead(room, user, read);
  }

  claim(room: RoomId, claim: Claim): Promise<ClaimResult> {
    const table = this.#leases.get(room) ?? new LeaseTable(this.#nextVersion);
    this.#leases.set(room, table);
    return Promise.resolve(table.claim(claim, this.#clock.now()));
  }

  release(room: RoomId, user: UserId, node: string): Promise<void> {
    const table = this.#leases.get(room);
    table?.release(user, node);
    if (table?.count(this.#clock.now()) === 0) {
      this.#leases.delete(room);
      this.#nextVersion = Math.max(this.#nextVersion, table.version + 1);
    }
    return Promise.resolve();
  }

  withdraw(room: RoomId, node: string): Promise<void> {
    this.#leases.get(room)?.withdraw(node, this.#clock.now());
    return Promise.resolve();
  }

  refresh(room: RoomId, node: string | undefined): Promise<PeopleTable> {
    const table = this.#leases.get(room);
    const now = this.#clock.now();
    if (node !== undefined) table?.renew(node, now);
    const people = table?.people(now) ?? [];
    return Promise.resolve({ version: String(table?.version ?? NO_TABLE), people });
  }

  renew(node: string, known: readonly KnownPeople[]): Promise<readonly RoomId[]> {
    const now = this.#clock.now();
    const changed = known.filter(({ room, version }) => {
      const table = this.#leases.get(room);
      table?.renew(node, now);
      return String(table?.version ?? NO_TABLE) !== version;
    });
    return Promise.resolve(changed.map(({ room }) => room));
  }

  people(room: RoomId): Promise<readonly Person[]> {
    return Promise.resolve(this.#leases.get(room)?.people(this.#clock.now()) ?? []);
  }

  countPeople(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, number>> {
    const now = this.#clock.now();
    const count = (room: RoomId) => this.#leases.get(room)?.count(now) ?? 0;
    return Promise.resolve(new Map(rooms.map((room) => [room, count(room)])));
  }

  async #append(draft: Draft): Promise<PublishResult> {
    const outcome = await this.#store.append(draft);
    if (outcome.kind === "rejected") return outcome;
    this.#metrics.published.add();
    if (outcome.kind === "repeated") return { ...outcome.receipt, kind: "entered" };
    const { entry } = outcome;
    this.#announce(entry.room, { kind: "entry", entry });
    return { kind: "entered", position: entry.position, at: entry.at };
  }

  #announce(room: RoomId, announcement: Announcement): void {
    if (this.#subscriptions.has(room)) this.#queue.push(announcement);
  }
}
