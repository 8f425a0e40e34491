/**
 * A lock between processes on a file beside the database, which is free again when its holder ends, however it ends.
 * `FsFile.tryLockSync` exists since Deno 2.7 and `lockSync` waits for the other process without an end, so older runtimes
 * use a lock of SQLite on the same file. The two kinds do not see each other: processes on an old and on a new runtime are
 * kept apart by the lock that SQLite has on the database itself.
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { primaryCode, SQLITE, sqliteCode } from "./trouble.ts";

/**
 * Takes the lock until it is disposed; undefined where another has it. Makes the file where there is none; throws what the
 * system says where that cannot be done.
 */
export function tryLock(path: string): Disposable | undefined {
  return "tryLockSync" in Deno.FsFile.prototype ? lockFile(path) : lockDatabase(path);
}

function lockFile(path: string): Disposable | undefined {
  using opened = new DisposableStack();
  const file = opened.use(Deno.openSync(path, { create: true, write: true }));
  if (!file.tryLockSync(true)) return undefined;
  return opened.move();
}

function lockDatabase(path: string): Disposable | undefined {
  using opened = new DisposableStack();
  const file = opened.adopt(new DatabaseSync(path), (it) => it.close());
  try {
    file.prepare("PRAGMA busy_timeout = 0").get();
    // Nothing is ever written: the transaction is the lock.
    file.prepare("BEGIN EXCLUSIVE").run();
  } catch (error) {
    if (primaryCode(sqliteCode(error) ?? 0) === SQLITE.BUSY) return undefined;
    throw error;
  }
  return opened.move();
}
