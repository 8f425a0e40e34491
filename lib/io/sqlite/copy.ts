/**
 * Copies a store row by row into a new file, as it is at one moment, while others go on reading and writing. The copy is as
 * small as it can be, holds nothing that was deleted, and can give space back. `VACUUM INTO` would do the same, but
 * attaching a file is not allowed without permission for all files.
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { makeTables, TABLES } from "./schema.ts";

/**
 * Copies everything into a file that is not there yet; it is on the disk when this returns. Throws what SQLite or the system
 * says, and leaves no file then.
 *
 * @param finish Does what else is to be done to the copy.
 */
export function copyStore(
  from: DatabaseSync,
  path: string,
  finish: (copy: DatabaseSync) => void = () => {},
): void {
  Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  try {
    fill(from, path, finish);
    using file = Deno.openSync(path, { write: true });
    file.syncSync();
  } catch (error) {
    Deno.removeSync(path);
    throw error;
  }
}

function fill(from: DatabaseSync, path: string, finish: (copy: DatabaseSync) => void): void {
  using opened = new DisposableStack();
  const copy = opened.adopt(new DatabaseSync(path), (it) => it.close());
  // A copy that is not finished is thrown away, so nothing need be safe before that.
  copy.prepare("PRAGMA journal_mode = OFF").get();
  copy.prepare("PRAGMA synchronous = OFF").get();
  makeTables(copy);
  from.exec("BEGIN");
  try {
    copy.exec("BEGIN");
    for (const [table, columns] of Object.entries(TABLES)) copyTable(from, copy, table, columns);
    copy.exec("COMMIT");
  } finally {
    from.exec("ROLLBACK");
  }
  finish(copy);
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
