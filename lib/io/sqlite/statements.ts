/**
 * Runs statements on a SQLite file, each prepared once. What comes out is checked for its type here and nowhere else.
 * @module
 */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";

/** One row, by the names of its columns. */
export class Row {
  readonly #values: Readonly<Record<string, SQLOutputValue>>;

  /** A row as SQLite gave it. */
  constructor(values: Readonly<Record<string, SQLOutputValue>>) {
    this.#values = values;
  }

  /** What is in a column of texts. */
  text(column: string): string {
    const value = this.#values[column];
    if (typeof value === "string") return value;
    throw new TypeError(`Cannot read column ${column}: it is no text: received ${value}`);
  }

  /** What is in a column of numbers. */
  number(column: string): number {
    const value = this.#values[column];
    if (typeof value === "number") return value;
    throw new TypeError(`Cannot read column ${column}: it is no number: received ${value}`);
  }

  /** The text in a column; undefined if it holds something else, as in a damaged row. */
  textOrNone(column: string): string | undefined {
    const value = this.#values[column];
    return typeof value === "string" ? value : undefined;
  }

  /** The number in a column; undefined if it holds something else, as in a damaged row. */
  numberOrNone(column: string): number | undefined {
    const value = this.#values[column];
    return typeof value === "number" ? value : undefined;
  }
}

/** The statements of one file. All of it throws what SQLite says. */
export class Statements implements Disposable {
  readonly #file: DatabaseSync;
  readonly #lock: Disposable | undefined;
  readonly #canIterateAgain: boolean;
  readonly #prepared = new Map<string, StatementSync>();

  /** None is prepared yet. @param lock What keeps others away; given back when the file is closed. */
  constructor(file: DatabaseSync, lock?: Disposable) {
    this.#canIterateAgain = canIterateAgain(file);
    this.#file = file;
    this.#lock = lock;
  }

  /** Whether a transaction has begun and has not ended. SQLite ends one by itself when the disk is full. */
  get isInTransaction(): boolean {
    // Deno 2.5 does not have it, despite the types.
    const known: boolean | undefined = this.#file.isTransaction;
    return known ?? this.#refusesToBegin();
  }

  /** Runs a statement; how many rows it has changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** The first row. */
  row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    const found = this.#prepare(sql).get(...values);
    return found && new Row(found);
  }

  /** All rows. */
  rows(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#prepare(sql).all(...values).map((it) => new Row(it));
  }

  /** Rows, read one by one as they are drawn; do not run the same statement in between. */
  *each(sql: string, ...values: SQLInputValue[]): Generator<Row> {
    const statement = this.#canIterateAgain ? this.#prepare(sql) : this.#file.prepare(sql);
    for (const found of statement.iterate(...values)) yield new Row(found);
  }

  /** Closes the file, and lets others have it. */
  [Symbol.dispose](): void {
    this.#prepared.clear();
    try {
      // In WAL mode, a file in a folder that cannot be written can only be read if its log is there.
      this.#file.prepare("PRAGMA journal_mode = DELETE").get();
    } catch {
      // Another process reads it, or it cannot be written: it stays in WAL mode.
    }
    this.#file.close();
    this.#lock?.[Symbol.dispose]();
  }

  /** A transaction cannot begin within another. One that does nothing takes no lock. */
  #refusesToBegin(): boolean {
    try {
      this.run("BEGIN");
    } catch {
      return true;
    }
    this.run("ROLLBACK");
    return false;
  }

  #prepare(sql: string): StatementSync {
    const prepared = this.#prepared.get(sql) ?? this.#file.prepare(sql);
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}

/** In Deno 2.5, a statement that is iterated a second time returns no rows. */
function canIterateAgain(file: DatabaseSync): boolean {
  const statement = file.prepare("SELECT 1");
  const counts = [1, 2].map(() => [...statement.iterate()].length);
  return counts[1] === 1;
}
