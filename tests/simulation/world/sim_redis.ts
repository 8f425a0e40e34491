/**
 * An in-memory Redis shared by all nodes, with the rules of `core/log` and
 * `core/presence/lease_table.ts`. It can fail as Redis does: return to an earlier
 * state, as when a replica is promoted, or become empty.
 * @module
 */
import type {
  Announcement,
  KnownPeople,
  PeopleTable,
  PublishResult,
  ReadState,
  Top,
} from "../../../lib/chat/ports/bus.ts";
import type { Draft, Entry, UserId } from "../../../lib/core/log/entry.ts";
import type { Claim, ClaimResult, Person } from "../../../lib/core/presence/lease_table.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import { ensureHead, resolvePosition, startEpoch, topOf } from "../../../lib/core/log/epochs.ts";
import {
  type HistoryPage,
  readPage,
  readPageAfter,
  type Replay,
  replaySince,
  type StateAt,
} from "../../../lib/core/log/reading/log_reading.ts";
import { advancesReadMarker } from "../../../lib/core/log/reading/read_markers.ts";
import { admissionState } from "../../../lib/core/log/room_state.ts";
import type { Retention } from "../../../lib/core/log/retention.ts";
import {
  append,
  type AppendResult,
  type LogContext,
  type StoredReceipt,
} from "../../../lib/core/log/room_log.ts";
import type { Contents, ListRoomStorage } from "../../core/log/list_room_storage.ts";
import { LeaseHistory } from "../oracles/lease_history.ts";
import type { Mutant } from "./mutant.ts";
import type { SimClock } from "./sim_clock.ts";
import { RoomOracle } from "../oracles/room_oracle.ts";

interface SimRoom {
  readonly storage: ListRoomStorage;
  /** The server that numbered last. */
  server: string;
  reads: ReadonlyMap<UserId, Position>;
  leases: LeaseHistory;
}

/** The contents of a Redis at one time. */
type Snapshot = ReadonlyMap<RoomId, {
  readonly contents: Contents;
  readonly server: string;
  readonly reads: ReadonlyMap<UserId, Position>;
  readonly leases: LeaseHistory;
  readonly leaseCount: number;
  readonly log: readonly Entry[];
}>;

/** Watches the logs. */
export interface LogWatcher {
  /** A draft was judged; an entry that it has become is not in the oracle's log yet. */
  onAppend(draft: Draft, result: AppendResult): void;
  /** An entry is in the log. */
  onEntered(entry: Entry): void;
  /** The log of a room has become another one. */
  onLogChanged(room: RoomId): void;
}

/** What a Redis depends on. */
export interface RedisContext {
  readonly clock: SimClock;
  readonly retention: Retention;
  readonly mutant: Pick<Mutant, "makeRoomStorage" | "startsEpochs" | "takenOver" | "endedFields">;
  /** Reports a violation. */
  readonly reportViolation: (what: string) => void;
  /** Undefined in a world without moderators or private rooms. */
  readonly watcher?: LogWatcher | undefined;
}

/** One Redis. */
export class SimRedis {
  /** Receives all announcements; each listener checks its own subscriptions. */
  readonly listeners = new Set<(room: RoomId, announcement: Announcement) => void>();
  readonly #context: RedisContext;
  readonly #oracles = new Map<RoomId, RoomOracle>();
  readonly #rooms = new Map<RoomId, SimRoom>();
  #snapshot: Snapshot = new Map();
  #lastNumber = 0;
  #server = "server0";

  constructor(context: RedisContext) {
    this.#context = context;
  }

