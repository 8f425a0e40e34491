/**
 * Restores a backup of the embedded store. It must start a new epoch in every room: clients may have seen messages from after
 * the backup, and would take new messages with the same numbers for those. And it must not undo a revocation.
 * @module
 */
import { join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { startEpoch } from "../../../core/log/epochs.ts";
import {
  readSecret,
  SECRET_FILE,
  SecretUnreadable,
  writeSecret,
} from "../../auth/session_secret.ts";
import { headJson, HeadSchema, parseJson } from "../../stored_entry.ts";
import { type BackupContent, backupContentOf, hasSecret, isFolder } from "./backup.ts";
import { LOCK_NAME, lockFolder, storePath } from "./database.ts";
import { inspectFile, sizeOf, toStoreRefused } from "./inspection.ts";
import { ADD_REVOCATION, updateTables } from "./schema.ts";
import { StoreRefused } from "./errors.ts";

/** What to do if a file cannot be restored, by what is wrong with it. */
const OTHER_BACKUP: Readonly<Record<StoreRefused["reason"], string>> = {
  damaged: "restore another backup",
  foreign: "name a backup of Parley",
  newer: "restore it with that version of Parley, or a later one",
  in_use: "take a backup of it first",
  not_writable: "restore another backup",
};

/** Content of the restored store, and the files of the previous one. */
export interface RestoreResult extends BackupContent {
  /** The files that were moved aside. */
  readonly movedAside: readonly string[];
}

/**
 * Restores a backup into a folder that no service uses. An existing store is moved aside. Throws an error that says what
 * to do, and then leaves the folder as it was.
 *
 * @param now Used in the names of files moved aside.
 * @param newEpoch An epoch that was never used.
 */
export async function restoreBackup(
  folder: string,
  file: string,
  now: Date,
  newEpoch: () => string,
): Promise<RestoreResult> {
  if (sizeOf(file) < 0) throw new Error(`There is no file ${file}: name a backup`);
  if (isFolder(file)) throw new Error(`${file} is a folder: name a backup in it`);
  // Only the main file is copied, so changes in its write-ahead log would be lost.
  if (sizeOf(`${file}-wal`) > 0) {
    throw new Error(`${file} is a store in use, or was not closed: take a backup of it first`);
  }
  inspectBackup(file);
  try {
    return await replaceStore(folder, file, now, newEpoch);
  } catch (error) {
    if (error instanceof NotTheOwner || error instanceof SecretUnreadable) throw error;
    throw toStoreRefused(storePath(folder), error);
  }
}

function inspectBackup(file: string): void {
  try {
    inspectFile(file, Infinity);
  } catch (error) {
    if (error instanceof StoreRefused) throw error.advising(OTHER_BACKUP[error.reason]);
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot read ${file} (${why}): make it readable for this user`, {
      cause: error,
    });
  }
}

async function replaceStore(
  folder: string,
  file: string,
  now: Date,
  newEpoch: () => string,
): Promise<RestoreResult> {
  const path = storePath(folder);
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  using _lock = lockToRestore(folder);
  const work = `${path}.restored`;
  try {
    const { secret, ...copied } = prepareRestore(file, work, path, now, newEpoch);
    giveToOwner(work, folder);
    const suffix = unusedSuffix(folder, now);
    const aside = [
      ...moveStoreAside(path, suffix),
      ...await moveSecretAside(folder, secret, suffix),
    ];
    // Rename in one step, so that there is a complete store at every moment.
    Deno.renameSync(work, path);
    if (secret !== undefined) {
      await writeSecret(join(folder, SECRET_FILE), secret);
      giveToOwner(join(folder, SECRET_FILE), folder);
    }
    return { ...copied, movedAside: aside };
  } finally {
    if (sizeOf(work) >= 0) Deno.removeSync(work);
  }
}

/** Locks the folder with a file that its owner can lock afterwards. */
function lockToRestore(folder: string): Disposable {
  const path = join(folder, LOCK_NAME);
  const isNew = sizeOf(path) < 0;
  using opened = new DisposableStack();
  try {
    opened.use(lockFolder(folder));
    giveToOwner(path, folder);
    return opened.move();
  } catch (error) {
    if (error instanceof StoreRefused && error.reason === "in_use") {
      throw error.advising("stop the service first");
    }
    if (isNew && sizeOf(path) >= 0) Deno.removeSync(path);
    throw error;
  }
}

/** The folder belongs to another user, and the files in it cannot be given to that user. */
class NotTheOwner extends Error {
  /** For log records; check with `instanceof`. */
  override readonly name = "NotTheOwner";
}

/** Gives a file in a folder to the folder's owner, as whom the service runs. Throws {@linkcode NotTheOwner}. */
function giveToOwner(path: string, folder: string): void {
  const [own, wanted] = [Deno.statSync(path), Deno.statSync(folder)];
  // There are no owners on Windows.
  if (wanted.uid === null || own.uid === wanted.uid) return;
  try {
    Deno.chownSync(path, wanted.uid, wanted.gid);
  } catch (cause) {
    throw new NotTheOwner(
      `${folder} belongs to another user (${wanted.uid}), for whom the restored files would be unreadable: ` +
        "run the command as that user, or as root",
      { cause },
    );
  }
}

/** A suffix for files that are moved aside: the time, and a number if another restore had the same second. */
function unusedSuffix(folder: string, now: Date): string {
  const first = `before-restore-${now.toISOString().replace(/\D/g, "").slice(0, 14)}`;
  const isUsed = (suffix: string) =>
    [storePath(folder), join(folder, SECRET_FILE)].some((it) => sizeOf(`${it}.${suffix}`) >= 0);
  let suffix = first;
  for (let number = 2; isUsed(suffix); number++) suffix = `${first}-${number}`;
  return suffix;
}

/** Prepares the new store in a work file. @param replaced Path of the store that it will replace, if there is one. */
function prepareRestore(
  file: string,
  work: string,
  replaced: string,
  now: Date,
  newEpoch: () => string,
): BackupContent & { readonly secret: string | undefined } {
  if (sizeOf(work) >= 0) Deno.removeSync(work);
  Deno.copyFileSync(file, work);
  Deno.chmodSync(work, 0o600);
  using opened = new DisposableStack();
  const store = opened.adopt(new DatabaseSync(work), (it) => it.close());
  try {
    store.prepare("PRAGMA journal_mode = DELETE").get();
    store.prepare("PRAGMA synchronous = FULL").get();
    updateTables(store, now.getTime());
    store.exec("BEGIN");
    beginEpochs(store, newEpoch);
    keepRevocations(replaced, store);
    const secret = extractSecret(store);
    store.exec("COMMIT");
    return { ...backupContentOf(store), secret };
  } catch (error) {
    throw toStoreRefused(work, error);
  }
}

function beginEpochs(store: DatabaseSync, newEpoch: () => string): void {
  const update = store.prepare("UPDATE rooms SET head = ? WHERE room = ?");
  for (const { room, head: text } of store.prepare("SELECT room, head FROM rooms").all()) {
    const head = parseJson(HeadSchema, String(text));
    // An unreadable head is rebuilt in a new epoch when the room is first used.
    if (head) update.run(headJson(startEpoch(head, newEpoch())), room ?? null);
  }
}

/** Copies what was revoked after the backup. A store that cannot be read, or is of an earlier version, has none. */
function keepRevocations(path: string, store: DatabaseSync): void {
  if (sizeOf(path) <= 0) return;
  using opened = new DisposableStack();
  let rows: readonly Record<string, SQLOutputValue>[];
  try {
    const replaced = opened.adopt(new DatabaseSync(path, { readOnly: true }), (it) => it.close());
    rows = replaced.prepare("SELECT scope, id, time FROM revocations").all();
  } catch {
    return;
  }
  const add = store.prepare(ADD_REVOCATION);
  for (const { scope, id, time } of rows) add.run(scope ?? null, id ?? null, time ?? null);
}

/** Removes the secret from the copied backup: it is stored in its own file. */
function extractSecret(store: DatabaseSync): string | undefined {
  if (!hasSecret(store)) return undefined;
  const { secret } = store.prepare("SELECT secret FROM backup").get() ?? {};
  store.exec("DROP TABLE backup");
  return typeof secret === "string" ? secret : undefined;
}

/** Gives the existing store a second name; the first one remains until the new store replaces it. */
function moveStoreAside(path: string, suffix: string): readonly string[] {
  if (sizeOf(path) < 0) return [];
  mergeWal(path);
  const aside = `${path}.${suffix}`;
  Deno.linkSync(path, aside);
  // Files left by a store that could not be opened. SQLite would take them for the write-ahead log of the new store.
  const rest = ["-wal", "-shm", "-journal"].filter((it) => sizeOf(`${path}${it}`) >= 0);
  for (const it of rest) Deno.renameSync(`${path}${it}`, `${aside}${it}`);
  return [aside, ...rest.map((it) => `${aside}${it}`)];
}

function mergeWal(path: string): void {
  if (sizeOf(`${path}-wal`) < 0) return;
  using opened = new DisposableStack();
  try {
    const store = opened.adopt(new DatabaseSync(path), (it) => it.close());
    store.prepare("PRAGMA journal_mode = DELETE").get();
  } catch {
    // The store is damaged: move it aside unchanged.
  }
}

async function moveSecretAside(
  folder: string,
  secret: string | undefined,
  suffix: string,
): Promise<readonly string[]> {
  const before = await readSecret(folder);
  if (before === undefined || secret === undefined || before === secret) return [];
  const aside = join(folder, `${SECRET_FILE}.${suffix}`);
  await writeSecret(aside, before);
  giveToOwner(aside, folder);
  return [aside];
}
