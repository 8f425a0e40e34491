/**
 * The open file of the store: writable, or read-only while it cannot be written. A read-only file is reopened when it becomes
 * writable. Do not fall back to memory: everything acknowledged there is lost at the next start, and users lose their
 * identities.
 * @module
 */
import type { Clock } from "../../../chat/ports/clock.ts";
import { logger } from "../../logger.ts";
import { openReadOnly, openSqliteFile, storePath } from "./database.ts";
import { sizeOf } from "./inspection.ts";
import type { Statements } from "./statements.ts";
import { sqliteCode, storeNotWritable, StoreRefused } from "./errors.ts";

/** Minimum time between two attempts to open a read-only file for writing. */
const RETRY_MS = 5_000;

/** The store's file and its current access mode. */
export class StoreFile implements Disposable {
  readonly #folder: string | undefined;
  readonly #clock: Clock;
  /** Undefined if the last attempt could not open it even read-only. */
  #file: Statements | undefined;
  /** Why the file is read-only; undefined if it is writable. */
  #readOnlyReason: string | undefined;
  #retryAt = 0;
  /** Whether the last transaction failed. */
  #hasFailed = false;
  /** Called with the new handle after the file was reopened; the previous handle is closed. */
  onReopened: (file: Statements) => void = () => {};

  private constructor(
    file: Statements,
    clock: Clock,
    folder?: string,
    why?: string,
  ) {
    this.#file = file;
    this.#clock = clock;
    this.#folder = folder;
    this.#readOnlyReason = why;
  }

  /** Wraps a file that is already open for writing. */
  static of(file: Statements, clock: Clock): StoreFile {
    return new StoreFile(file, clock);
  }

  /** Opens or creates the file in a folder. Throws {@linkcode StoreRefused} if the file can be neither written nor read. */
  static open(folder: string, clock: Clock): StoreFile {
    try {
      return new StoreFile(openSqliteFile(folder, clock.date()), clock, folder);
    } catch (error) {
      const canReadOnly = error instanceof StoreRefused && error.reason === "not_writable" &&
        isReadable(folder);
      if (!canReadOnly) throw error;
      const access = new StoreFile(openReadOnly(folder), clock, folder, error.message);
      logger.warn("store.read_only", { why: error.message });
      access.#retryAt = clock.now() + RETRY_MS;
      return access;
    }
  }

  /** The current file handle. Throws `BusUnavailable` if the file can no longer be opened. */
  get file(): Statements {
    if (this.#file === undefined) throw storeNotWritable(this.#readOnlyReason ?? "it is closed");
    return this.#file;
  }

  /** Whether the file is open read-only. */
  get isReadOnly(): boolean {
    return this.#readOnlyReason !== undefined;
  }

  /** Whether the file is open for writing and the last transaction did not fail. */
  get isWritable(): boolean {
    return !this.isReadOnly && !this.#hasFailed;
  }

  /** Throws `BusUnavailable` if the file is read-only. Tries to reopen it for writing first, at most every 5 s. */
  requireWritable(): void {
    if (this.#readOnlyReason === undefined) return;
    if (this.#clock.now() >= this.#retryAt) this.#reopen();
    if (this.#readOnlyReason === undefined) return;
    throw storeNotWritable(this.#readOnlyReason);
  }

  /** Records the outcome of a transaction. @param error Undefined if it succeeded. */
  report(error: unknown): void {
    // Any other error is a bug of ours, unrelated to the disk.
    const hasFailed = sqliteCode(error) !== undefined;
    if (this.#hasFailed && !hasFailed) logger.info("store.writable", {});
    if (!this.#hasFailed && hasFailed) logger.warn("store.write_failed", { error: String(error) });
    this.#hasFailed = hasFailed;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }

  #reopen(): void {
    if (this.#folder === undefined) return;
    this.#retryAt = this.#clock.now() + RETRY_MS;
    // Reopening reads the whole file, so check first whether it can be written.
    if (!isWritable(this.#folder)) return;
    // Close first: the open file holds the lock that the next one needs.
    this[Symbol.dispose]();
    try {
      this.#file = openSqliteFile(this.#folder, this.#clock.date());
      this.#readOnlyReason = undefined;
      logger.info("store.writable", {});
    } catch (error) {
      this.#readOnlyReason = error instanceof Error ? error.message : String(error);
      try {
        this.#file = openReadOnly(this.#folder);
      } catch {
        // The file is no longer readable either; the next write tries again.
        return;
      }
    }
    this.onReopened(this.#file);
  }
}

/** Whether the file and its folder can be written. */
function isWritable(folder: string): boolean {
  const trial = `${storePath(folder)}.trial`;
  try {
    Deno.openSync(storePath(folder), { write: true }).close();
    Deno.writeFileSync(trial, new Uint8Array(1));
    Deno.removeSync(trial);
    return true;
  } catch {
    return false;
  }
}

function isReadable(folder: string): boolean {
  try {
    return sizeOf(storePath(folder)) > 0;
  } catch {
    return false;
  }
}
