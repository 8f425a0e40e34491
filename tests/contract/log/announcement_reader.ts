/**
 * Reads the announcements of a bus in a test. It returns them one by one, although they arrive in batches, and skips the
 * tops that some buses announce in between.
 * @module
 */
import type { Announcement, Bus, Signal } from "../../../lib/chat/ports/bus.ts";
import type { Entry } from "../../../lib/core/log/entry.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";

/** Reads what a bus announces, as its only reader. */
export class AnnouncementReader implements Disposable {
  readonly #closing = new AbortController();
  readonly #batches: AsyncIterator<readonly Announcement[]>;
  #pending: Exclude<Announcement, { kind: "top" }>[] = [];

  constructor(bus: Bus) {
    this.#batches = bus.announcements(this.#closing.signal)[Symbol.asyncIterator]();
  }

  /** The next entries, this many, with no other announcement in between. */
  async entries(count: number): Promise<Entry[]> {
    return (await this.#next(count)).map((announcement) => {
      if (announcement.kind === "entry") return announcement.entry;
      throw new Error(`Received no entry: ${JSON.stringify(announcement)}`);
    });
  }

  /** The next signal, with no entry before it. */
  async signal(): Promise<{ readonly room: RoomId; readonly signal: Signal }> {
    const [announcement] = await this.#next(1);
    if (announcement?.kind !== "signal") {
      throw new Error(`Received no signal: ${JSON.stringify(announcement)}`);
    }
    return { room: announcement.room, signal: announcement.signal };
  }

  async #next(count: number) {
    while (this.#pending.length < count) {
      const { value, done } = await this.#batches.next();
      if (done) throw new Error(`Ended after ${this.#pending.length} of ${count} announcements`);
      for (const announcement of value) {
        if (announcement.kind !== "top") this.#pending.push(announcement);
      }
    }
    return this.#pending.splice(0, count);
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }
}
