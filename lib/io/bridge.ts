/**
 * The bridge between the bus, which is one for a process, and the hubs, one for each isolate: what the subscriber task
 * hears is posted to a BroadcastChannel, a tick's worth in one post. The channel loses posts where an isolate is more than
 * 256 of them behind (Deno 2.9.6), and nobody is told: positions show it, and the log makes it good.
 * @module
 */
import type { Announcement } from "../chat/bus.ts";

/** The end of the bus. */
export class Bridge implements Disposable {
  readonly #channel: BroadcastChannel;

  /** Nothing is posted yet. @param name Of this process's channel, unlike any other's. */
  constructor(name: string) {
    this.#channel = new BroadcastChannel(name);
  }

  /** The subscriber task: carries announcements over until there are no more. */
  async carry(announced: AsyncIterable<readonly Announcement[]>): Promise<void> {
    for await (const announcements of announced) this.post(announcements);
  }

  /** Posts to all hubs. */
  post(announcements: readonly Announcement[]): void {
    this.#channel.postMessage(announcements);
  }

  /** Nothing more is posted. */
  [Symbol.dispose](): void {
    this.#channel.close();
  }
}

/**
 * The end of a hub: hears what is posted until it is disposed. A channel object does not hear its own posts but another
 * of the same name does, in the same isolate too, so that the main isolate is no special case.
 */
export function listen(
  name: string,
  hear: (announcements: readonly Announcement[]) => void,
): Disposable {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<readonly Announcement[]>) => hear(data);
  return { [Symbol.dispose]: () => channel.close() };
}
