/**
 * Converts SQLite errors for users and operators. A failed write was not applied, with one exception: if the sync to disk
 * fails (`IOERR_FSYNC`), the outcome is unknown.
 * @module
 */
import { BusUnavailable, type UnavailableReason } from "../../../chat/ports/bus.ts";

/** Advice if a folder cannot be used. */
export const CHOOSE_ANOTHER_FOLDER = "choose another folder with DATA_DIR";

/** Why a folder or file cannot be used; the message says what to do. */
export class StoreRefused extends Error {
  /** For log records; check with `instanceof`. */
  override readonly name = "StoreRefused";
  /** Machine-readable reason. */
  readonly reason: "not_writable" | "in_use" | "damaged" | "newer" | "foreign";
  /** What is wrong, without the advice. */
  readonly problem: string;

  /**
   * Creates an error whose message for operators is the problem and the advice.
   *
   * @param options `cause` is the error of SQLite or the system.
   */
  constructor(
    reason: StoreRefused["reason"],
    problem: string,
    advice: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}: ${advice}`, options);
    this.reason = reason;
    this.problem = problem;
  }

  /** The same problem with other advice. */
  advising(advice: string): StoreRefused {
    return new StoreRefused(this.reason, this.problem, advice, { cause: this.cause });
  }
}

/** Creates the error for a file that another process has open. */
export function storeInUse(path: string, cause?: unknown): StoreRefused {
  const advice = `${CHOOSE_ANOTHER_FOLDER}, or join instances with REDIS_URL`;
  return new StoreRefused("in_use", `Another process has ${path} open`, advice, { cause });
}

/** The result codes of https://sqlite.org/rescode.html that are handled here. */
export const SQLITE = {
  BUSY: 5,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  CONSTRAINT: 19,
  NOTADB: 26,
  IOERR_FSYNC: 1034,
} as const;

/** Not `FULL`: what takes less space, or none, may still be possible. */
const OF_WHOLE_FILE: ReadonlySet<number> = new Set([
  SQLITE.BUSY,
  SQLITE.READONLY,
  SQLITE.IOERR,
  SQLITE.CANTOPEN,
  SQLITE.NOTADB,
]);

const MESSAGES: ReadonlyMap<number, string> = new Map([
  [SQLITE.READONLY, "the message store cannot be written"],
  [SQLITE.IOERR, "the disk of the message store has failed"],
  [SQLITE.CORRUPT, "the message store is damaged"],
  [SQLITE.FULL, "the disk of the message store is full"],
  [SQLITE.CANTOPEN, "the message store cannot be opened"],
  [SQLITE.NOTADB, "the message store is damaged"],
]);

const REASONS: ReadonlyMap<number, UnavailableReason> = new Map([
  [SQLITE.READONLY, "not_writable"],
  [SQLITE.IOERR, "not_writable"],
  [SQLITE.CORRUPT, "damaged"],
  [SQLITE.FULL, "no_space"],
  [SQLITE.CANTOPEN, "not_writable"],
  [SQLITE.NOTADB, "damaged"],
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

/** Whether an error, or its cause, says that the file is damaged. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error) ?? (error instanceof Error ? sqliteCode(error.cause) : undefined);
  return code !== undefined && primaryCode(code) === SQLITE.CORRUPT;
}

/** Whether rows contradict each other: what a write has read said that it was possible. */
export function isContradiction(error: unknown): boolean {
  return primaryCode(sqliteCode(error) ?? 0) === SQLITE.CONSTRAINT;
}

/** Whether an error concerns the whole file, so that the next write would fail as well. */
export function isOfWholeFile(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && OF_WHOLE_FILE.has(primaryCode(code));
}

/** Converts an error of SQLite to `BusUnavailable`; returns other errors unchanged. */
export function fromSqliteError(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const words = MESSAGES.get(primaryCode(code)) ?? "the message store has failed";
  // After a failed sync, the write may still be there when the file is next opened.
  return new BusUnavailable(words, {
    cause: error,
    mayHaveApplied: code === SQLITE.IOERR_FSYNC,
    reason: REASONS.get(primaryCode(code)) ?? "unavailable",
  });
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
    reason: "not_writable",
  });
}
