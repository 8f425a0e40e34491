/**
 * Runs statements on an SQLite file, each prepared once. The types of returned values are checked here and nowhere else.
 * @module
 */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";

/** One row, with typed access to its columns. */
export class Row {
  readonly #values: Readonly<Record<string, SQLOutputValue>>;

  /** Wraps a row as returned by SQLite. */
  constructor(values: Readonly<Record<string, SQLOutputValue>>) {
    this.#values = values;
  }

  /** The text in a column. Throws a `TypeError` for other values. */
  text(column: string): string {
    const value = this.#values[column];
    if (typeof value === "string") return value;
    throw new TypeError(`Cannot read column ${column}: it is not text: received ${value}`);
  }

  /** The number in a column. Throws a `TypeError` for other values. */
  number(column: string): number {
    const value = this.#values[column];
    if (typeof value === "number") return value;
    throw new TypeError(`Cannot read column ${column}: it is not a number: received ${value}`);
  }

  /** The text in a column; undefined for other values, as in a damaged row. */
  textOrUndefined(column: string): string | undefined {
    const value = this.#values[column];
    return typeof value === "string" ? value : undefined;
  }

  /** The number in a column; undefined for other values, as in a damaged row. */
  numberOrUndefined(column: string): number | undefined {
    const value = this.#values[column];
    return typeof value === "number" ? value : undefined;
  }
}

/** The prepared statements of one file. All methods throw SQLite's errors. */
export class Statements implements Disposable {
  readonly #file: DatabaseSync;
  readonly #lock: Disposable | undefined;
  readonly #canIterateAgain: boolean;
  readonly #prepared = new Map<string, StatementSync>();

  /** Takes ownership of the file. @param lock Lock against other processes; released after the file is closed. */
  constructor(file: DatabaseSync, lock?: Disposable) {
    this.#canIterateAgain = canIterateAgain(file);
    this.#file = file;
    this.#lock = lock;
  }

  /** Whether a transaction is open. SQLite ends a transaction by itself when the disk is full. */
  get isInTransaction(): boolean {
    // Undefined in Deno 2.5, despite the types.
    const known: boolean | undefined = this.#file.isTransaction;
    return known ?? this.#refusesToBegin();
  }

  /** Runs a statement. Returns the number of changed rows. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** Returns the first row; undefined if there is none. */
  row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    const found = this.#prepare(sql).get(...values);
    return found && new Row(found);
  }

  /** Returns all rows at once. For results of any length, use {@linkcode each}. */
  rows(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#prepare(sql).all(...values).map((it) => new Row(it));
  }

  /** Yields rows as they are read. Do not run the same statement during the iteration. */
  *each(sql: string, ...values: SQLInputValue[]): Generator<Row> {
    const statement = this.#canIterateAgain ? this.#prepare(sql) : this.#file.prepare(sql);
    for (const found of statement.iterate(...values)) yield new Row(found);
  }

  /** Closes the file, and releases its lock. */
  [Symbol.dispose](): void {
    this.#prepared.clear();
    try {
      // Leave WAL mode: in a read-only folder, a file in WAL mode can only be read if its write-ahead log exists.
      this.#file.prepare("PRAGMA journal_mode = DELETE").get();
    } catch {
      // Another process is reading the file, or it cannot be written: it stays in WAL mode.
    }
    this.#file.close();
    this.#lock?.[Symbol.dispose]();
  }

  /** Whether BEGIN fails, as it does within a transaction. An empty transaction takes no lock. */
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
