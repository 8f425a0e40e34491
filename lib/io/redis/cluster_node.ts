/**
 * The two connections to one master of a cluster.
 * @module
 */
import type { RedisHost } from "../../core/redis_url.ts";
import type { Login } from "./client.ts";
import { RedisLink } from "./link.ts";
import type { LinksWatch } from "./links.ts";
import { addressOf } from "./slots.ts";

/** What a node needs. */
export interface ClusterNodeInit {
  /** The server's address. */
  readonly host: RedisHost;
  /** Address and credentials. */
  readonly login: Login;
  /** Observes the connections. */
  readonly watch: LinksWatch;
  /** Called when a connection was lost. */
  readonly lost: () => void;
  /** Called when a channel belongs to another node. */
  readonly channelMoved: (channel: string) => void;
}

/** A master. Disposing of it ends its connections. */
export class ClusterNode implements Disposable {
  /** Where it is. */
  readonly host: RedisHost;
  /** Takes commands. */
  readonly publisher: RedisLink;
  /** Hears what is published. */
  readonly subscriber: RedisLink;
  readonly #life = new AbortController();

  /** Connects in the background. @param signal Ends its connections too. */
  constructor({ host, login, watch, lost, channelMoved }: ClusterNodeInit, signal: AbortSignal) {
    const { heard, back, roundTrips } = watch;
    const at = addressOf(host);
    const locate = () => Promise.resolve({ at, login });
    const init = { isSharded: true, roundTrips, locate, lost, channelMoved };
    const both = AbortSignal.any([this.#life.signal, signal]);
    const found = () => {
      heard();
      back();
    };
    this.host = host;
    this.publisher = new RedisLink({ ...init, role: "publisher", found: back }, both);
    this.subscriber = new RedisLink({ ...init, role: "subscriber", found }, both);
  }

  /** Ends its connections. */
  [Symbol.dispose](): void {
    this.#life.abort();
  }
}
