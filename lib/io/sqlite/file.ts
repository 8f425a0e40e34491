/**
 * The file of the embedded store: found or made, and refused where it is not right. What is refused is left as it was,
 * byte for byte, so that it can be put right by hand; therefore it is looked at before it is opened, since SQLite tidies
 * up in every file that it closes. Other processes, such as a backup, may read the file while the service has it open.
 * @module
 */
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { log } from "../log.ts";
import { inspect, refusal, sizeOf } from "./inspection.ts";
import { tryLock } from "./lock.ts";
import { copyStore } from "./copy.ts";
import { makeTables, updateTables, VERSION, versionOf } from "./schema.ts";
import { Statements } from "./statements.ts";
import { inUse, StoreRefused } from "./trouble.ts";

/** Wait for locks that readers hold for a moment. It blocks the event loop. */
const PATIENCE_MS = 250;

const FILE_NAME = "parley.sqlite";
/** Locked as long as the file is open, so that two who start at the same time never both look into the file. */
const LOCK_NAME = "parley.lock";

/** The path of the file in a folder. */
export function pathIn(folder: string): string {
  return join(resolve(folder), FILE_NAME);
}

/** Takes the lock of a folder until it is disposed. Throws {@linkcode StoreRefused} if another process has it. */
export function lockFolder(folder: string): Disposable {
  const lock = tryLock(join(folder, LOCK_NAME));
  if (lock === undefined) throw inUse(pathIn(folder));
  return lock;
}

/**
 * Opens the file, or creates it. No other service can open it until it is closed. Throws {@linkcode StoreRefused}.
 *
 * @param date Milliseconds since 1970, for a file of an earlier version.
 */
export function openSqliteFile(folder: string, date: number = Date.now()): Statements {
  const path = pathIn(folder);
  using opened = new DisposableStack();
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = opened.use(lockFolder(folder));
    inspect(path);
    // What SQLite makes itself everybody may read; the log beside it is as open as this.
    Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
    const file = opened.adopt(openWritable(path, date), (it) => it.close());
    opened.move();
    return new Statements(file, lock);
  } catch (error) {
    throw refusal(path, error);
  }
}

/**
 * Opens an existing file read-only. Throws {@linkcode StoreRefused}, also if that is impossible without writing: for a log
 * without its index, or a file of an earlier version.
 */
export function openReadOnly(folder: string): Statements {
  const path = pathIn(folder);
  using opened = new DisposableStack();
  try {
    const lock = opened.use(lockToRead(folder));
    inspect(path);
    const file = opened.adopt(new DatabaseSync(path, { readOnly: true }), (it) => it.close());
    if (versionOf(file) !== VERSION) {
      throw new Error("it must be brought up to date");
    }
    opened.move();
    return new Statements(file, lock);
  } catch (error) {
    throw refusal(path, error);
  }
}

/** As {@linkcode lockFolder} where nothing can be written; does nothing if there is no lock to take. */
function lockToRead(folder: string): Disposable {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (error instanceof StoreRefused) throw error;
  }
  const path = join(folder, LOCK_NAME);
  // Deno 2.5 and 2.6 have no lock that writes nothing.
  const canLock = sizeOf(path) >= 0 && "tryLockSync" in Deno.FsFile.prototype;
  if (!canLock) return { [Symbol.dispose]: () => {} };
  using opened = new DisposableStack();
  const lock = opened.use(Deno.openSync(path, { read: true }));
  if (!lock.tryLockSync(true)) throw inUse(pathIn(folder));
  opened.move();
  return lock;
}

function openWritable(path: string, date: number): DatabaseSync {
  const file = settled(path, date);
  if (isShrinkable(file) || !isRewritten(file, path)) return file;
  file.close();
  return settled(path, date);
}

/** Opens the file, and creates or updates its tables. */
function settled(path: string, date: number): DatabaseSync {
  using opened = new DisposableStack();
  const file = opened.adopt(new DatabaseSync(path), (it) => it.close());
  // As a statement: the option for it is newer than the oldest runtime.
  file.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
  file.prepare("PRAGMA synchronous = FULL").get();
  // What is deleted is overwritten where its page is written anyway.
  file.prepare("PRAGMA secure_delete = FAST").get();
  // Before there is a log: the file alone must tell whose it is.
  if (file.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined) makeTables(file);
  file.prepare("PRAGMA journal_mode = WAL").get();
  // A file that can only be read says so here.
  file.prepare("BEGIN IMMEDIATE").run();
  file.prepare("COMMIT").run();
  if (updateTables(file, date)) log.info("store.updated", {});
  opened.move();
  return file;
}

/** Whether the file can give unused space back. Files of version 1 cannot. */
function isShrinkable(file: DatabaseSync): boolean {
  const incremental = 2;
  return file.prepare("PRAGMA auto_vacuum").get()?.auto_vacuum === incremental;
}

/** Replaces the file by a copy that can give space back; the old file stays open. Returns whether that succeeded. */
function isRewritten(file: DatabaseSync, path: string): boolean {
  const work = `${path}.rewritten`;
  try {
    if (sizeOf(work) >= 0) Deno.removeSync(work);
    copyStore(file, work);
    // Its log must be gone, or it would be taken for the new file's.
    file.prepare("PRAGMA journal_mode = DELETE").get();
    if (sizeOf(`${path}-wal`) >= 0) throw new Error("The log could not be removed");
    Deno.renameSync(work, path);
    return true;
  } catch (error) {
    // The copy needs as much space again for a moment. The file works as it is.
    log.warn("store.not_shrinkable", { error: String(error) });
    file.prepare("PRAGMA journal_mode = WAL").get();
    return false;
  }
}
