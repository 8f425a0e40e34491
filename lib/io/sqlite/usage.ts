/**
 * Which quotas are used up. Stored bytes are read once per transaction. Rooms are counted once; after that the count is
 * kept up to date, and taken again when a transaction failed or a sweep removed rooms.
 * @module
 */
import type { StoreQuota } from "../../chat/memory_store.ts";
import type { Full } from "../../core/room_log.ts";
import type { Statements } from "./statements.ts";

/** What one store uses of its quota. */
export class Usage {
  readonly #quota: StoreQuota;
  readonly #file: () => Statements;
  /** Number of rooms with entries; undefined if they must be counted. */
  #rooms: number | undefined;
  /** Whether the store is full, for the present transaction. */
  #isFull: boolean | undefined;

  /** Looks up on request. @param file The file, as it is open now. */
  constructor(quota: StoreQuota, file: () => Statements) {
    this.#quota = quota;
    this.#file = file;
  }

  /** Which quotas are used up; undefined if there are none. */
  full(): Full | undefined {
    const { bytes, rooms } = this.#quota;
    if (bytes === Infinity && rooms === Infinity) return undefined;
    this.#isFull ??= bytes < Infinity && this.#usedBytes() >= bytes;
    if (rooms < Infinity) this.#rooms ??= this.#countRooms();
    return { store: this.#isFull, rooms: (this.#rooms ?? 0) >= rooms };
  }

  /** Counts a room that has its first entry. */
  addRoom(): void {
    if (this.#rooms !== undefined) this.#rooms++;
  }

  /** A transaction is over. @param roomsMayDiffer Whether the number of rooms may have changed unnoticed. */
  settle(roomsMayDiffer: boolean): void {
    this.#isFull = undefined;
    if (roomsMayDiffer) this.#rooms = undefined;
  }

  #countRooms(): number {
    return this.#file().row("SELECT count(*) AS count FROM rooms")?.number("count") ?? 0;
  }

  #usedBytes(): number {
    const number = (name: string) => this.#file().row(`PRAGMA ${name}`)?.number(name) ?? 0;
    return (number("page_count") - number("freelist_count")) * number("page_size");
  }
}