  /** The oracle of a room. */
  oracle(room: RoomId): RoomOracle {
    const oracle = this.#oracles.get(room) ??
      new RoomOracle(room, this.#context.retention.entries);
    this.#oracles.set(room, oracle);
    return oracle;
  }

  append(draft: Draft): PublishResult {
    const room = this.#room(draft.room);
    if (room.server !== this.#server && this.#context.mutant.startsEpochs) {
      const [head, epoch] = [ensureHead(room.storage, this.#logContext()), this.#newEpoch()];
      this.oracle(draft.room).startEpoch(epoch, topOf(head));
      room.storage.setHead(startEpoch(head, epoch));
      room.server = this.#server;
    }
    const outcome = append(room.storage, draft, this.#logContext());
    this.#context.watcher?.onAppend(draft, outcome);
    if (outcome.kind === "rejected") return outcome;
    if (outcome.kind === "repeated") return { ...outcome.receipt, kind: "entered" };
    const { entry } = outcome;
    const wrong = this.oracle(draft.room).add(entry);
    if (wrong) this.#context.reportViolation(wrong);
    this.#context.watcher?.onEntered(entry);
    this.announce(entry.room, { kind: "entry", entry });
    return { kind: "entered", position: entry.position, at: entry.at };
  }

  announce(room: RoomId, announcement: Announcement): void {
    for (const listener of this.listeners) listener(room, announcement);
  }

  top(room: RoomId): Top {
    const top = topOf(ensureHead(this.#room(room).storage, this.#logContext()));
    return { kind: "top", room, top, isRead: true };
  }

  replay(room: RoomId, since: Position, limit: number): Replay {
    return replaySince(this.#room(room).storage, since, limit, this.#logContext());
  }

  page(room: RoomId, before: number | undefined, limit: number): HistoryPage {
    return readPage(this.#room(room).storage, before, limit, this.#logContext());
  }

  pageAfter(room: RoomId, after: number, limit: number): HistoryPage {
    return readPageAfter(this.#room(room).storage, after, limit, this.#logContext());
  }

  state(room: RoomId): StateAt {
    const { storage } = this.#room(room);
    const top = topOf(ensureHead(storage, this.#logContext()));
    return { top, fields: storage.contents.state };
  }

  admission(room: RoomId, user: UserId): StateAt {
    const { top, fields } = this.state(room);
    return { top, fields: admissionState(fields, user) };
  }

  receipt(room: RoomId, user: UserId, id: string): StoredReceipt | undefined {
    return this.#room(room).storage.receipt(user, id);
  }

  readState(room: RoomId, user: UserId, after: number): ReadState {
    const { storage, reads } = this.#room(room);
    const read = reads.get(user);
    const seen = read ? resolvePosition(ensureHead(storage, this.#logContext()), 0, read).after : 0;
    const kept = storage.messages(Infinity, -Infinity);
    const from = Math.max(seen, after);
    return { read, unread: kept.filter(({ position }) => position.seq > from).length };
  }

  markRead(room: RoomId, user: UserId, read: Position): boolean {
    const one = this.#room(room);
    const head = ensureHead(one.storage, this.#logContext());
    const isFurther = head.top > 0 && advancesReadMarker(head, one.reads.get(user), read);
    if (isFurther) one.reads = new Map(one.reads).set(user, read);
    return isFurther;
  }

  claim(room: RoomId, claim: Claim): ClaimResult {
    return this.#room(room).leases.claim(claim, this.#context.clock.now());
  }

  release(room: RoomId, user: UserId, node: string): void {
    this.#room(room).leases.release(user, node);
  }

  withdraw(room: RoomId, node: string): void {
    this.#room(room).leases.withdraw(node, this.#context.clock.now());
  }

  /** The version is the table's own text, as the real one is its digest. */
  refresh(room: RoomId, node: string | undefined): PeopleTable {
    const { leases } = this.#room(room);
    const now = this.#context.clock.now();
    if (node !== undefined) leases.renew(node, now);
    const people = leases.people(now);
    return { version: JSON.stringify(people), people };
  }

  renew(node: string, known: readonly KnownPeople[]): readonly RoomId[] {
    const changed = known.filter(({ room, version }) =>
      this.refresh(room, node).version !== version
    );
    return changed.map(({ room }) => room);
  }

  people(room: RoomId): readonly Person[] {
    return this.#room(room).leases.people(this.#context.clock.now());
  }

  /** The replica stops following here. */
  detachReplica(): void {
    this.#snapshot = new Map(
      [...this.#rooms].map(([id, { storage: { contents }, server, reads, leases }]) => {
        const { log } = this.oracle(id);
        return [id, { contents, server, reads, leases, leaseCount: leases.length, log }];
      }),
    );
  }

  /** The replica is promoted. */
  promoteReplica(): void {
    const { mutant } = this.#context;
    this.#server = `server${this.#lastNumber++}`;
    this.#rooms.clear();
    for (const [id, { contents, server, reads, leases, leaseCount }] of this.#snapshot) {
      const storage = mutant.makeRoomStorage();
      storage.contents = mutant.takenOver(contents);
      this.#rooms.set(id, { storage, server, reads, leases: leases.upTo(leaseCount) });
    }
    this.#rewind((id) => this.#snapshot.get(id)?.log ?? []);
  }

  /** FLUSHALL: the server is the same. */
  flushAll(): void {
    this.#rooms.clear();
    this.#rewind(() => []);
  }

  /** Removes what no longer has an effect from the states of rooms. */
  sweep(): void {
    const date = this.#context.clock.date();
    for (const { storage } of this.#rooms.values()) {
      const ended = this.#context.mutant.endedFields(storage.contents.state, date);
      for (const field of ended) storage.setStateField(field, undefined);
    }
  }

  /** Forgets all receipts. */
  forgetReceipts(): void {
    for (const { storage } of this.#rooms.values()) {
      storage.contents = withoutReceipts(storage.contents);
    }
    this.#snapshot = new Map(
      [...this.#snapshot].map(([id, it]) => [
        id,
        { ...it, contents: withoutReceipts(it.contents) },
      ]),
    );
  }

  #rewind(logOf: (room: RoomId) => readonly Entry[]): void {
    for (const [id, oracle] of this.#oracles) {
      oracle.rewindTo(logOf(id));
      this.#context.watcher?.onLogChanged(id);
    }
  }

  #room(id: RoomId): SimRoom {
    const known = this.#rooms.get(id);
    if (known) return known;
    const storage = this.#context.mutant.makeRoomStorage();
    const room = { storage, server: this.#server, reads: new Map(), leases: new LeaseHistory() };
    this.#rooms.set(id, room);
    return room;
  }

  #logContext(): LogContext {
    const { clock, retention } = this.#context;
    const [now, ranMs] = [clock.date(), clock.now()];
    return { now, ranMs, epoch: this.#newEpoch(), retention };
  }

  #newEpoch(): string {
    return `e${this.#lastNumber++}`;
  }
}

function withoutReceipts(contents: Contents): Contents {
  return { ...contents, receipts: {} };
}
