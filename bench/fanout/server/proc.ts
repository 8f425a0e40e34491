/**
 * Parses what Linux writes about a process in `/proc`. `accounting.ts` reads the files.
 * @module
 */

/** CPU time so far in nanoseconds: the first number of a `schedstat` (proc_pid_schedstat(5)). */
export function parseSchedstat(text: string): number {
  const [time] = text.split(" ");
  return whole("schedstat", time);
}

/**
 * CPU time so far in clock ticks, in user and kernel mode together: fields 14 and 15 of a `stat`, counted after the last
 * parenthesis, because a program's name may contain spaces and parentheses.
 */
export function parseStatTicks(text: string): number {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return whole("stat", fields[11]) + whole("stat", fields[12]);
}

/** Resident memory in bytes, from `smaps_rollup` or `status`. */
export function parseResidentBytes(text: string): number {
  return whole("Rss", /^(?:Rss|VmRSS):\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
}

/** The process ids in `children`. */
export function parseChildren(text: string): number[] {
  return text.split(" ").filter((it) => it.trim() !== "").map((it) => whole("children", it));
}

function whole(what: string, text: string | undefined): number {
  const value = Number(text?.trim() || NaN);
  if (Number.isSafeInteger(value)) return value;
  throw new TypeError(`Cannot read ${what}: expected a whole number: received ${text}`);
}
