/**
 * Group commit: what is to be written in one turn of the event loop is written in one transaction, since making sure
 * that it is on the disk takes ten times as long as writing it. Nothing is answered before that.
 * @module
 */
import { setImmediate } from "node:timers";
import type { Statements } from "./statements.ts";
import { troubleOf } from "./trouble.ts";

/** So many deeds at most in one transaction, so that the event loop goes on meanwhile. */
const MAX_BATCH = 250;

/** Something to be written. */
interface Deed {
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
  #deeds: Deed[] = [];

  /** A writer that has nothing to write yet. */
  constructor(file: Statements, partner: Partner) {
    this.#file = file;
    this.#partner = partner;
  }

  /** From now on, writes to the file as it was opened again. */
  turnTo(file: Statements): void {
    this.#file = file;
  }

  /** Does something to the file; resolves when it is on the disk. Rejects with `BusUnavailable`, and is undone then. */
  write<T>(run: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const deed: Deed = {
      run() {
        const answer = run();
        return () => resolve(answer);
      },
      reject,
    };
    if (this.#deeds.push(deed) === 1) setImmediate(() => this.#writeSome());
    return promise;
  }

  /** Writes at once what waits to be written. */
  flush(): void {
    while (this.#deeds.length > 0) this.#together(this.#deeds.splice(0, MAX_BATCH));
  }

  #writeSome(): void {
    this.#together(this.#deeds.splice(0, MAX_BATCH));
    if (this.#deeds.length > 0) setImmediate(() => this.#writeSome());
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
