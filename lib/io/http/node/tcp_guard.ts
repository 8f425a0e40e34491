/**
 * Limits TCP connections that are not WebSockets: how many one address may hold, how long the head of a request may
 * take, how many requests may wait for their responses, how long a response may make no progress, and how long a client may
 * keep sending a body after the response. `node:http` has timeouts of its own, but in this runtime they do not end a connection
 * that sends nothing (Deno 2.9.6).
 * @module
 */
import type { Clock } from "../../../chat/ports/clock.ts";
import type { TcpLimits } from "../../../core/limits/connection_limits.ts";
import { logger } from "../../logger.ts";

/** The part of a stream that the guard uses. */
export interface GuardedStream {
  /** The IP address of the peer. */
  readonly remoteAddress?: string | undefined;
  /** Bytes sent so far. */
  readonly bytesWritten: number;
  /** Ends it at once. */
  destroy(): unknown;
}

/** The part of a request that the guard uses. */
export interface AnsweredRequest {
  /** Whether all of its body has arrived. */
  readonly complete: boolean;
}

/** Time in which a connection must complete the head of a request, the first one and each further one. */
const HEAD_MS = 10_000;
/** How long a client may keep sending a body after the response. Many read no response before they have sent everything. */
const LINGER_MS = 500;
/** A response that makes no progress for this long is given up. */
const STALLED_MS = 30_000;
/** Requests that a client may send before it has received the response to the first. Few clients send a second. */
const MAX_PENDING = 4;
const CHECK_MS = 1_000;
const LOG_INTERVAL_MS = 1_000;

/** One stream. */
interface Watched {
  readonly key: string | undefined;
  /** Number of requests that have no complete response yet. */
  pending: number;
  bytesWritten: number;
  /** The request whose response has ended last. */
  request: AnsweredRequest | undefined;
  /** When it entered its phase, or last made progress in it. */
  since: number;
}

/** Watches the streams of one port until they become WebSockets or end. */
export class TcpGuard {
  readonly #limits: TcpLimits;
  readonly #clock: Clock;
  readonly #streams = new Map<GuardedStream, Watched>();
  readonly #countByKey = new Map<string, number>();
  #refused = 0;
  #loggedAt = -Infinity;

  /** Watches no streams yet. */
  constructor(limits: TcpLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Number of watched streams. */
  get size(): number {
    return this.#streams.size;
  }

  /** Watches a new stream; destroys it instead if a limit is exceeded. Returns whether it is watched. */
  admit(stream: GuardedStream): boolean {
    const key = this.#limits.keyOf(stream.remoteAddress ?? "");
    const count = key === undefined ? 0 : (this.#countByKey.get(key) ?? 0);
    if (this.#streams.size >= this.#limits.total || count >= this.#limits.perAddress) {
      this.#reportRefusal(stream);
      stream.destroy();
      return false;
    }
    if (key !== undefined) this.#countByKey.set(key, count + 1);
    this.#streams.set(stream, {
      key,
      pending: 0,
      request: undefined,
      bytesWritten: 0,
      since: this.#clock.now(),
    });
    return true;
  }

  /**
   * The head of a request is complete. Returns whether it may be handled: `node:http` handles all requests of one read at
   * once, so a client that sends many and reads nothing could fill the memory with responses. Such a stream is destroyed.
   */
  onRequest(stream: GuardedStream): boolean {
    const watched = this.#streams.get(stream);
    if (watched === undefined) return false;
    watched.pending += 1;
    watched.since = this.#clock.now();
    if (watched.pending <= MAX_PENDING) return true;
    stream.destroy();
    return false;
  }

  /** The response to a request has ended: another request may follow. */
  onResponded(stream: GuardedStream, request?: AnsweredRequest): void {
    const watched = this.#streams.get(stream);
    if (watched === undefined) return;
    // None is waited for after what was malformed.
    watched.pending = Math.max(0, watched.pending - 1);
    watched.request = request;
    watched.since = this.#clock.now();
  }

  /** Nothing more on the stream can be parsed: it ends soon. */
  onMalformed(stream: GuardedStream): void {
    const watched = this.#streams.get(stream);
    if (watched === undefined) return;
    watched.pending = 0;
    watched.request = { complete: false };
    watched.since = this.#clock.now();
  }

  /** The stream has ended, or has become a WebSocket. */
  release(stream: GuardedStream): void {
    const watched = this.#streams.get(stream);
    if (!this.#streams.delete(stream) || watched?.key === undefined) return;
    const count = (this.#countByKey.get(watched.key) ?? 0) - 1;
    if (count > 0) this.#countByKey.set(watched.key, count);
    else this.#countByKey.delete(watched.key);
  }

  /** Ends streams that take too long, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(CHECK_MS, signal);
      for (const [stream, watched] of this.#streams) {
        if (this.#isOverdue(stream, watched)) stream.destroy();
      }
    }
  }

  #isOverdue({ bytesWritten }: GuardedStream, watched: Watched): boolean {
    const now = this.#clock.now();
    const isUnread = watched.request?.complete === false;
    if (watched.pending === 0) return now - watched.since >= (isUnread ? LINGER_MS : HEAD_MS);
    if (bytesWritten !== watched.bytesWritten) {
      watched.bytesWritten = bytesWritten;
      watched.since = now;
    }
    return now - watched.since >= STALLED_MS;
  }

  /** At most once a second. */
  #reportRefusal({ remoteAddress = "" }: GuardedStream): void {
    this.#refused += 1;
    const now = this.#clock.now();
    if (now - this.#loggedAt < LOG_INTERVAL_MS) return;
    logger.warn("tcp.refused", { address: remoteAddress, count: this.#refused });
    this.#refused = 0;
    this.#loggedAt = now;
  }
}
