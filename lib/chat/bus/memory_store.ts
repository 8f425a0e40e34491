/**
 * Stores the logs of all rooms in memory; they are lost when the process ends. The rules are in `core/log`,
 * and only the storage is here. Ages use the clock's monotonic scale, since the store ends with the process.
 * @module
 */
import type { Draft, UserId } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import { endedFields } from "../../core/log/state_expiry.ts";
import { ensureHead, resolvePosition, topOf } from "../../core/log/epochs.ts";
import {
  type HistoryPage,
  readPage,
  readPageAfter,
  type Replay,
  replaySince,
  type StateAt,
} from "../../core/log/reading/log_reading.ts";
import { admissionState } from "../../core/log/room_state.ts";
import { advancesReadMarker } from "../../core/log/reading/read_markers.ts";
import {
  applyRetention,
  contextOf,
  retainedSince,
  type Retention,
  roomsRetainedSince,
} from "../../core/log/retention.ts";
import {
  append,
  type AppendResult,
  type LogContext,
  type StoredReceipt,
} from "../../core/log/room_log.ts";
import type { ReadState } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { StoreQuota, StoreUsage } from "../ports/store_quota.ts";
import type { Store } from "./embedded_bus.ts";
import { EmptyRooms } from "./empty_rooms.ts";
import { MemoryRoom } from "./memory_room.ts";

export type { StoreQuota, StoreUsage } from "../ports/store_quota.ts";

/** No limit. */
export const UNLIMITED: StoreQuota = { bytes: Infinity, rooms: Infinity };

/** Stores rooms in memory. */
export class MemoryStore implements Store {
  /** Rooms that have entries. */
  readonly #rooms = new Map<RoomId, MemoryRoom>();
  readonly #empty = new EmptyRooms();
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #newEpoch: () => string;
  readonly #quota: StoreQuota;
  /** Total size of all rooms. */
  #totalSize = 0;

  /** A store without rooms. @param newEpoch Returns an epoch that was never used. */
  constructor(
    clock: Clock,
    retention: Retention,
    newEpoch: () => string,
    quota: StoreQuota = UNLIMITED,
  ) {
    this.#clock = clock;
    this.#retention = retention;
    this.#newEpoch = newEpoch;
    this.#quota = quota;
  }

  append(draft: Draft): Promise<AppendResult> {
    const storage = this.#storageOf(draft.room);
    const outcome = this.#trackSize(storage, () => append(storage, draft, this.#logContext()));
    this.#keep(draft.room, storage);
    return Promise.resolve(outcome);
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return this.#read(room, (storage, context) => replaySince(storage, since, limit, context));
  }

  async tops(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, Position>> {
    const tops = new Map<RoomId, Position>();
    for (const room of rooms) tops.set(room, (await this.page(room, undefined, 0)).top);
    return tops;
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<HistoryPage> {
    return this.#read(room, (storage, context) => readPage(storage, before, limit, context));
  }

  pageAfter(room: RoomId, after: number, limit: number): Promise<HistoryPage> {
    return this.#read(room, (storage, context) => readPageAfter(storage, after, limit, context));
  }

  state(room: RoomId): Promise<StateAt> {
    return this.#read(room, (storage, context) => {
      const top = topOf(ensureHead(storage, context));
      return { top, fields: new Map(storage.state) };
    });
  }

  admission(room: RoomId, user: UserId): Promise<StateAt> {
    return this.#read(room, (storage, context) => {
      const top = topOf(ensureHead(storage, context));
      return { top, fields: admissionState(storage.state, user) };
    });
  }

  receipt(room: RoomId, user: UserId, id: string): Promise<StoredReceipt | undefined> {
    return this.#read(room, (storage) => storage.receipt(user, id));
  }

  readState(room: RoomId, user: UserId, after: number): Promise<ReadState> {
    return this.#read(room, (storage, context) => {
      const read = storage.readMarker(user);
      const head = ensureHead(storage, context);
      const seen = Math.max(after, read ? resolvePosition(head, 0, read).after : 0);
      // Renew it: a marker is kept as long as its user comes back.
      if (read) storage.setReadMarker(user, read, context.ranMs);
      const since = retainedSince(contextOf(storage, context));
      const mentions = storage.countMentions(user, seen, since);
      return { read, unread: storage.countAfter(seen, since), ...(mentions > 0 && { mentions }) };
    });
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<boolean> {
    return this.#read(room, (storage, context) => {
      const head = ensureHead(storage, context);
      const isFurther = head.top > 0 && advancesReadMarker(head, storage.readMarker(user), read);
      if (isFurther) storage.setReadMarker(user, read, context.ranMs);
      return isFurther;
    });
  }

  /** What is stored at the moment. */
  usage(): StoreUsage {
    return { bytes: this.#totalSize, rooms: this.#rooms.size };
  }

  probe(): Promise<void> {
    return Promise.resolve();
  }

  problems(): readonly string[] {
    return [];
  }

  /** Drops expired entries, and rooms that were unused for long. @param isWanted Whether a room must be kept. */
  sweep(isWanted: (room: RoomId) => boolean): void {
    const context = this.#logContext();
    for (const [room, storage] of this.#rooms) {
      this.#trackSize(storage, () => applyRetention(storage, context));
      storage.dropReadMarkers(context);
      for (const field of endedFields(storage.state, context.now)) {
        storage.setStateField(field, undefined);
      }
      const isOld = storage.enteredAt < roomsRetainedSince(context);
      // A room whose settings were changed is kept, with them.
      if (!isOld || isWanted(room) || storage.state.size > 0) continue;
      this.#totalSize -= storage.totalSize;
      this.#rooms.delete(room);
    }
  }

  #read<T>(room: RoomId, fn: (storage: MemoryRoom, context: LogContext) => T): Promise<T> {
    const storage = this.#storageOf(room);
    const result = fn(storage, this.#logContext());
    this.#keep(room, storage);
    return Promise.resolve(result);
  }

  #storageOf(room: RoomId): MemoryRoom {
    return this.#rooms.get(room) ?? new MemoryRoom(this.#empty.get(room));
  }

  /** Keeps a room that has entries. Of a room without entries, keeps only the head. */
  #keep(room: RoomId, storage: MemoryRoom): void {
    if (this.#rooms.has(room)) return;
    const head = storage.head();
    if (head && head.top > 0) this.#rooms.set(room, storage);
    this.#empty.keep(room, head, this.#clock.now());
  }

  #trackSize<T>(storage: MemoryRoom, change: () => T): T {
    const before = storage.totalSize;
    const result = change();
    this.#totalSize += storage.totalSize - before;
    return result;
  }

  #logContext(): LogContext {
    const { bytes, rooms } = this.#quota;
    return {
      now: this.#clock.date(),
      ranMs: this.#clock.now(),
      epoch: this.#newEpoch(),
      retention: this.#retention,
      exhausted: { store: this.#totalSize >= bytes, rooms: this.#rooms.size >= rooms },
    };
  }
}
