/**
 * Limits a synchronous store, such as SQLite's, to one read per turn of the event loop. Many reads requested together would
 * otherwise block everything else, above all publishing, which now happens between two of them.
 * @module
 */
import type { Draft, UserId } from "../core/entries.ts";
import type { RoomId } from "../core/names.ts";
import type { Position } from "../core/positions.ts";
import type { Outcome, Page, Replay } from "../core/room_log.ts";
import type { Standing } from "./bus.ts";
import type { Store } from "./embedded_bus.ts";
import { Turns } from "./turns.ts";

/** Spaces the reads of another store. */
export class SpacedStore implements Store {
  readonly #store: Store;
  readonly #soon: (deed: () => void) => void;
  readonly #turns = new Turns(1);

  /** Reads from the store. @param soon Does something in the next turn of the event loop. */
  constructor(store: Store, soon: (deed: () => void) => void) {
    this.#store = store;
    this.#soon = soon;
  }

  append(draft: Draft): Promise<Outcome> {
    return this.#store.append(draft);
  }

  markRead(room: RoomId, user: UserId, read: Position): Promise<void> {
    return this.#store.markRead(room, user, read);
  }

  replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    return this.#read(() => this.#store.replay(room, since, limit));
  }

  page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    // The top of a log is known without reading it.
    if (limit === 0) return this.#store.page(room, before, limit);
    return this.#read(() => this.#store.page(room, before, limit));
  }

  standing(room: RoomId, user: UserId): Promise<Standing> {
    return this.#read(() => this.#store.standing(room, user));
  }

  probe(): Promise<void> {
    return this.#store.probe();
  }

  problems(): readonly string[] {
    return this.#store.problems();
  }

  async #read<T>(reading: () => Promise<T>): Promise<T> {
    const turn = await this.#turns.take();
    this.#soon(() => turn[Symbol.dispose]());
    return await reading();
  }
}
