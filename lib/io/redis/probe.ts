/**
 * Checks whether the bus works: publishes a message on a private channel and waits until it is received.
 * @module
 */
import { withTimeout } from "../timeout.ts";
import type { RedisSubscriptions } from "./subscriptions.ts";
import type { RedisClient } from "./client/client.ts";

const PROBE_MS = 2_000;

/** Probes one bus, over the same connections as its rooms. */
export class RedisProbe {
  /** Resolves when the channel is first subscribed, that is, when Redis is first available. */
  readonly ready: Promise<void>;
  readonly #client: RedisClient;
  readonly #channel: string;
  readonly #waiting = new Map<string, () => void>();

  /** Subscribes. @param channel Used by this instance only; must have the common prefix, so that the same ACL allows it. */
  constructor(
    client: RedisClient,
    subscriptions: Pick<RedisSubscriptions, "subscribeChannel">,
    channel: string,
  ) {
    this.#client = client;
    this.#channel = channel;
    const listener = (nonce: string) => this.#waiting.get(nonce)?.();
    this.ready = subscriptions.subscribeChannel(channel, listener, () => true);
  }

  /** Resolves when the probe's message is received. Rejects with the reason, after at most 2 s. */
  async probe(): Promise<void> {
    const nonce = crypto.randomUUID();
    try {
      const { lastError } = this.#client;
      if (lastError !== undefined) throw new Error(lastError);
      await withTimeout(PROBE_MS, "the probe message was not received", this.#roundTrip(nonce));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot reach all instances through Redis: ${reason}`, { cause: error });
    } finally {
      this.#waiting.delete(nonce);
    }
  }

  async #roundTrip(nonce: string): Promise<void> {
    const received = new Promise<void>((resolve) => this.#waiting.set(nonce, resolve));
    await this.ready;
    await this.#client.send(this.#channel, [this.#client.publishCommand, this.#channel, nonce]);
    await received;
  }
}
