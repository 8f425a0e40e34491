/**
 * Copies a store row by row into a new file, in one read transaction, while other connections use it. The copy is compact,
 * contains no deleted data, and can shrink. Do not use `VACUUM INTO`: Deno allows SQLite to attach a file only with
 * permission for all files (Deno 2.9.6).
 *
 * A store of an earlier version is copied with the tables that it has, so that it can be backed up before it is updated.
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { APPLICATION_ID, createTables, TABLES, VERSION, versionOf } from "./schema.ts";

/** The columns of each table. */
type Tables = Readonly<Record<string, readonly string[]>>;

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
  from.exec("BEGIN");
  try {
    const tables = createSameTables(from, copy);
    copy.exec("BEGIN");
    for (const [table, columns] of Object.entries(tables)) copyTable(from, copy, table, columns);
    copy.exec("COMMIT");
  } finally {
    from.exec("ROLLBACK");
  }
  beforeClose(copy);
  const problem = copy.prepare("PRAGMA integrity_check(1)").get()?.integrity_check;
  if (problem !== "ok") throw new Error(`The copy is damaged: ${problem}`);
}

/** Creates empty tables like those of a store. Returns their columns. */
function createSameTables(from: DatabaseSync, copy: DatabaseSync): Tables {
  const version = versionOf(from);
  if (version === VERSION) {
    createTables(copy);
    return TABLES;
  }
  copy.exec("PRAGMA auto_vacuum = INCREMENTAL");
  // Tables before their indexes. Names that begin with sqlite_ are SQLite's own.
  const all = from.prepare(
    `SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
      ORDER BY type = 'index'`,
  ).all();
  for (const { sql } of all) copy.exec(String(sql));
  copy.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}`);
  const columnsOf = (table: string) =>
    from.prepare("SELECT name FROM pragma_table_info(?)").all(table).map(({ name }) =>
      String(name)
    );
  const tables = all.filter(({ type }) => type === "table").map(({ name }) => String(name));
  return Object.fromEntries(tables.map((name) => [name, columnsOf(name)]));
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
