/**
 * How the file is open: to be written, or read-only while it cannot be. A read-only file is opened again every few seconds
 * until it can be written. Do not fall back to memory: everything acknowledged there is lost at the next start, and users
 * come back as other users.
 * @module
 */
import type { Clock } from "../../chat/clock.ts";
import { log } from "../log.ts";
import { openReadOnly, openSqliteFile, pathIn } from "./file.ts";
import { sizeOf } from "./inspection.ts";
import type { Statements } from "./statements.ts";
import { notWritable, sqliteCode, StoreRefused } from "./trouble.ts";

/** Minimum time between two attempts to open a read-only file for writing. */
const RETRY_MS = 5_000;

/** One file and its current access mode. */
export class Access implements Disposable {
  readonly #folder: string | undefined;
  readonly #clock: Clock;
  /** Undefined if the last attempt could not even open it read-only. */
  #file: Statements | undefined;
  /** Why it is read-only; undefined if it is not. */
  #why: string | undefined;
  #retryAt = 0;
  /** Whether the last transaction failed. */
  #hasFailed = false;
  /** Called with the new handle when the file was opened again; the previous handle is closed. */
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
    this.#why = why;
  }

  /** Wraps a file that is already open for writing. */
  static of(file: Statements, clock: Clock): Access {
    return new Access(file, clock);
  }

  /** Opens or creates the file in a folder. Throws {@linkcode StoreRefused} if it can be neither written nor read. */
  static open(folder: string, clock: Clock): Access {
    try {
      return new Access(openSqliteFile(folder, clock.date()), clock, folder);
    } catch (error) {
      const isThere = error instanceof StoreRefused && error.reason === "not_writable" &&
        isReadable(folder);
      if (!isThere) throw error;
      const access = new Access(openReadOnly(folder), clock, folder, error.message);
      log.warn("store.read_only", { why: error.message });
      access.#retryAt = clock.now() + RETRY_MS;
      return access;
    }
  }

  /** The file, as it is open now. Throws `BusUnavailable` if it cannot be opened any more. */
  get file(): Statements {
    if (this.#file === undefined) throw notWritable(this.#why ?? "it is closed");
    return this.#file;
  }

  /** Whether it is open read-only. */
  get isReadOnly(): boolean {
    return this.#why !== undefined;
  }

  /** Whether it can be written, as far as is known. */
  get isWritable(): boolean {
    return !this.isReadOnly && !this.#hasFailed;
  }

  /** Throws `BusUnavailable` if the file is read-only, after trying whether it can be written by now. */
  requireWritable(): void {
    if (this.#why === undefined) return;
    if (this.#clock.now() >= this.#retryAt) this.#reopen();
    if (this.#why === undefined) return;
    throw notWritable(this.#why);
  }

  /** Records how a transaction ended. @param error Undefined if it succeeded. */
  report(error: unknown): void {
    // Any other error is a bug, and says nothing about the disk.
    const hasFailed = sqliteCode(error) !== undefined;
    if (this.#hasFailed && !hasFailed) log.info("store.writable", {});
    if (!this.#hasFailed && hasFailed) log.warn("store.not_written", { error: String(error) });
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
    // Opening it again reads the whole file, so check first.
    if (!isWritable(this.#folder)) return;
    // The open file holds the lock, which the next one needs.
    this[Symbol.dispose]();
    try {
      this.#file = openSqliteFile(this.#folder, this.#clock.date());
      this.#why = undefined;
      log.info("store.writable", {});
    } catch (error) {
      this.#why = error instanceof Error ? error.message : String(error);
      try {
        this.#file = openReadOnly(this.#folder);
      } catch {
        // Not even readable any more; tried again the next time.
        return;
      }
    }
    this.onReopened(this.#file);
  }
}

/** Whether the file and its folder can be written. */
function isWritable(folder: string): boolean {
  const trial = `${pathIn(folder)}.trial`;
  try {
    Deno.openSync(pathIn(folder), { write: true }).close();
    Deno.writeFileSync(trial, new Uint8Array(1));
    Deno.removeSync(trial);
    return true;
  } catch {
    return false;
  }
}

function isReadable(folder: string): boolean {
  try {
    return sizeOf(pathIn(folder)) > 0;
  } catch {
    return false;
  }
}
