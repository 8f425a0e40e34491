/**
 * Carries announcements from the bus (one per process) to the hubs (one per worker) over a BroadcastChannel, one post
 * per tick. Do not rely on delivery: the channel drops posts without an event when a worker is more than 256 posts
 * behind (Deno 2.9.6). Hubs detect the gap by its positions and fill it from the log. Deno 2.5 has BroadcastChannel
 * only behind a flag; without it, posts reach only the hub of the same thread.
 * @module
 */
import type { Announcement } from "../../chat/ports/bus.ts";

/** Posts announcements to all hubs of the process. */
export class Broadcaster implements Disposable {
  readonly #channel: Channel;

  /** Opens the channel. @param name Unique to this process. */
  constructor(name: string) {
    this.#channel = openChannel(name);
  }

  /** Posts all announcements; resolves when the iterable ends. */
  async postAll(announced: AsyncIterable<readonly Announcement[]>): Promise<void> {
    for await (const announcements of announced) this.post(announcements);
  }

  /** Posts to all hubs, as one message. */
  post(announcements: readonly Announcement[]): void {
    this.#channel.postMessage(announcements);
  }

  /** Closes the channel. */
  [Symbol.dispose](): void {
    this.#channel.close();
  }
}

/**
 * Calls the listener for each post until disposed. A channel object does not receive its own posts, but another object
 * of the same name does, even in the same thread, so the main thread needs no special case.
 */
export function onBroadcast(
  name: string,
  listener: (announcements: readonly Announcement[]) => void,
): Disposable {
  const channel = openChannel(name);
  channel.onmessage = ({ data }: MessageEvent<readonly Announcement[]>) => listener(data);
  return { [Symbol.dispose]: () => channel.close() };
}

/** Whether posts reach the workers of this process. */
export function reachesOtherWorkers(): boolean {
  return "BroadcastChannel" in globalThis;
}

/** The used part of BroadcastChannel. */
interface Channel extends Pick<BroadcastChannel, "postMessage" | "close"> {
  onmessage: ((event: MessageEvent) => void) | null;
}

function openChannel(name: string): Channel {
  return reachesOtherWorkers() ? new BroadcastChannel(name) : new LocalChannel(name);
}

/**
 * Replaces a BroadcastChannel within one thread: posts arrive as copies, in order, in a later turn of the event loop.
 */
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
      if (peer !== this) setImmediate(() => peer.#onPost(data));
    }
  }

  close(): void {
    this.onmessage = null;
    this.#peers.delete(this);
    if (this.#peers.size === 0) LocalChannel.#byName.delete(this.#name);
  }

  #onPost(data: unknown): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }
}
