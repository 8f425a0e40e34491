/**
 * Group commit: what is to be written in one turn of the event loop is written in one transaction, since making sure
 * that it is on the disk takes ten times as long as writing it. Nothing is answered before that. A transaction is bounded
 * by its weight, and rooms take turns by weight, so that long texts in some rooms hardly delay the others.
 * @module
 */
import { setImmediate } from "node:timers";
import { FairQueue } from "../../core/fair_queue.ts";
import type { RoomId } from "../../core/names.ts";
import type { Statements } from "./statements.ts";
import { troubleOf } from "./trouble.ts";

/** So many deeds at most in one transaction, so that the event loop goes on meanwhile. */
const MAX_BATCH = 250;
/** Weight at which a transaction ends, in the unit of `core/weights.ts`; one item alone may be heavier. */
const MAX_BATCH_WEIGHT = 131_072;
/** What each room may write per round of the queue, in the same unit. */
const ROUND_WEIGHT = 4_096;

/** Something to be written. */
interface Deed {
  /** What it adds to the file, roughly. */
  readonly weight: number;
  /** Writes it; what is returned tells whoever waits that it is done. */
  run(): () => void;
  /** Tells whoever waits that it was not done. */
  reject(error: unknown): void;
}

/** What takes part in each transaction. */
export interface Partner {
  /** Writes what is left to be written. */
  beforeCommit(): void;
  /** The transaction is over. @param error Why it was rolled back; undefined if it succeeded. */
  afterwards(error?: unknown): void;
}

/** Writes to one file. */
export class SqliteWriter {
  #file: Statements;
  readonly #partner: Partner;
  readonly #deeds = new FairQueue<RoomId | undefined, Deed>(ROUND_WEIGHT);

  /** A writer that has nothing to write yet. */
  constructor(file: Statements, partner: Partner) {
    this.#file = file;
    this.#partner = partner;
  }

  /** From now on, writes to the file as it was opened again. */
  turnTo(file: Statements): void {
    this.#file = file;
  }

  /**
   * Does something to the file; resolves when it is on the disk. Rejects with `BusUnavailable`, and is undone then.
   *
   * @param room What is written for one room keeps its order; undefined for what concerns no room.
   * @param weight What it adds to the file, roughly, in the unit of `core/weights.ts`.
   */
  write<T>(run: () => T, room?: RoomId, weight: number = 0): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const deed: Deed = {
      weight,
      run() {
        const answer = run();
        return () => resolve(answer);
      },
      reject,
    };
    this.#deeds.push(room, deed, weight);
    if (this.#deeds.size === 1) setImmediate(() => this.#writeSome());
    return promise;
  }

  /** Writes at once what waits to be written. */
  flush(): void {
    while (this.#deeds.size > 0) this.#together(this.#takeBatch());
  }

  #writeSome(): void {
    this.#together(this.#takeBatch());
    if (this.#deeds.size > 0) setImmediate(() => this.#writeSome());
  }

  #takeBatch(): readonly Deed[] {
    const batch: Deed[] = [];
    for (let weight = 0; batch.length < MAX_BATCH && weight < MAX_BATCH_WEIGHT;) {
      const deed = this.#deeds.shift();
      if (deed === undefined) break;
      batch.push(deed);
      weight += deed.weight;
    }
    return batch;
  }

  #together(deeds: readonly Deed[]): void {
    let tell: () => void;
    try {
      tell = this.#transact(deeds);
    } catch (error) {
      // One of them may have spoilt it for the others.
      tell = deeds.length > 1
        ? () => deeds.forEach((deed) => this.#together([deed]))
        : () => deeds[0]?.reject(troubleOf(error));
    }
    tell();
  }

  #transact(deeds: readonly Deed[]): () => void {
    try {
      this.#file.run("BEGIN IMMEDIATE");
      const answers = deeds.map((deed) => deed.run());
      this.#partner.beforeCommit();
      this.#file.run("COMMIT");
      this.#partner.afterwards();
      return () => answers.forEach((answer) => answer());
    } catch (error) {
      this.#partner.afterwards(error);
      // Where the disk is full SQLite may have taken it back already.
      if (this.#file.isInTransaction) this.#file.run("ROLLBACK");
      throw error;
    }
  }
}
