/**
 * What a bus over Redis needs of its connections, whether there is one Redis, one behind sentinels, or a cluster of them.
 * @module
 */
import type { Histogram } from "../../core/metrics.ts";

/** Where Redis is, and how to trust it. */
export interface RedisAddress {
  /** One of the forms of `core/redis_url.ts`. */
  readonly url: string;
  /** A certificate authority in PEM, for TLS with an own one. */
  readonly ca: string | undefined;
}

/** Takes what is published on a channel. */
export type Ear = (message: string, channel: string) => void;

/** Who is told of connections. */
export interface LinksWatch {
  /** Called when subscriptions are there, the first time and each time that they have come back. */
  readonly heard: () => void;
  /** Called whenever a server takes commands again, or subscriptions are restored. */
  readonly back: () => void;
  /** Takes how long each command took, in seconds. */
  readonly roundTrips: Histogram;
}

/** Connections that are opened in the background and kept. */
export interface RedisLinks {
  /** What is wrong with any of them; undefined where nothing is. */
  readonly trouble: string | undefined;
  /** The command by which what is published comes to {@linkcode subscribe}. */
  readonly publishing: "PUBLISH" | "SPUBLISH";
  /** Sends a command to the server that has the key or channel. Rejects at once where that is known to be away. */
  send(key: string, command: readonly string[]): Promise<unknown>;
  /** A function for each server that has keys, which sends a command to it. */
  servers(): readonly ((command: readonly string[]) => Promise<unknown>)[];
  /** Resolves when subscribed; from then on it is restored by itself. Rejects where Redis refuses it. */
  subscribe(channel: string, ear: Ear): Promise<void>;
  /** The channel may be subscribed again at once. */
  unsubscribe(channel: string): Promise<void>;
  /** Resolves when what is published on a subscribed channel is heard: not before its server is there. */
  hearing(channel: string): Promise<void>;
  /** Resolves when all that was sent before has been answered, or will not be. */
  settle(): Promise<void>;
}
