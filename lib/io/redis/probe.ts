/**
 * Checks whether the bus works: a message published on a private channel has to come back.
 * @module
 */
import { within } from "../within.ts";
import type { RedisFollowing } from "./following.ts";
import type { RedisLinks } from "./links.ts";

const PROBE_MS = 2_000;

/** Probes one bus. */
export class RedisProbe {
  /** Resolves when the channel is subscribed for the first time, that is, when Redis is there. */
  readonly ready: Promise<void>;
  readonly #links: RedisLinks;
  readonly #channel: string;
  readonly #waiting = new Map<string, () => void>();

  /** Subscribes. @param channel Used by this instance only; with the common prefix, so that the same ACL allows it. */
  constructor(links: RedisLinks, following: Pick<RedisFollowing, "subscribe">, channel: string) {
    this.#links = links;
    this.#channel = channel;
    const hear = (nonce: string) => this.#waiting.get(nonce)?.();
    this.ready = following.subscribe(channel, hear, () => true);
  }

  /** Resolves when a published message has come back. Rejects with the reason, after 2 s at the latest. */
  async probe(): Promise<void> {
    const nonce = crypto.randomUUID();
    try {
      const { trouble } = this.#links;
      if (trouble !== undefined) throw new Error(trouble);
      await within(PROBE_MS, "Redis did not bring a probe back", this.#roundTrip(nonce));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot reach all instances through Redis: ${reason}`, { cause: error });
    } finally {
      this.#waiting.delete(nonce);
    }
  }

  async #roundTrip(nonce: string): Promise<void> {
    const heard = new Promise<void>((resolve) => this.#waiting.set(nonce, resolve));
    await this.ready;
    await this.#links.send(this.#channel, [this.#links.publishing, this.#channel, nonce]);
    await heard;
  }
}
