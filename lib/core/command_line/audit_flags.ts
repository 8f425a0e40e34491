/**
 * The flags of `audit`, as the query of a request to `/api/v1/audit`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { query, isJson } = readAuditFlags(new Map([["--limit", "20"], ["--json", ""]]));
 * assert.deepEqual(query, { limit: "20" });
 * assert.equal(isJson, true);
 * ```
 * @module
 */
import { parsePosition } from "../log/position.ts";
import { numberOf } from "./flag_values.ts";

/** The flags that take a value. */
export const AUDIT_FLAGS = ["--limit", "--before"] as const;
/** Prints the response as it is; takes no value. */
export const AUDIT_JSON = "--json";

/** Number of entries that are listed without `--limit`. */
export const DEFAULT_AUDIT_ENTRIES = 50;
/** Maximum number of entries that can be listed at once. */
export const MAX_AUDIT_ENTRIES = 200;

/** The lines of `--help`. */
export const AUDIT_HELP = [
  `  --limit N         how many entries, at most ${MAX_AUDIT_ENTRIES}; default: ${DEFAULT_AUDIT_ENTRIES}`,
  "  --before POSITION only entries before this one; what is printed last says which",
  "  --json            prints JSON with all details",
];

/** What is asked for. */
export interface AuditFlags {
  /** The fields of the query. */
  readonly query: Readonly<Record<string, string>>;
  /** Whether to print the response as it is. */
  readonly isJson: boolean;
  /** Errors, one line each. If there are any, do not send the request. */
  readonly problems: readonly string[];
}

/** Checks the flags that were given. @param given Values by flag; that of `--json` does not matter. */
export function readAuditFlags(given: ReadonlyMap<string, string>): AuditFlags {
  const [limit, before] = [given.get("--limit"), given.get("--before")];
  const problems: string[] = [];
  if (numberOf(limit, MAX_AUDIT_ENTRIES) === "bad") {
    problems.push(`--limit needs a number from 1 to ${MAX_AUDIT_ENTRIES}`);
  }
  if (before !== undefined && parsePosition(before) === undefined) {
    problems.push("--before needs a position, such as k3j9f2:127");
  }
  const query = {
    ...(limit !== undefined && { limit }),
    ...(before !== undefined && { before }),
  };
  return { query, isJson: given.has(AUDIT_JSON), problems };
}
