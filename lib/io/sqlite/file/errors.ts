/**
 * Converts SQLite errors for users and operators. A failed write was not applied, with one exception: if the sync to disk
 * fails (`IOERR_FSYNC`), the outcome is unknown.
 * @module
 */
import { BusUnavailable } from "../../../chat/ports/bus.ts";

/** Advice if a folder cannot be used. */
export const CHOOSE_ANOTHER_FOLDER = "choose another folder with DATA_DIR";

/** Why a folder or file cannot be used; the message says what to do. */
export class StoreRefused extends Error {
  /** For log records; check with `instanceof`. */
  override readonly name = "StoreRefused";
  /** Machine-readable reason. */
  readonly reason: "not_writable" | "in_use" | "damaged" | "newer" | "foreign";

  /** Creates an error with a message for operators. @param options `cause` is the error of SQLite or the system. */
  constructor(reason: StoreRefused["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Creates the error for a file that another process has open. */
export function storeInUse(path: string, cause?: unknown): StoreRefused {
  const advice = `${CHOOSE_ANOTHER_FOLDER}, or join instances with REDIS_URL`;
  return new StoreRefused("in_use", `Another process has ${path} open: ${advice}`, { cause });
}

/** The result codes of https://sqlite.org/rescode.html that are handled here. */
export const SQLITE = {
  BUSY: 5,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
  IOERR_FSYNC: 1034,
} as const;

const MESSAGES: ReadonlyMap<number, string> = new Map([
  [SQLITE.READONLY, "the message store cannot be written"],
  [SQLITE.IOERR, "the disk of the message store has failed"],
  [SQLITE.CORRUPT, "the message store is damaged"],
  [SQLITE.FULL, "the disk of the message store is full"],
  [SQLITE.CANTOPEN, "the message store cannot be opened"],
  [SQLITE.NOTADB, "the message store is damaged"],
]);

/** The extended result code of an error; 0 if SQLite gave none; undefined if the error is not from SQLite. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error && "code" in error)) return undefined;
  if (error.code !== "ERR_SQLITE_ERROR") return undefined;
  return "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0;
}

/** The primary code of an extended result code. */
export function primaryCode(code: number): number {
  return code & 0xff;
}

/** Converts an error of SQLite to `BusUnavailable`; returns other errors unchanged. */
export function fromSqliteError(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const words = MESSAGES.get(primaryCode(code)) ?? "the message store has failed";
  // After a failed sync, the write may still be there when the file is next opened.
  return new BusUnavailable(words, { cause: error, mayHaveApplied: code === SQLITE.IOERR_FSYNC });
}

/** Creates the error for calls after the store was closed. */
export function storeClosed(): BusUnavailable {
  return new BusUnavailable("the message store is closed", { mayHaveApplied: false });
}

/** Creates the error for writes to a read-only store. @param why Why the file could not be opened for writing. */
export function storeNotWritable(why: string): BusUnavailable {
  const cause = new Error(why);
  return new BusUnavailable("the message store cannot be written", {
    cause,
    mayHaveApplied: false,
  });
}
