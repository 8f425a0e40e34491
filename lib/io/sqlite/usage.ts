/**
 * Usage of the quotas. Stored bytes are read once per transaction. Rooms are counted once; then the count is kept up to
 * date, and repeated after a failed transaction and after a sweep that removed rooms.
 * @module
 */
import type { StoreQuota, StoreUsage } from "../../chat/bus/memory_store.ts";
import type { ExhaustedQuotas } from "../../core/log/room_log.ts";
import type { Statements } from "./file/statements.ts";

/** One store's usage of its quotas. */
export class SqliteUsage {
  readonly #quota: StoreQuota;
  readonly #file: () => Statements;
  /** Number of rooms with entries; undefined if they must be counted. */
  #rooms: number | undefined;
  /** Whether the store is full, cached for the current transaction. */
  #isFull: boolean | undefined;

  /** Reads nothing yet. @param file Returns the file as it is open now. */
  constructor(quota: StoreQuota, file: () => Statements) {
    this.#quota = quota;
    this.#file = file;
  }

  /** The exhausted quotas; undefined if no quota is set. */
  full(): ExhaustedQuotas | undefined {
    const { bytes, rooms } = this.#quota;
    if (bytes === Infinity && rooms === Infinity) return undefined;
    this.#isFull ??= bytes < Infinity && this.#usedBytes() >= bytes;
    if (rooms < Infinity) this.#rooms ??= this.#countRooms();
    return { store: this.#isFull, rooms: (this.#rooms ?? 0) >= rooms };
  }

  /** What is stored at the moment. Rooms are counted only if they have a quota, since the next message would count them. */
  current(): StoreUsage {
    if (this.#quota.rooms < Infinity) this.#rooms ??= this.#countRooms();
    return { bytes: this.#usedBytes(), rooms: this.#rooms };
  }

  /** Increments the number of rooms, when a room gets its first entry. */
  addRoom(): void {
    if (this.#rooms !== undefined) this.#rooms++;
  }

  /** Call after each transaction. @param mayRoomsDiffer Whether rooms must be counted again. */
  afterTransaction(mayRoomsDiffer: boolean): void {
    this.#isFull = undefined;
    if (mayRoomsDiffer) this.#rooms = undefined;
  }

  #countRooms(): number {
    return this.#file().row("SELECT count(*) AS count FROM rooms")?.number("count") ?? 0;
  }

  #usedBytes(): number {
    const number = (name: string) => this.#file().row(`PRAGMA ${name}`)?.number(name) ?? 0;
    return (number("page_count") - number("freelist_count")) * number("page_size");
  }
}
