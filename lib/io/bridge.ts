/**
 * The bridge between the bus, which is one for a process, and the hubs, one for each isolate: what the subscriber task
 * hears is posted to a BroadcastChannel, a tick's worth in one post. A channel object does not hear its own posts but
 * another of the same name does, in the same isolate too, so two of them make one isolate no special case.
 * @module
 */
import type { Announcement } from "../chat/bus.ts";

/** One isolate's end of the bridge; in the main isolate, both. */
export class Bridge implements Disposable {
  readonly #out: BroadcastChannel;
  readonly #in: BroadcastChannel;

  /** Listens at once. @param name Of this process's channel, unlike any other's. */
  constructor(name: string, hear: (announcements: readonly Announcement[]) => void) {
    this.#out = new BroadcastChannel(name);
    this.#in = new BroadcastChannel(name);
    this.#in.onmessage = ({ data }: MessageEvent<readonly Announcement[]>) => hear(data);
  }

  /** The subscriber task: carries announcements over until the signal aborts. */
  async carry(announced: AsyncIterable<readonly Announcement[]>): Promise<void> {
    for await (const announcements of announced) this.post(announcements);
  }

  /** Posts to all hubs. */
  post(announcements: readonly Announcement[]): void {
    this.#out.postMessage(announcements);
  }

  /** Closes both ends; nothing more is heard. */
  [Symbol.dispose](): void {
    this.#in.close();
    this.#out.close();
  }
}
