/**
 * Reads what Linux writes about a process in `/proc`. Only the text is understood here; `accounting.ts` fetches it.
 * @module
 */

/** Nanoseconds on a processor so far: the first number of a `schedstat` (proc_pid_schedstat(5)). */
export function parseSchedstat(text: string): number {
  const [time] = text.split(" ");
  return whole("schedstat", time);
}

/**
 * Clock ticks on a processor so far, in user and kernel mode together: fields 14 and 15 of a `stat`. Counted from behind
 * the last parenthesis, since a program's name may hold blanks and parentheses.
 */
export function parseStatTicks(text: string): number {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return whole("stat", fields[11]) + whole("stat", fields[12]);
}

/** Bytes of memory that are resident, from `smaps_rollup` or `status`. */
export function parseResidentBytes(text: string): number {
  return whole("Rss", /^(?:Rss|VmRSS):\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
}

/** Process ids, as `children` has them. */
export function parseChildren(text: string): number[] {
  return text.split(" ").filter((it) => it.trim() !== "").map((it) => whole("children", it));
}

function whole(what: string, text: string | undefined): number {
  const value = Number(text?.trim() || NaN);
  if (Number.isSafeInteger(value)) return value;
  throw new TypeError(`Cannot read ${what}: expected a whole number: received ${text}`);
}
