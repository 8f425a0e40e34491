/**
 * Drafts waiting to be appended to a remote store. Each room has one batch under way while the next one collects, so
 * the order holds even if a reply is lost, and under load many drafts share a round trip. Do not send a batch before
 * the previous one is answered: a retry would be appended after later drafts.
 * @module
 */
import { backoffMs } from "../../core/backoff.ts";
import type { Draft } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";

/**
 * Appends drafts of one room in order, all in one step. Resolves to one result per draft; rejects with
 * `BusUnavailable`.
 */
export type AppendBatch<T> = (room: RoomId, drafts: readonly Draft[]) => Promise<readonly T[]>;

/** How long to retry after a lost reply. */
const RETRY_TIMEOUT_MS = 10_000;
const RETRY = { firstMs: 50, longestMs: 1_000 } as const;
const MAX_BATCH = 256;
/** Maximum number of drafts waiting in one room. */
const MAX_WAITING = 10_000;

interface PendingDraft<T> {
  readonly draft: Draft;
  readonly result: PromiseWithResolvers<T>;
}

/** Appends drafts, one batch per room at a time. */
export class PublishQueue<T> {
  readonly #append: AppendBatch<T>;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #pending = new Map<RoomId, PendingDraft<T>[]>();

  /** An empty queue. @param signal When it aborts, nothing is retried. */
  constructor(append: AppendBatch<T>, clock: Clock, signal: AbortSignal) {
    this.#append = append;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Appends a draft in its turn. Resolves to the store's result; rejects with `BusUnavailable`. */
  publish(draft: Draft): Promise<T> {
    const pending = { draft, result: Promise.withResolvers<T>() };
    const waiting = this.#pending.get(draft.room);
    if (waiting === undefined) {
      this.#pending.set(draft.room, [pending]);
      this.#publishRoom(draft.room);
    } else if (waiting.length < MAX_WAITING) waiting.push(pending);
    else {
      const error = new BusUnavailable("too much is waiting, try again", { mayHaveApplied: false });
      pending.result.reject(error);
    }
    return pending.result.promise;
  }

  async #publishRoom(room: RoomId): Promise<void> {
    const waiting = this.#pending.get(room) ?? [];
    // Drafts published in the same turn share the batch.
    await Promise.resolve();
    while (waiting.length > 0) await this.#publishBatch(room, waiting.splice(0, MAX_BATCH));
    this.#pending.delete(room);
  }

  async #publishBatch(room: RoomId, batch: readonly PendingDraft<T>[]): Promise<void> {
    try {
      const answers = await this.#appendWithRetry(room, batch.map(({ draft }) => draft));
      for (const [index, { result }] of batch.entries()) {
        const own = answers[index];
        if (own === undefined) throw new RangeError(`Cannot deliver: ${answers.length} answers`);
        result.resolve(own);
      }
    } catch (error) {
      for (const { result } of batch) result.reject(error);
    }
  }

  /** Retries after a lost reply: the store recognizes repeated drafts by their ids. */
  async #appendWithRetry(room: RoomId, drafts: readonly Draft[]): Promise<readonly T[]> {
    const giveUpAt = this.#clock.now() + RETRY_TIMEOUT_MS;
    let lost: BusUnavailable | undefined;
    for (let attempt = 0;; attempt++) {
      try {
        return await this.#append(room, drafts);
      } catch (error) {
        if (!(error instanceof BusUnavailable)) throw error;
        if (error.mayHaveApplied) lost ??= error;
        if (lost === undefined) throw error;
        if (this.#clock.now() >= giveUpAt || this.#signal.aborted) throw lost;
      }
      await this.#clock.sleep(backoffMs(attempt, RETRY, 0.5), this.#signal);
      if (this.#signal.aborted) throw lost;
    }
  }
}
