/**
 * Limits a synchronous store, such as SQLite's, to one read per turn of the event loop. Many concurrent reads would
 * otherwise block everything else, above all publishing, which now runs between two of them.
 * @module
 */
import type { Draft, UserId } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import type { HistoryPage, Replay, StateAt } from "../../core/log/reading/log_reading.ts";
import type { AppendResult, StoredReceipt } from "../../core/log/room_log.ts";
import type { ReadState } from "../ports/bus.ts";
import type { Store } from "./embedded_bus.ts";
import { ConcurrencyLimit } from "../concurrency_limit.ts";

/** Spaces the reads of another store. */
export class SpacedStore implements Store {
  readonly #store: Store;
  readonly #defer: (fn: () => void) => void;
  readonly #limit = new ConcurrencyLimit(1);

  /** Reads from the store. @param defer Runs a function in the next turn of the event loop. */
  constructor(store: Store, defer: (fn: () => void) => void) {
    this.#store = store;
    this.#defer = defer;
  }

  append(draft: Draft): Promise<AppendResult> {
    return this.#store.append(draft);
  }

  tops(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, Position>> {
    return this.#store.tops(rooms);
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<boolean> {
    return this.#store.markRead(room, user, read);
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return this.#read(() => this.#store.replay(room, since, limit));
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<HistoryPage> {
    // The top of a log is known without reading it.
    if (limit === 0) return this.#store.page(room, before, limit);
    return this.#read(() => this.#store.page(room, before, limit));
  }

  pageAfter(room: RoomId, after: number, limit: number): Promise<HistoryPage> {
    return this.#read(() => this.#store.pageAfter(room, after, limit));
  }

  state(room: RoomId): Promise<StateAt> {
    return this.#read(() => this.#store.state(room));
  }

  admission(room: RoomId, user: UserId): Promise<StateAt> {
    return this.#read(() => this.#store.admission(room, user));
  }

  receipt(room: RoomId, user: UserId, id: string): Promise<StoredReceipt | undefined> {
    return this.#read(() => this.#store.receipt(room, user, id));
  }

  readState(room: RoomId, user: UserId, after: number): Promise<ReadState> {
    return this.#read(() => this.#store.readState(room, user, after));
  }

  probe(): Promise<void> {
    return this.#store.probe();
  }

  problems(): readonly string[] {
    return this.#store.problems();
  }

  async #read<T>(fn: () => Promise<T>): Promise<T> {
    const turn = await this.#limit.acquire();
    this.#defer(() => turn[Symbol.dispose]());
    return await fn();
  }
}
