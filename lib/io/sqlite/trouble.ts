/**
 * What SQLite says when something goes wrong, in words for people. What a newcomer would get wrong: a write that fails
 * was not done, with one exception. Where the disk fails while it is told to make sure, nobody knows.
 * @module
 */
import { BusUnavailable } from "../../chat/bus.ts";

/** Advice if a folder cannot be used. */
export const ELSEWHERE = "choose another folder with DATA_DIR";

/** Why a folder or file cannot be used; the message says what to do. */
export class StoreRefused extends Error {
  /** For logs; tell it by `instanceof`. */
  override readonly name = "StoreRefused";
  /** Which kind of reason it is. */
  readonly reason: "not_writable" | "in_use" | "damaged" | "newer" | "foreign";

  /** A refusal. @param options `cause` is what SQLite or the system said. */
  constructor(reason: StoreRefused["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** The refusal of a file that another process has open. */
export function inUse(path: string, cause?: unknown): StoreRefused {
  const advice = `${ELSEWHERE}, or join instances with REDIS_URL`;
  return new StoreRefused("in_use", `Another process has ${path} open: ${advice}`, { cause });
}

/** Result codes of https://sqlite.org/rescode.html, those that mean something of their own here. */
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

const WORDS: ReadonlyMap<number, string> = new Map([
  [SQLITE.READONLY, "the message store cannot be written"],
  [SQLITE.IOERR, "the disk of the message store does not work"],
  [SQLITE.CORRUPT, "the message store is damaged"],
  [SQLITE.FULL, "the disk of the message store is full"],
  [SQLITE.CANTOPEN, "the message store cannot be opened"],
  [SQLITE.NOTADB, "the message store is damaged"],
]);

/** The extended result code; 0 where SQLite gave none; undefined where the error is not SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error && "code" in error)) return undefined;
  if (error.code !== "ERR_SQLITE_ERROR") return undefined;
  return "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0;
}

/** The primary one of an extended result code. */
export function primaryCode(code: number): number {
  return code & 0xff;
}

/** What becomes of an error that a deed ended in: SQLite's are told to people, ours go on as they are. */
export function troubleOf(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const words = WORDS.get(primaryCode(code)) ?? "the message store does not work";
  // What was written may be found again when the file is next opened.
  return new BusUnavailable(words, { cause: error, perhapsSent: code === SQLITE.IOERR_FSYNC });
}

/** The error after the store was closed. */
export function closed(): BusUnavailable {
  return new BusUnavailable("the message store is closed", { perhapsSent: false });
}

/** The error for writes to a read-only store. @param why Why the file could not be opened for writing. */
export function notWritable(why: string): BusUnavailable {
  const cause = new Error(why);
  return new BusUnavailable("the message store cannot be written", { cause, perhapsSent: false });
}
