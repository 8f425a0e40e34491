/**
 * A Redis in memory, shared by all nodes: the rules are those of `core/room_log.ts` and `core/leases.ts`, and it can do
 * what makes Redis dangerous: be put back to what it was a while ago, as when a replica is promoted, or be emptied.
 * @module
 */
import { type Announcement, type Published, type Standing, type Top } from "../../lib/chat/bus.ts";
import type { Draft, Entry, UserId } from "../../lib/core/entries.ts";
import type { Claim, ClaimResult, Person } from "../../lib/core/leases.ts";
import type { RoomId } from "../../lib/core/names.ts";
import type { Position } from "../../lib/core/positions.ts";
import {
  append,
  beginEra,
  judge,
  leaf,
  openHead,
  type Page,
  recover,
  type Replay,
  type Retention,
  type Terms,
  topOf,
} from "../../lib/core/room_log.ts";
import type { Contents, ListShelf } from "../core/list_shelf.ts";
import { LeaseBook } from "./lease_book.ts";
import type { Plant } from "./plant.ts";
import type { SimClock } from "./sim_clock.ts";
import { Truth } from "./truth.ts";

interface SimRoom {
  readonly shelf: ListShelf;
  /** Which server numbered last. */
  server: string;
  reads: ReadonlyMap<UserId, Position>;
  leases: LeaseBook;
}

/** All that a Redis held at one time. */
type Snapshot = ReadonlyMap<RoomId, {
  readonly contents: Contents;
  readonly server: string;
  readonly reads: ReadonlyMap<UserId, Position>;
  readonly leases: LeaseBook;
  readonly leaseCount: number;
  readonly log: readonly Entry[];
}>;

/** What a Redis is made of. */
export interface RedisContext {
  readonly clock: SimClock;
  readonly retention: Retention;
  readonly plant: Pick<Plant, "makeShelf" | "beginsEras">;
  /** Says that something is wrong. */
  readonly complain: (what: string) => void;
}

/** One Redis. */
export class SimRedis {
  /** Who hears what is announced; whether a room is followed is for them to say. */
  readonly ears = new Set<(room: RoomId, announcement: Announcement) => void>();
  readonly #context: RedisContext;
  readonly #truths = new Map<RoomId, Truth>();
  readonly #rooms = new Map<RoomId, SimRoom>();
  #snapshot: Snapshot = new Map();
  #drawn = 0;
  #server = "server0";

  constructor(context: RedisContext) {
    this.#context = context;
  }

  /** What happened in a room. */
  truth(room: RoomId): Truth {
    const truth = this.#truths.get(room) ??
      new Truth(room, this.#context.retention.entries);
    this.#truths.set(room, truth);
    return truth;
  }

  enter(draft: Draft): Published {
    const room = this.#room(draft.room);
    if (room.server !== this.#server && this.#context.plant.beginsEras) {
      const [head, epoch] = [openHead(room.shelf, this.#terms()), this.#drawEpoch()];
      this.truth(draft.room).begin(epoch, topOf(head));
      room.shelf.setHead(beginEra(head, epoch));
      room.server = this.#server;
    }
    const outcome = append(room.shelf, draft, this.#terms());
    if (outcome.kind === "rejected") return outcome;
    if (outcome.kind === "repeated") return { ...outcome.receipt, kind: "entered" };
    const { entry } = outcome;
    const wrong = this.truth(draft.room).add(entry);
    if (wrong) this.#context.complain(wrong);
    this.announce(entry.room, { kind: "entry", entry });
    return { kind: "entered", position: entry.position, at: entry.at };
  }

  announce(room: RoomId, announcement: Announcement): void {
    for (const hear of this.ears) hear(room, announcement);
  }

  top(room: RoomId): Top {
    const top = topOf(openHead(this.#room(room).shelf, this.#terms()));
    return { kind: "top", room, top, isRead: true };
  }

  replay(room: RoomId, since: Position, limit: number): Replay {
    return recover(this.#room(room).shelf, since, limit, this.#terms());
  }

  page(room: RoomId, before: number | undefined, limit: number): Page {
    return leaf(this.#room(room).shelf, before, limit, this.#terms());
  }

  standing(room: RoomId, user: UserId): Standing {
    const { shelf, reads } = this.#room(room);
    const read = reads.get(user);
    const seen = read ? judge(openHead(shelf, this.#terms()), 0, read).after : 0;
    const kept = shelf.messages(Infinity, -Infinity);
    return { read, unread: kept.filter(({ position }) => position.seq > seen).length };
  }

  markRead(room: RoomId, user: UserId, read: Position): void {
    const one = this.#room(room);
    one.reads = new Map(one.reads).set(user, read);
  }

  claim(room: RoomId, claim: Claim): ClaimResult {
    return this.#room(room).leases.claim(claim, this.#server, this.#context.clock.now());
  }

  release(room: RoomId, user: UserId, node: string): void {
    this.#room(room).leases.release(user, node);
  }

  withdraw(room: RoomId, node: string): void {
    this.#room(room).leases.withdraw(node, this.#context.clock.now());
  }

  renew(room: RoomId, node: string): boolean {
    return this.#room(room).leases.renew(node, this.#server, this.#context.clock.now());
  }

  people(room: RoomId): readonly Person[] {
    return this.#room(room).leases.people(this.#context.clock.now());
  }

  /** From here on a replica does not follow. */
  part(): void {
    this.#snapshot = new Map(
      [...this.#rooms].map(([id, { shelf: { contents }, server, reads, leases }]) => {
        const { log } = this.truth(id);
        return [id, { contents, server, reads, leases, leaseCount: leases.length, log }];
      }),
    );
  }

  /** The replica takes over. */
  promote(): void {
    this.#server = `server${this.#drawn++}`;
    this.#rooms.clear();
    for (const [id, { contents, server, reads, leases, leaseCount }] of this.#snapshot) {
      const shelf = this.#context.plant.makeShelf();
      shelf.contents = contents;
      this.#rooms.set(id, { shelf, server, reads, leases: leases.upTo(leaseCount) });
    }
    for (const [id, truth] of this.#truths) truth.lose(this.#snapshot.get(id)?.log ?? []);
  }

  /** FLUSHALL: the server is the same. */
  empty(): void {
    this.#rooms.clear();
    for (const truth of this.#truths.values()) truth.lose([]);
  }

  /** The time for which repetitions are known is over. */
  forgetReceipts(): void {
    for (const { shelf } of this.#rooms.values()) shelf.contents = withoutReceipts(shelf.contents);
    this.#snapshot = new Map(
      [...this.#snapshot].map(([id, it]) => [
        id,
        { ...it, contents: withoutReceipts(it.contents) },
      ]),
    );
  }

  #room(id: RoomId): SimRoom {
    const known = this.#rooms.get(id);
    if (known) return known;
    const shelf = this.#context.plant.makeShelf();
    const room = { shelf, server: this.#server, reads: new Map(), leases: new LeaseBook() };
    this.#rooms.set(id, room);
    return room;
  }

  #terms(): Terms {
    const { clock, retention } = this.#context;
    const [now, ranMs] = [clock.date(), clock.now()];
    return { now, ranMs, epoch: this.#drawEpoch(), retention };
  }

  #drawEpoch(): string {
    return `e${this.#drawn++}`;
  }
}

function withoutReceipts(contents: Contents): Contents {
  return { ...contents, receipts: {} };
}
