/**
 * A lock between processes on a file beside the database. It is released when its process ends, even in a crash.
 * `FsFile.tryLockSync` exists since Deno 2.7, and `lockSync` waits without a limit, so older runtimes use an SQLite lock on
 * the same file. The two kinds do not exclude each other: do not open a folder with an old and a new runtime at once.
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { primaryCode, SQLITE, sqliteCode } from "./errors.ts";

/**
 * Locks the file until the result is disposed; undefined if another process has the lock. Creates the file if there is
 * none, and throws the system's error if that fails.
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
    // The open transaction is the lock; nothing is written.
    file.prepare("BEGIN EXCLUSIVE").run();
  } catch (error) {
    if (primaryCode(sqliteCode(error) ?? 0) === SQLITE.BUSY) return undefined;
    throw error;
  }
  return opened.move();
}
