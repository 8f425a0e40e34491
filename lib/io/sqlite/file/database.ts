/**
 * Opens or creates the file of the embedded store, and refuses an invalid one. A refused file must stay unchanged, byte for
 * byte, so that it can be repaired by hand: inspect it before opening it, because SQLite modifies files when it closes them.
 * Other processes, such as a backup, may read the file while the service has it open.
 * @module
 */
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { logger } from "../../logger.ts";
import { inspectFile, sizeOf, toStoreRefused } from "./inspection.ts";
import { tryLock } from "./lock.ts";
import { copyStore } from "./copy.ts";
import { createTables, updateTables, VERSION, versionOf } from "./schema.ts";
import { Statements } from "./statements.ts";
import { storeInUse, StoreRefused } from "./errors.ts";

/** Maximum wait for locks that readers hold briefly. It blocks the event loop. */
const BUSY_TIMEOUT_MS = 250;
/**
 * Pages in the write-ahead log before they are copied into the main file: 16 MB. With many rooms, each transaction writes many of
 * the same pages, which are copied once for all.
 */
const CHECKPOINT_PAGES = 4_000;
/**
 * Size of the page cache, in KiB. With a hundred rooms, a transaction needs more pages than fit into SQLite's default of 2,000,
 * and the next one would read them from the file again.
 */
const PAGE_CACHE_KIB = 32_000;

const FILE_NAME = "parley.sqlite";
/** Locked while the store is open, so that two services that start at the same time do not both inspect the file. */
export const LOCK_NAME = "parley.lock";

/** The absolute path of the store's file in a folder. */
export function storePath(folder: string): string {
  return join(resolve(folder), FILE_NAME);
}

/** Locks a folder until the result is disposed. Throws {@linkcode StoreRefused} if another process has the lock. */
export function lockFolder(folder: string): Disposable {
  const lock = tryLock(join(folder, LOCK_NAME));
  if (lock === undefined) throw storeInUse(storePath(folder));
  return lock;
}

/**
 * Opens the file, or creates it. No other service can open it until it is closed. Throws {@linkcode StoreRefused}.
 *
 * @param date Milliseconds since 1970; used to update a file of an earlier version.
 */
export function openSqliteFile(folder: string, date: number = Date.now()): Statements {
  const path = storePath(folder);
  using opened = new DisposableStack();
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = opened.use(lockFolder(folder));
    inspectFile(path);
    // Create the file here: SQLite would make it readable by all users. SQLite gives its write-ahead log the same mode.
    Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
    const file = opened.adopt(openWritable(path, date), (it) => it.close());
    opened.move();
    return new Statements(file, lock);
  } catch (error) {
    throw toStoreRefused(path, error);
  }
}

/**
 * Opens an existing file read-only. Throws {@linkcode StoreRefused}, including for files that cannot be read without writing:
 * a write-ahead log without its index, or a file of an earlier version.
 */
export function openReadOnly(folder: string): Statements {
  const path = storePath(folder);
  using opened = new DisposableStack();
  try {
    const lock = opened.use(lockToRead(folder));
    inspectFile(path);
    const file = opened.adopt(new DatabaseSync(path, { readOnly: true }), (it) => it.close());
    if (versionOf(file) !== VERSION) {
      throw new Error("it must be updated first");
    }
    opened.move();
    return new Statements(file, lock);
  } catch (error) {
    throw toStoreRefused(path, error);
  }
}

/** Like {@linkcode lockFolder}, but works in read-only folders; does nothing if no lock is possible there. */
function lockToRead(folder: string): Disposable {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (error instanceof StoreRefused) throw error;
  }
  const path = join(folder, LOCK_NAME);
  // Deno 2.5 and 2.6 have no lock that works without writing.
  const canLock = sizeOf(path) >= 0 && "tryLockSync" in Deno.FsFile.prototype;
  if (!canLock) return { [Symbol.dispose]: () => {} };
  using opened = new DisposableStack();
  const lock = opened.use(Deno.openSync(path, { read: true }));
  if (!lock.tryLockSync(true)) throw storeInUse(storePath(folder));
  opened.move();
  return lock;
}

function openWritable(path: string, date: number): DatabaseSync {
  const file = openInitialized(path, date);
  if (isShrinkable(file) || !tryRewrite(file, path)) return file;
  file.close();
  return openInitialized(path, date);
}

/** Opens the file, and creates or updates its tables. */
function openInitialized(path: string, date: number): DatabaseSync {
  using opened = new DisposableStack();
  const file = opened.adopt(new DatabaseSync(path), (it) => it.close());
  // Use a statement: the oldest supported runtime lacks the option.
  file.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  file.prepare("PRAGMA synchronous = FULL").get();
  // Overwrites deleted content in pages that are written anyway.
  file.prepare("PRAGMA secure_delete = FAST").get();
  // Create the tables before the write-ahead log: inspectFile() reads the application id from the main file only.
  if (file.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined) createTables(file);
  file.prepare("PRAGMA journal_mode = WAL").get();
  file.prepare(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`).get();
  file.prepare(`PRAGMA cache_size = -${PAGE_CACHE_KIB}`).get();
  // Fails here if the file is read-only.
  file.prepare("BEGIN IMMEDIATE").run();
  file.prepare("COMMIT").run();
  if (updateTables(file, date)) logger.info("store.updated", {});
  opened.move();
  return file;
}

/** Whether the file can return unused space. Files of version 1 cannot. */
function isShrinkable(file: DatabaseSync): boolean {
  const incremental = 2;
  return file.prepare("PRAGMA auto_vacuum").get()?.auto_vacuum === incremental;
}

/** Replaces the file with a copy that can shrink; `file` stays open on the old one. Returns whether that succeeded. */
function tryRewrite(file: DatabaseSync, path: string): boolean {
  const work = `${path}.rewritten`;
  try {
    if (sizeOf(work) >= 0) Deno.removeSync(work);
    copyStore(file, work);
    // Remove the write-ahead log, or SQLite would take it for the new file's.
    file.prepare("PRAGMA journal_mode = DELETE").get();
    if (sizeOf(`${path}-wal`) >= 0) throw new Error("The write-ahead log could not be removed");
    Deno.renameSync(work, path);
    return true;
  } catch (error) {
    // The copy temporarily needs as much space as the file. Without it, the file works but cannot shrink.
    logger.warn("store.shrink_unavailable", { error: String(error) });
    file.prepare("PRAGMA journal_mode = WAL").get();
    return false;
  }
}
