/**
 * The revocations of the process: read from the store once for all workers, which follow them.
 * @module
 */
import {
  type Revocable,
  type Revocation,
  REVOCATION_KEPT_MS,
  RevocationList,
} from "../../core/auth/revocations.ts";
import type { Clock } from "../ports/clock.ts";
import type { RevocationStore } from "../ports/revocation_store.ts";
import { Feed, type FeedUpdate } from "../feed.ts";
import { type RetryContext, retryWhileUnavailable } from "../retry.ts";

/** What workers and the HTTP API use of the feed. */
export interface RevocationSource {
  /** See {@linkcode Feed.after}. */
  revocationsAfter(version: number): Promise<FeedUpdate<Revocation>>;
  /** Stores a revocation. Rejects with `BusUnavailable`. */
  revoke(revocation: Revocation): Promise<void>;
  /** Reads all from the store. Rejects with `BusUnavailable`. */
  readRevocations(): Promise<readonly Revocation[]>;
}

/** Follows the store, and tells the workers. */
export class RevocationFeed implements RevocationSource {
  readonly #store: RevocationStore;
  readonly #clock: Clock;
  readonly #retry: RetryContext;
  readonly #known = new RevocationList();
  // Open once the store has been read.
  readonly #feed = new Feed<Revocation>(() => this.#known.all);

  /** Knows nothing before {@linkcode run}. @param bus Tells when the store is back. */
  constructor(store: RevocationStore, { clock, bus }: Pick<RetryContext, "clock" | "bus">) {
    this.#store = store;
    this.#clock = clock;
    // Only one feed per process retries, so it need not spread out: until it has read, no user with a token is admitted.
    this.#retry = { clock, random: () => 0, bus };
  }

  /** Follows the store until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const read = await retryWhileUnavailable(() => this.#read(), this.#retry, signal);
      if (read === undefined) return;
      this.#learn(read);
      this.#feed.open();
      await this.#store.whenChanged(signal);
    }
  }

  revocationsAfter(version: number): Promise<FeedUpdate<Revocation>> {
    return this.#feed.after(version);
  }

  async revoke(revocation: Revocation): Promise<void> {
    await this.#store.add(revocation);
    this.#learn([revocation]);
  }

  /** Whether something is known to be revoked. */
  isRevoked(issued: Revocable): boolean {
    return this.#known.isRevoked(issued);
  }

  async readRevocations(): Promise<readonly Revocation[]> {
    return await this.#store.read();
  }

  /** Removes what has been kept long enough. Rejects with `BusUnavailable`. */
  sweep(): Promise<void> {
    return this.#store.removeBefore(this.#clock.date() - REVOCATION_KEPT_MS);
  }

  /** Stores again what the store has lost, as a Redis that has restarted without persistence. */
  async #read(): Promise<readonly Revocation[]> {
    const stored = await this.#store.read();
    const list = new RevocationList();
    for (const it of stored) list.add(it);
    const since = this.#clock.date() - REVOCATION_KEPT_MS;
    const lost = this.#known.all.filter((it) => it.before >= since && list.add(it));
    for (const it of lost) await this.#store.add(it);
    return stored;
  }

  #learn(revocations: readonly Revocation[]): void {
    this.#feed.add(revocations.filter((it) => this.#known.add(it)));
  }
}
