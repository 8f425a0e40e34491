/**
 * The revocations of the process: read from the store once for all workers, which follow them by version. Workers ask for
 * what is newer instead of being told, so no change falls between the start of a worker and its first question.
 * @module
 */
import {
  type Revocation,
  REVOCATION_KEPT_MS,
  RevocationList,
} from "../../core/auth/revocations.ts";
import type { Clock } from "../ports/clock.ts";
import type { RevocationStore } from "../ports/revocation_store.ts";
import { type RetryContext, retryWhileUnavailable } from "../retry.ts";

/** What has been revoked since a version. */
export interface RevocationUpdate {
  /** The version that this leads to. */
  readonly version: number;
  /** Revocations; some may be known already. */
  readonly added: readonly Revocation[];
}

/** What workers and the HTTP API use of the feed. */
export interface RevocationSource {
  /** Resolves when there is something newer than a version, which may be never. @param version 0 for everything. */
  revocationsAfter(version: number): Promise<RevocationUpdate>;
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
  // In the order in which they became known. The version is one more than their number once the store has been read.
  readonly #log: Revocation[] = [];
  #isRead = false;
  #changed = Promise.withResolvers<void>();

  /** Knows nothing before {@linkcode run}. @param bus Tells when the store is back. */
  constructor(store: RevocationStore, { clock, bus }: Pick<RetryContext, "clock" | "bus">) {
    this.#store = store;
    this.#clock = clock;
    // Only one feed per process retries, so it need not spread out: until it has read, nobody with a token is admitted.
    this.#retry = { clock, random: () => 0, bus };
  }

  /** Follows the store until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const read = await retryWhileUnavailable(() => this.#read(), this.#retry, signal);
      if (read === undefined) return;
      const isFirst = !this.#isRead;
      this.#isRead = true;
      this.#learn(read, isFirst);
      await this.#store.whenChanged(signal);
    }
  }

  async revocationsAfter(version: number): Promise<RevocationUpdate> {
    while (this.#version <= version) await this.#changed.promise;
    return { version: this.#version, added: this.#log.slice(Math.max(0, version - 1)) };
  }

  async revoke(revocation: Revocation): Promise<void> {
    await this.#store.add(revocation);
    this.#learn([revocation], false);
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
    const lost = this.#log.filter((it) => it.before >= since && list.add(it));
    for (const it of lost) await this.#store.add(it);
    return stored;
  }

  get #version(): number {
    return this.#isRead ? this.#log.length + 1 : 0;
  }

  #learn(revocations: readonly Revocation[], isFirst: boolean): void {
    const fresh = revocations.filter((it) => this.#known.add(it));
    for (const it of fresh) this.#log.push(it);
    if (fresh.length === 0 && !isFirst) return;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
