/**
 * Checks a file before it is opened: whether it is ours, intact, and not of a newer version. The check must not change the
 * file.
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { APPLICATION_ID, VERSION } from "./schema.ts";
import {
  CHOOSE_ANOTHER_FOLDER,
  primaryCode,
  SQLITE,
  sqliteCode,
  storeInUse,
  StoreRefused,
} from "./errors.ts";

/** Maximum size of files that are checked in full; a file of this size takes about 3 s. */
const MAX_CHECKED_BYTES = 2 ** 30;

/**
 * Throws {@linkcode StoreRefused} if the file exists and is not valid. Does not change the file.
 *
 * @param largest Only the header of larger files is checked; damage is found when it is read.
 */
export function inspectFile(path: string, largest: number = MAX_CHECKED_BYTES): void {
  // A file whose creation was interrupted: SQLite rolls it back when it is opened.
  if (sizeOf(path) <= 0 || sizeOf(`${path}-journal`) > 0) return;
  const header = headerOf(path);
  if (header.magic !== "SQLite format 3\0") throw storeDamaged(path, "it is not an SQLite file");
  if (header.application !== APPLICATION_ID) {
    throw new StoreRefused(
      "foreign",
      `${path} belongs to another application`,
      CHOOSE_ANOTHER_FOLDER,
    );
  }
  if (header.version > VERSION) {
    throw newerStore(path, header.version);
  }
  if (sizeOf(path) > largest) return;
  const problem = problemIn(path);
  if (problem !== "ok") throw storeDamaged(path, problem);
}

/** Creates the error for a file of a later version. */
export function newerStore(path: string, version: number): StoreRefused {
  const versions = `store version ${version}, this Parley supports version ${VERSION}`;
  const problem = `${path} was written by a newer Parley (${versions})`;
  return new StoreRefused("newer", problem, "update Parley");
}

/** Creates the error for a damaged file. */
function storeDamaged(path: string, why: string, cause?: unknown): StoreRefused {
  const advice = `restore a backup, or move it away to start with an empty store`;
  return new StoreRefused("damaged", `${path} is damaged (${why})`, advice, { cause });
}

function headerOf(path: string) {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(100);
  file.readSync(bytes);
  const view = new DataView(bytes.buffer);
  const magic = new TextDecoder().decode(bytes.subarray(0, 16));
  // https://sqlite.org/fileformat.html#the_database_header
  return { magic, version: view.getInt32(60), application: view.getInt32(68) };
}

function problemIn(path: string): string {
  try {
    return quickCheck(path);
  } catch (error) {
    throw toStoreRefused(path, error);
  }
}

/** Checks the file and its write-ahead log: "ok", or the first problem that SQLite finds. */
function quickCheck(path: string): string {
  // SQLite creates these two files and leaves them behind, even if it only reads.
  const created = [`${path}-wal`, `${path}-shm`].filter((it) => sizeOf(it) < 0);
  const file = new DatabaseSync(path, { readOnly: true });
  try {
    // Without this, a read-only connection waits 5 s for locks, regardless of the options (Deno 2.9.6).
    file.exec("PRAGMA busy_timeout = 0");
    const { quick_check: problem } = file.prepare("PRAGMA quick_check(1)").get() ?? {};
    // The first line names the database, of which there is only one.
    return String(problem).split("\n").at(-1) ?? "";
  } finally {
    file.close();
    for (const it of created) if (sizeOf(it) >= 0) Deno.removeSync(it);
  }
}

/** Size of a file in bytes; -1 if there is none. */
export function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return -1;
    }
    throw error;
  }
}

/** Converts the error of a file that could not be opened to a {@linkcode StoreRefused} that says what to do. */
export function toStoreRefused(path: string, cause: unknown): unknown {
  if (cause instanceof StoreRefused) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  switch (primaryCode(sqliteCode(cause) ?? SQLITE.CANTOPEN)) {
    case SQLITE.BUSY:
      return storeInUse(path, cause);
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return storeDamaged(path, why, cause);
    default: {
      const advice = `make it writable, free some space, or ${CHOOSE_ANOTHER_FOLDER}`;
      return new StoreRefused("not_writable", `Cannot write ${path} (${why})`, advice, { cause });
    }
  }
}
