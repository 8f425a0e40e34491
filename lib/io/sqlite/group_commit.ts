/**
 * Group commit: all writes of one turn of the event loop share a transaction, because syncing to disk takes ten times as
 * long as writing. Writes resolve only after the sync. Transactions are limited by weight, and rooms take turns by weight,
 * so that long texts in some rooms hardly delay the others.
 * @module
 */
import { setImmediate } from "node:timers";
import { FairQueue } from "../../core/limits/fair_queue.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Statements } from "./file/statements.ts";
import { fromSqliteError, isOfWholeFile } from "./file/errors.ts";

/** Maximum number of writes per transaction, which blocks the event loop. */
const MAX_BATCH = 250;
/** Weight at which a transaction ends, in the unit of `core/log/reading/read_size.ts`; a single write may be heavier. */
const MAX_BATCH_WEIGHT = 131_072;
/** Weight that each room may write per round of the queue, in the same unit. */
const ROUND_WEIGHT = 4_096;

/** A queued write. */
interface WriteJob {
  /** Approximate size that it adds to the file. */
  readonly weight: number;
  /** Writes within the transaction. Returns a function that resolves the caller's promise, to call after the commit. */
  run(): () => void;
  /** Rejects the caller's promise. */
  reject(error: unknown): void;
}

/** Callbacks around each transaction. */
export interface CommitHooks {
  /** Called before the commit, to write what was deferred during the transaction. */
  beforeCommit(): void;
  /** Called after the transaction. @param error Why it was rolled back; undefined if it was committed. */
  afterTransaction(error?: unknown): void;
}

/** Batches writes to one file into transactions. */
export class GroupCommit {
  #file: Statements;
  readonly #hooks: CommitHooks;
  readonly #jobs = new FairQueue<RoomId | undefined, WriteJob>(ROUND_WEIGHT);

  /** Starts with an empty queue. @param hooks Called around each transaction. */
  constructor(file: Statements, hooks: CommitHooks) {
    this.#file = file;
    this.#hooks = hooks;
  }

  /** Replaces the file handle after the file was reopened. */
  useFile(file: Statements): void {
    this.#file = file;
  }

  /**
   * Runs a write in the next transaction; resolves to its result when it is on disk. Rejects with `BusUnavailable` after a
   * rollback.
   *
   * @param run Must be repeatable: it runs again, alone, if another write of its transaction fails.
   * @param room Writes of one room keep their order; undefined for writes that concern no room.
   * @param weight Approximate size that it adds to the file, in the unit of `core/log/reading/read_size.ts`.
   */
  write<T>(run: () => T, room?: RoomId, weight: number = 0): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const job: WriteJob = {
      weight,
      run() {
        const result = run();
        return () => resolve(result);
      },
      reject,
    };
    this.#jobs.push(room, job, weight);
    if (this.#jobs.size === 1) setImmediate(() => this.#commitNext());
    return promise;
  }

  /** Commits all queued writes synchronously. */
  flush(): void {
    while (this.#jobs.size > 0) this.#commitBatch(this.#nextBatch());
  }

  #commitNext(): void {
    this.#commitBatch(this.#nextBatch());
    if (this.#jobs.size > 0) setImmediate(() => this.#commitNext());
  }

  #nextBatch(): readonly WriteJob[] {
    const batch: WriteJob[] = [];
    for (let weight = 0; batch.length < MAX_BATCH && weight < MAX_BATCH_WEIGHT;) {
      const job = this.#jobs.shift();
      if (job === undefined) break;
      batch.push(job);
      weight += job.weight;
    }
    return batch;
  }

  #commitBatch(jobs: readonly WriteJob[]): void {
    let settle: () => void;
    try {
      settle = this.#transact(jobs);
    } catch (error) {
      // One write may have failed the others: retry each in its own transaction.
      settle = jobs.length > 1 && !isOfWholeFile(error)
        ? () => jobs.forEach((job) => this.#commitBatch([job]))
        : () => jobs.forEach((job) => job.reject(fromSqliteError(error)));
    }
    settle();
  }

  #transact(jobs: readonly WriteJob[]): () => void {
    try {
      this.#file.run("BEGIN IMMEDIATE");
      const resolvers = jobs.map((job) => job.run());
      this.#hooks.beforeCommit();
      this.#file.run("COMMIT");
      this.#hooks.afterTransaction();
      return () => resolvers.forEach((resolve) => resolve());
    } catch (error) {
      this.#hooks.afterTransaction(error);
      // If the disk is full, SQLite may already have rolled it back.
      if (this.#file.isInTransaction) this.#file.run("ROLLBACK");
      throw error;
    }
  }
}
