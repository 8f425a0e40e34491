/**
 * The file of the embedded store: found or made, and refused where it is not right. What is refused is left as it was,
 * byte for byte, so that it can be put right by hand; therefore it is looked at before it is opened, since SQLite tidies
 * up in every file that it closes.
 * @module
 */
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { tryLock } from "./lock.ts";
import { Statements } from "./statements.ts";
import { primaryCode, SQLITE, sqliteCode } from "./trouble.ts";

/** The file's name in its folder. */
export const FILE_NAME = "parley.sqlite";
/** Locked as long as the file is open, so that two who start at the same time never both look into the file. */
const LOCK_NAME = "parley.lock";

/** "Prly": by this a file is known as ours. */
const APPLICATION_ID = 0x50726c79;
const VERSION = 1;

const SCHEMA = `
  CREATE TABLE rooms (
    room TEXT PRIMARY KEY,
    head TEXT NOT NULL,
    messages INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE entries (
    room TEXT, seq INTEGER, at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (room, seq)
  ) WITHOUT ROWID;
  CREATE TABLE messages (
    room TEXT, seq INTEGER, at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (room, seq)
  ) WITHOUT ROWID;
  CREATE TABLE receipts (
    room TEXT, user TEXT, id TEXT, at INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (room, user, id)
  ) WITHOUT ROWID;
  CREATE INDEX receipts_by_time ON receipts (at);
  CREATE TABLE reads (
    room TEXT, user TEXT, epoch TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (room, user)
  ) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/** Why a folder or file cannot be used; the message says what to do. */
export class StoreRefused extends Error {
  /** For logs; tell it by `instanceof`. */
  override readonly name = "StoreRefused";
  /** Which kind of reason it is. */
  readonly reason: "not_writable" | "in_use" | "damaged" | "newer" | "foreign";

  /** A refusal. @param options `cause` is what SQLite or the system said. */
  constructor(reason: StoreRefused["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Opens the file, or makes one. Nobody else can open it until it is closed. Throws {@linkcode StoreRefused}. */
export function openSqliteFile(folder: string): Statements {
  const path = join(resolve(folder), FILE_NAME);
  using opened = new DisposableStack();
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = tryLock(join(folder, LOCK_NAME));
    if (lock === undefined) throw inUse(path);
    opened.use(lock);
    inspect(path);
    // What SQLite makes itself everybody may read; the log beside it is as open as this.
    Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
    const file = opened.adopt(new DatabaseSync(path), (it) => it.close());
    settle(file);
    opened.move();
    return new Statements(file, lock);
  } catch (error) {
    throw refusal(path, error);
  }
}

/** Takes hold of the file, and makes its tables where there are none. */
function settle(file: DatabaseSync): void {
  // Against programs that know nothing of the lock beside it.
  file.prepare("PRAGMA locking_mode = EXCLUSIVE").get();
  file.prepare("PRAGMA synchronous = FULL").get();
  if (file.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined) {
    // Before there is a log: the file alone must tell whose it is.
    file.exec(`BEGIN EXCLUSIVE; ${SCHEMA} COMMIT`);
  }
  file.prepare("PRAGMA journal_mode = WAL").get();
  // A file that can only be read says so here.
  file.prepare("BEGIN IMMEDIATE").run();
  file.prepare("COMMIT").run();
}

/** Throws where the file is there and not right, without changing anything. */
function inspect(path: string): void {
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
  const problem = checked(path);
  if (problem !== "ok") throw damaged(path, problem);
}

const ELSEWHERE = "choose another folder with DATA_DIR";

function damaged(path: string, why: string, cause?: unknown): StoreRefused {
  const advice = `move it away and start with an empty one, or put back a copy`;
  return new StoreRefused("damaged", `${path} is damaged (${why}): ${advice}`, { cause });
}

function inUse(path: string, cause?: unknown): StoreRefused {
  const advice = `${ELSEWHERE}, or join instances with REDIS_URL`;
  return new StoreRefused("in_use", `Another process has ${path} open: ${advice}`, { cause });
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
function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return -1;
    throw error;
  }
}

function refusal(path: string, cause: unknown): unknown {
  if (cause instanceof StoreRefused) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  switch (primaryCode(sqliteCode(cause) ?? SQLITE.CANTOPEN)) {
    case SQLITE.BUSY:
      return inUse(path, cause);
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return damaged(path, why, cause);
    default:
      return new StoreRefused("not_writable", `Cannot write ${path} (${why}): ${ELSEWHERE}`, {
        cause,
      });
  }
}
