/**
 * Backup of the embedded store: one file, taken while the service runs, with a snapshot of the store and the session secret. A
 * store of an earlier version is copied as it is, since it must be backed up before it is updated.
 * @module
 */
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { readSecret } from "../../auth/session_secret.ts";
import { copyStore } from "./copy.ts";
import { storePath } from "./database.ts";
import { inspectFile, newerStore, sizeOf, toStoreRefused } from "./inspection.ts";
import { VERSION, versionOf } from "./schema.ts";
import { CHOOSE_ANOTHER_FOLDER, primaryCode, SQLITE, sqliteCode, StoreRefused } from "./errors.ts";

/** How much a store, or a backup of one, contains. */
export interface BackupContent {
  /** Number of rooms. */
  readonly rooms: number;
  /** Number of messages in all rooms. */
  readonly messages: number;
}

/** Copies the store in a folder to a file; a service may have the store open. Throws an error that says what to do. */
export async function backUp(folder: string, file: string): Promise<BackupContent> {
  const path = storePath(folder);
  if (sizeOf(path) <= 0) {
    throw new Error(`There is no store in ${folder}: ${CHOOSE_ANOTHER_FOLDER}`);
  }
  if (resolve(file) === path) throw new Error(`${file} is the store itself: choose another file`);
  refuseToReplace(file);
  const secret = await readSecret(folder);
  using opened = new DisposableStack();
  const store = opened.adopt(openToRead(path), (it) => it.close());
  const temporaryPath = `${file}.${crypto.randomUUID()}.part`;
  let copied: BackupContent = { rooms: 0, messages: 0 };
  try {
    Deno.mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    copyStore(store, temporaryPath, (copy) => {
      copied = backupContentOf(copy);
      copy.exec("CREATE TABLE backup (secret TEXT)");
      copy.prepare("INSERT INTO backup (secret) VALUES (?)").run(secret ?? null);
    });
    Deno.renameSync(temporaryPath, file);
  } catch (error) {
    throw notBackedUp(path, file, error);
  }
  return copied;
}

/** Opens a store of this version or an earlier one. */
function openToRead(path: string): DatabaseSync {
  using opened = new DisposableStack();
  let version: number;
  let store: DatabaseSync;
  try {
    // Only the header: damage is found when it is copied.
    inspectFile(path, 0);
    store = opened.adopt(new DatabaseSync(path, { readOnly: true }), (it) => it.close());
    version = versionOf(store);
  } catch (cause) {
    if (cause instanceof StoreRefused && cause.reason === "newer") throw backUpNewer(cause);
    if (cause instanceof StoreRefused) throw cause;
    const why = messageOf(cause);
    throw new Error(`Cannot read ${path} (${why}): run the command as the user of the service`, {
      cause,
    });
  }
  if (version > VERSION) throw backUpNewer(newerStore(path, version));
  opened.move();
  return store;
}

function backUpNewer(error: StoreRefused): StoreRefused {
  return error.advising("back it up with that version of Parley");
}

/** What to say about an error while a store was copied. */
function notBackedUp(path: string, file: string, cause: unknown): unknown {
  const code = primaryCode(sqliteCode(cause) ?? 0);
  if (code === SQLITE.CORRUPT || code === SQLITE.NOTADB) return toStoreRefused(path, cause);
  const advice = "free some space, or choose another file in a folder that you may write";
  return new Error(`Cannot write ${file} (${messageOf(cause)}): ${advice}`, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Throws if the file exists and is not a backup. Replacing a store, this one by another path or that of another service,
 * would leave a service writing to an unlinked file.
 */
function refuseToReplace(file: string): void {
  if (isFolder(file)) throw new Error(`${file} is a folder: name a file in it`);
  if (sizeOf(file) <= 0) return;
  try {
    inspectFile(file);
  } catch (error) {
    if (error instanceof StoreRefused) throw error.advising("choose another file");
    throw error;
  }
  if (sizeOf(`${file}-wal`) < 0 && isBackup(file)) return;
  throw new Error(`${file} is a store, not a backup: choose another file`);
}

/** Whether there is a folder at a path. */
export function isFolder(path: string): boolean {
  return sizeOf(path) >= 0 && Deno.statSync(path).isDirectory;
}

function isBackup(file: string): boolean {
  using opened = new DisposableStack();
  return hasSecret(opened.adopt(new DatabaseSync(file, { readOnly: true }), (it) => it.close()));
}

/** Whether a store has the table that only backups have. */
export function hasSecret(store: DatabaseSync): boolean {
  const sql = "SELECT 1 FROM sqlite_schema WHERE name = 'backup'";
  return store.prepare(sql).get() !== undefined;
}

/** Counts what a store contains. */
export function backupContentOf(store: DatabaseSync): BackupContent {
  const count = (table: "rooms" | "messages") =>
    Number(store.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count);
  return { rooms: count("rooms"), messages: count("messages") };
}
