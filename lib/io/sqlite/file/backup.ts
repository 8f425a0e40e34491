/**
 * Backup and restore of the embedded store. A backup is one file, taken while the service runs: a snapshot of the store,
 * plus the session secret. A restore must start a new epoch in every room: clients may have seen messages from after the
 * backup, and would take new messages with the same numbers for those. And it must not undo a revocation.
 * @module
 */
import { resolve } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { startEpoch } from "../../../core/log/room_log.ts";
import { readSecret, SECRET_FILE, writeSecret } from "../../auth/session_secret.ts";
import { headJson, HeadSchema, parseJson } from "../../stored_entry.ts";
import { copyStore } from "./copy.ts";
import { lockFolder, storePath } from "./database.ts";
import { inspectFile, sizeOf, toStoreRefused } from "./inspection.ts";
import { ADD_REVOCATION, updateTables, VERSION, versionOf } from "./schema.ts";
import { CHOOSE_ANOTHER_FOLDER } from "./errors.ts";

/** Content of a backup. */
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
  const temporaryPath = `${file}.${crypto.randomUUID()}.part`;
  using opened = new DisposableStack();
  const store = opened.adopt(new DatabaseSync(path, { readOnly: true }), (it) => it.close());
  let copied: BackupContent = { rooms: 0, messages: 0 };
  if (versionOf(store) !== VERSION) {
    throw new Error(
      `${path} was written by another version of Parley: start this version once to update it`,
    );
  }
  copyStore(store, temporaryPath, (copy) => {
    copied = contentOf(copy);
    copy.exec("CREATE TABLE backup (secret TEXT)");
    copy.prepare("INSERT INTO backup (secret) VALUES (?)").run(secret ?? null);
  });
  Deno.renameSync(temporaryPath, file);
  return copied;
}

/**
 * Throws if the file exists and is not a backup. Replacing a store, this one by another path or that of another service,
 * would leave a service writing to an unlinked file.
 */
function refuseToReplace(file: string): void {
  if (sizeOf(file) <= 0) return;
  inspectFile(file);
  if (sizeOf(`${file}-wal`) < 0 && isBackup(file)) return;
  throw new Error(`${file} is a store, not a backup: choose another file`);
}

function isBackup(file: string): boolean {
  using opened = new DisposableStack();
  return hasSecret(opened.adopt(new DatabaseSync(file, { readOnly: true }), (it) => it.close()));
}

/** Whether the file has the table that only backups have. */
function hasSecret(store: DatabaseSync): boolean {
  const sql = "SELECT 1 FROM sqlite_schema WHERE name = 'backup'";
  return store.prepare(sql).get() !== undefined;
}

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
  const path = storePath(folder);
  if (sizeOf(file) < 0) throw new Error(`There is no file ${file}`);
  // Only the main file is copied, so changes in its write-ahead log would be lost.
  if (sizeOf(`${file}-wal`) > 0) {
    throw new Error(`${file} is a store in use, or was not closed: take a backup of it first`);
  }
  inspectFile(file, Infinity);
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  using _lock = lockFolder(folder);
  const work = `${path}.restored`;
  try {
    const { secret, ...copied } = prepareRestore(file, work, path, now, newEpoch);
    const suffix = `before-restore-${now.toISOString().replace(/\D/g, "").slice(0, 14)}`;
    const aside = [
      ...moveStoreAside(path, suffix),
      ...await moveSecretAside(folder, secret, suffix),
    ];
    // Rename in one step, so that there is a complete store at every moment.
    Deno.renameSync(work, path);
    if (secret !== undefined) await writeSecret(`${folder}/${SECRET_FILE}`, secret);
    return { ...copied, movedAside: aside };
  } finally {
    if (sizeOf(work) >= 0) Deno.removeSync(work);
  }
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
    return { ...contentOf(store), secret };
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
  const aside = `${folder}/${SECRET_FILE}.${suffix}`;
  await writeSecret(aside, before);
  return [aside];
}

function contentOf(store: DatabaseSync): BackupContent {
  const count = (table: "rooms" | "messages") =>
    Number(store.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count);
  return { rooms: count("rooms"), messages: count("messages") };
}
