/**
 * Copies a store row by row into a new file, in one read transaction, while other connections use it. The copy is compact,
 * contains no deleted data, and can shrink. Do not use `VACUUM INTO`: Deno allows SQLite to attach a file only with
 * permission for all files (Deno 2.9.6).
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { createTables, TABLES } from "./schema.ts";

/**
 * Copies all tables to a path where there is no file yet, and syncs the copy to disk. Throws the error of SQLite or the
 * system, and leaves no file behind.
 *
 * @param beforeClose Called with the copy before it is checked and closed.
 */
export function copyStore(
  from: DatabaseSync,
  path: string,
  beforeClose: (copy: DatabaseSync) => void = () => {},
): void {
  Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  try {
    copyInto(from, path, beforeClose);
    using file = Deno.openSync(path, { write: true });
    file.syncSync();
  } catch (error) {
    Deno.removeSync(path);
    throw error;
  }
}

function copyInto(
  from: DatabaseSync,
  path: string,
  beforeClose: (copy: DatabaseSync) => void,
): void {
  using opened = new DisposableStack();
  const copy = opened.adopt(new DatabaseSync(path), (it) => it.close());
  // An unfinished copy is deleted, so it need not survive a crash.
  copy.prepare("PRAGMA journal_mode = OFF").get();
  copy.prepare("PRAGMA synchronous = OFF").get();
  createTables(copy);
  from.exec("BEGIN");
  try {
    copy.exec("BEGIN");
    for (const [table, columns] of Object.entries(TABLES)) copyTable(from, copy, table, columns);
    copy.exec("COMMIT");
  } finally {
    from.exec("ROLLBACK");
  }
  beforeClose(copy);
  const problem = copy.prepare("PRAGMA integrity_check(1)").get()?.integrity_check;
  if (problem !== "ok") throw new Error(`The copy is damaged: ${problem}`);
}

function copyTable(
  from: DatabaseSync,
  to: DatabaseSync,
  table: string,
  columns: readonly string[],
): void {
  const names = columns.join(", ");
  const marks = columns.map(() => "?").join(", ");
  const insert = to.prepare(`INSERT INTO ${table} (${names}) VALUES (${marks})`);
  for (const row of from.prepare(`SELECT ${names} FROM ${table}`).iterate()) {
    insert.run(...columns.map((column) => row[column] ?? null));
  }
}
