/**
 * The bridge between the bus, which is one for a process, and the hubs, one for each isolate: what the subscriber task
 * hears is posted to a BroadcastChannel, a tick's worth in one post. The channel loses posts where an isolate is more than
 * 256 of them behind (Deno 2.9.6), without an event: positions show it, and the log makes it good. Deno 2.5 has no
 * BroadcastChannel without a flag: there, posts reach only the hub of the same isolate.
 * @module
 */
import type { Announcement } from "../chat/bus.ts";

/** The end of the bus. */
export class Bridge implements Disposable {
  readonly #channel: Channel;

  /** Nothing is posted yet. @param name Of this process's channel, unlike any other's. */
  constructor(name: string) {
    this.#channel = openChannel(name);
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
  const channel = openChannel(name);
  channel.onmessage = ({ data }: MessageEvent<readonly Announcement[]>) => hear(data);
  return { [Symbol.dispose]: () => channel.close() };
}

/** Whether posts reach other isolates of this process. */
export function reachesOtherIsolates(): boolean {
  return "BroadcastChannel" in globalThis;
}

/** The used part of BroadcastChannel. */
interface Channel extends Pick<BroadcastChannel, "postMessage" | "close"> {
  onmessage: ((event: MessageEvent) => void) | null;
}

function openChannel(name: string): Channel {
  return reachesOtherIsolates() ? new BroadcastChannel(name) : new LocalChannel(name);
}

/** Stands in for a BroadcastChannel within one isolate: posts arrive as copies, in their order, in a later turn. */
class LocalChannel implements Channel {
  static readonly #byName = new Map<string, Set<LocalChannel>>();

  onmessage: Channel["onmessage"] = null;
  readonly #name: string;
  readonly #peers: Set<LocalChannel>;

  constructor(name: string) {
    this.#name = name;
    this.#peers = LocalChannel.#byName.get(name) ?? new Set();
    LocalChannel.#byName.set(name, this.#peers.add(this));
  }

  postMessage(message: unknown): void {
    const data = structuredClone(message);
    for (const peer of this.#peers) {
      if (peer !== this) setImmediate(() => peer.#receive(data));
    }
  }

  close(): void {
    this.onmessage = null;
    this.#peers.delete(this);
    if (this.#peers.size === 0) LocalChannel.#byName.delete(this.#name);
  }

  #receive(data: unknown): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }
}
