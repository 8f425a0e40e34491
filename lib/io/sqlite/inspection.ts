/**
 * Checks a file before it is opened, without changing anything: whether it is ours, intact, and not of a newer version.
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { APPLICATION_ID, VERSION } from "./schema.ts";
import { ELSEWHERE, inUse, primaryCode, SQLITE, sqliteCode, StoreRefused } from "./trouble.ts";

/** Larger files are not checked in full before they are opened: this many bytes take about 3 s. */
const MAX_CHECKED_BYTES = 2 ** 30;

/**
 * Throws {@linkcode StoreRefused} if the file exists and is not valid, without changing anything.
 *
 * @param largest Of larger files only the header is checked; damage is found when it is read.
 */
export function inspect(path: string, largest: number = MAX_CHECKED_BYTES): void {
  // A file that was never finished: SQLite takes back what it finds half made.
  if (sizeOf(path) <= 0 || sizeOf(`${path}-journal`) > 0) return;
  const header = headerOf(path);
  if (header.magic !== "SQLite format 3\0") throw damaged(path, "it is no SQLite file");
  if (header.application !== APPLICATION_ID) {
    throw new StoreRefused("foreign", `${path} belongs to another application: ${ELSEWHERE}`);
  }
  if (header.version > VERSION) {
    const versions = `version ${header.version} of the store, this is for version ${VERSION}`;
    throw new StoreRefused("newer", `${path} is of a newer Parley (${versions}): update Parley`);
  }
  if (sizeOf(path) > largest) return;
  const problem = problemIn(path);
  if (problem !== "ok") throw damaged(path, problem);
}

/** Why a damaged file is refused. */
function damaged(path: string, why: string, cause?: unknown): StoreRefused {
  const advice = `move it away and start with an empty one, or put back a copy`;
  return new StoreRefused("damaged", `${path} is damaged (${why}): ${advice}`, { cause });
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
    return checked(path);
  } catch (error) {
    throw refusal(path, error);
  }
}

/** What SQLite finds wrong in the file and its log: "ok", or the first problem. */
function checked(path: string): string {
  // Even where it only reads, SQLite makes these two and leaves them behind.
  const made = [`${path}-wal`, `${path}-shm`].filter((it) => sizeOf(it) < 0);
  const file = new DatabaseSync(path, { readOnly: true });
  try {
    // One that is opened to be read waits 5 s for whoever has it, whatever is asked for in the options (Deno 2.9.6).
    file.exec("PRAGMA busy_timeout = 0");
    const { quick_check: problem } = file.prepare("PRAGMA quick_check(1)").get() ?? {};
    // The first line says which database, of which there is one.
    return String(problem).split("\n").at(-1) ?? "";
  } finally {
    file.close();
    for (const it of made) if (sizeOf(it) >= 0) Deno.removeSync(it);
  }
}

/** In bytes; -1 where there is none. */
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

/** The error for a file that could not be opened, with a message that says what to do. */
export function refusal(path: string, cause: unknown): unknown {
  if (cause instanceof StoreRefused) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  switch (primaryCode(sqliteCode(cause) ?? SQLITE.CANTOPEN)) {
    case SQLITE.BUSY:
      return inUse(path, cause);
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return damaged(path, why, cause);
    default: {
      const advice = `make it writable, free some space, or ${ELSEWHERE}`;
      return new StoreRefused("not_writable", `Cannot write ${path} (${why}): ${advice}`, {
        cause,
      });
    }
  }
}
