/**
 * Two connections to one server, which may be another one from time to time: one that publishes and one that listens,
 * so that a flood of what is heard never holds up a reply.
 * @module
 */
import { type RedisDoor, RedisLink } from "./link.ts";
import type { Ear, LinksWatch, RedisLinks } from "./links.ts";

/** The connections to one Redis, or to the one that the sentinels name. */
export class RedisPair implements RedisLinks {
  readonly publishing = "PUBLISH";
  readonly #publisher: RedisLink;
  readonly #subscriber: RedisLink;

  /** Connects in the background. */
  constructor(locate: () => Promise<RedisDoor>, watch: LinksWatch, signal: AbortSignal) {
    const { heard, back, roundTrips } = watch;
    const init = { locate, isSharded: false, roundTrips } as const;
    const publisher = {
      ...init,
      role: "publisher",
      found: back,
      // Both are on the same server, so the other one should check it too.
      lost: () => this.#subscriber.look(),
    } as const;
    const subscriber = {
      ...init,
      role: "subscriber",
      found: () => {
        heard();
        back();
      },
      lost: () => this.#publisher.look(),
    } as const;
    this.#publisher = new RedisLink(publisher, signal);
    this.#subscriber = new RedisLink(subscriber, signal);
  }

  get trouble(): string | undefined {
    return this.#publisher.trouble ?? this.#subscriber.trouble;
  }

  send(_key: string, command: readonly string[]): Promise<unknown> {
    return this.#publisher.send(command);
  }

  servers(): readonly ((command: readonly string[]) => Promise<unknown>)[] {
    return [(command) => this.#publisher.send(command)];
  }

  subscribe(channel: string, ear: Ear): Promise<void> {
    return this.#subscriber.subscribe(channel, ear);
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#subscriber.unsubscribe(channel);
  }

  hearing(): Promise<void> {
    return this.#subscriber.ready();
  }

  settle(): Promise<void> {
    return this.#publisher.settle();
  }
}
