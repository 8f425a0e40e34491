/**
 * Backup and restore of the embedded store. A backup is one file, taken while the service runs: the store at one moment,
 * plus the session secret. A restore begins a new epoch in every room, because clients may have seen messages from after
 * the backup; without it they would take new messages for those.
 * @module
 */
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beginEra } from "../../core/room_log.ts";
import { readSecret, SECRET_NAME, writeSecret } from "../data_dir.ts";
import { HeadSchema, parseJson } from "../log_schemas.ts";
import { copyStore } from "./copy.ts";
import { lockFolder, pathIn } from "./file.ts";
import { inspect, refusal, sizeOf } from "./inspection.ts";
import { updateTables, VERSION, versionOf } from "./schema.ts";
import { ELSEWHERE } from "./trouble.ts";

/** What was copied. */
export interface Copied {
  /** Number of rooms. */
  readonly rooms: number;
  /** Number of messages in all rooms. */
  readonly messages: number;
}

/** Copies the store in a folder into a file; a service may have it open. Throws an error that says what to do. */
export async function backUp(folder: string, file: string): Promise<Copied> {
  const path = pathIn(folder);
  if (sizeOf(path) <= 0) throw new Error(`There is no store in ${folder}: ${ELSEWHERE}`);
  if (resolve(file) === path) throw new Error(`${file} is the store itself: choose another file`);
  refuseToReplace(file);
  const secret = await readSecret(folder);
  const work = `${file}.${crypto.randomUUID()}.part`;
  using opened = new DisposableStack();
  const store = opened.adopt(new DatabaseSync(path, { readOnly: true }), (it) => it.close());
  let copied: Copied = { rooms: 0, messages: 0 };
  if (versionOf(store) !== VERSION) {
    throw new Error(`${path} is of another version of Parley: start this one on it once`);
  }
  copyStore(store, work, (copy) => {
    copied = contentOf(copy);
    copy.exec("CREATE TABLE backup (secret TEXT)");
    copy.prepare("INSERT INTO backup (secret) VALUES (?)").run(secret ?? null);
  });
  Deno.renameSync(work, file);
  return copied;
}

/**
 * Throws where the file is there and is no backup. A store, this one by another path or that of another service, would be
 * replaced under a service that goes on writing to a file without a name.
 */
function refuseToReplace(file: string): void {
  if (sizeOf(file) <= 0) return;
  inspect(file);
  if (sizeOf(`${file}-wal`) < 0 && isBackup(file)) return;
  throw new Error(`${file} is a store and no backup: choose another file`);
}

function isBackup(file: string): boolean {
  using opened = new DisposableStack();
  return hasSecret(opened.adopt(new DatabaseSync(file, { readOnly: true }), (it) => it.close()));
}

/** Whether it has the table that only backups have. */
function hasSecret(store: DatabaseSync): boolean {
  const sql = "SELECT 1 FROM sqlite_schema WHERE name = 'backup'";
  return store.prepare(sql).get() !== undefined;
}

/** What was restored, and where the earlier store is now. */
export interface Restored extends Copied {
  /** The files that were moved aside. */
  readonly aside: readonly string[];
}

/**
 * Restores a backup into a folder that no service uses. An existing store is moved aside. Throws an error that says what
 * to do, and then leaves the folder as it was.
 *
 * @param now Used in the names of files moved aside.
 * @param drawEpoch An epoch that was never used.
 */
export async function restore(
  folder: string,
  file: string,
  now: Date,
  drawEpoch: () => string,
): Promise<Restored> {
  const path = pathIn(folder);
  if (sizeOf(file) < 0) throw new Error(`There is no file ${file}`);
  // Only the file is copied, and what is in its log would be missing.
  if (sizeOf(`${file}-wal`) > 0) {
    throw new Error(`${file} is a store in use, or was not closed: take a backup of it first`);
  }
  inspect(file, Infinity);
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  using _lock = lockFolder(folder);
  const work = `${path}.restored`;
  try {
    const { secret, ...copied } = prepare(file, work, now, drawEpoch);
    const suffix = `before-restore-${now.toISOString().replace(/\D/g, "").slice(0, 14)}`;
    const aside = [
      ...moveStoreAside(path, suffix),
      ...await moveSecretAside(folder, secret, suffix),
    ];
    // In one step, so that there is a whole store at every moment.
    Deno.renameSync(work, path);
    if (secret !== undefined) await writeSecret(`${folder}/${SECRET_NAME}`, secret);
    return { ...copied, aside };
  } finally {
    if (sizeOf(work) >= 0) Deno.removeSync(work);
  }
}

/** Prepares the future store in a work file. */
function prepare(
  file: string,
  work: string,
  now: Date,
  drawEpoch: () => string,
): Copied & { readonly secret: string | undefined } {
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
    beginEras(store, drawEpoch);
    const secret = takeSecret(store);
    store.exec("COMMIT");
    return { ...contentOf(store), secret };
  } catch (error) {
    throw refusal(work, error);
  }
}

function beginEras(store: DatabaseSync, drawEpoch: () => string): void {
  const update = store.prepare("UPDATE rooms SET head = ? WHERE room = ?");
  for (const { room, head: text } of store.prepare("SELECT room, head FROM rooms").all()) {
    const head = parseJson(HeadSchema, String(text));
    // An unreadable head is rebuilt in a new epoch when the room is first used.
    if (head) update.run(JSON.stringify(beginEra(head, drawEpoch())), room ?? null);
  }
}

/** Moves the secret out of the backup: it belongs into its own file. */
function takeSecret(store: DatabaseSync): string | undefined {
  if (!hasSecret(store)) return undefined;
  const { secret } = store.prepare("SELECT secret FROM backup").get() ?? {};
  store.exec("DROP TABLE backup");
  return typeof secret === "string" ? secret : undefined;
}

/** Gives the existing store a second name; it keeps its own until the new store replaces it. */
function moveStoreAside(path: string, suffix: string): readonly string[] {
  if (sizeOf(path) < 0) return [];
  mergeLog(path);
  const aside = `${path}.${suffix}`;
  Deno.linkSync(path, aside);
  // Left over from a store that could not be opened. SQLite would take them for the log of the new one.
  const rest = ["-wal", "-shm", "-journal"].filter((it) => sizeOf(`${path}${it}`) >= 0);
  for (const it of rest) Deno.renameSync(`${path}${it}`, `${aside}${it}`);
  return [aside, ...rest.map((it) => `${aside}${it}`)];
}

function mergeLog(path: string): void {
  if (sizeOf(`${path}-wal`) < 0) return;
  using opened = new DisposableStack();
  try {
    const store = opened.adopt(new DatabaseSync(path), (it) => it.close());
    store.prepare("PRAGMA journal_mode = DELETE").get();
  } catch {
    // The store is damaged, and is moved aside as it is.
  }
}

async function moveSecretAside(
  folder: string,
  secret: string | undefined,
  suffix: string,
): Promise<readonly string[]> {
  const before = await readSecret(folder);
  if (before === undefined || secret === undefined || before === secret) return [];
  const aside = `${folder}/${SECRET_NAME}.${suffix}`;
  await writeSecret(aside, before);
  return [aside];
}

function contentOf(store: DatabaseSync): Copied {
  const count = (table: "rooms" | "messages") =>
    Number(store.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count);
  return { rooms: count("rooms"), messages: count("messages") };
}
