/**
 * Listens to a bus for a test. It takes announcements one by one, as the bridge takes them batch by batch, and passes
 * over the tops that some buses tell in between.
 * @module
 */
import type { Announcement, Bus, Note } from "../../lib/chat/bus.ts";
import type { Entry } from "../../lib/core/entries.ts";
import type { RoomId } from "../../lib/core/names.ts";

/** Takes what a bus announces; its one reader. */
export class Ear implements Disposable {
  readonly #life = new AbortController();
  readonly #batches: AsyncIterator<readonly Announcement[]>;
  #heard: Exclude<Announcement, { kind: "top" }>[] = [];

  constructor(bus: Bus) {
    this.#batches = bus.announcements(this.#life.signal)[Symbol.asyncIterator]();
  }

  /** The next so many entries, which must be next. */
  async entries(count: number): Promise<Entry[]> {
    return (await this.#take(count)).map((heard) => {
      if (heard.kind === "entry") return heard.entry;
      throw new Error(`Heard no entry: ${JSON.stringify(heard)}`);
    });
  }

  /** The next note, which must be next. */
  async note(): Promise<{ readonly room: RoomId; readonly note: Note }> {
    const [heard] = await this.#take(1);
    if (heard?.kind !== "note") throw new Error(`Heard no note: ${JSON.stringify(heard)}`);
    return { room: heard.room, note: heard.note };
  }

  async #take(count: number) {
    while (this.#heard.length < count) {
      const { value, done } = await this.#batches.next();
      if (done) throw new Error(`Ended after ${this.#heard.length} of ${count} announcements`);
      for (const heard of value) if (heard.kind !== "top") this.#heard.push(heard);
    }
    return this.#heard.splice(0, count);
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}
