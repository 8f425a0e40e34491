/**
 * What a process and its children have cost so far, as Linux counts it. `stat` counts in ticks of 10 ms and also what ended
 * threads have used; `schedstat` counts in nanoseconds, thread by thread, and forgets the ended ones. Both come from the
 * same clock of the scheduler, so the finer one is taken unless the other shows that a thread is gone. What the
 * kernel does for a send over loopback, the receiver's half included, is counted as the sender's.
 * @module
 */
import { parseChildren, parseResidentBytes, parseSchedstat, parseStatTicks } from "./proc.ts";

const TICK_MICROS = 10_000;

/** A process and all that come from it, itself first; those that end meanwhile are left out. */
export async function family(pid: number): Promise<number[]> {
  const children: number[] = [];
  for (const thread of await threads(pid)) {
    children.push(...parseChildren(await read(`/proc/${pid}/task/${thread}/children`) ?? ""));
  }
  const families = await Promise.all(children.map(family));
  return [pid, ...families.flat()];
}

/** Microseconds on a processor so far, of a process with all that come from it. */
export async function cpuMicros(pid: number): Promise<number> {
  return sum(await Promise.all((await family(pid)).map(ownMicros)));
}

/** Bytes of memory that are resident now, of a process with all that come from it. */
export async function residentBytes(pid: number): Promise<number> {
  return sum(await Promise.all((await family(pid)).map(ownBytes)));
}

async function ownMicros(pid: number): Promise<number> {
  const stat = await read(`/proc/${pid}/stat`);
  if (stat === undefined) return 0;
  const coarse = parseStatTicks(stat) * TICK_MICROS;
  const fine = await threadMicros(pid);
  const isThreadGone = coarse - fine > 2 * TICK_MICROS;
  return isThreadGone ? coarse : fine;
}

async function ownBytes(pid: number): Promise<number> {
  // The kernel adds up `status` lazily, some pages on each processor at a time; the rollup is exact, but asks for rights.
  const text = await read(`/proc/${pid}/smaps_rollup`) ?? await read(`/proc/${pid}/status`);
  return text?.includes("kB") ? parseResidentBytes(text) : 0;
}

async function threadMicros(pid: number): Promise<number> {
  let nanos = 0;
  for (const thread of await threads(pid)) {
    nanos += parseSchedstat(await read(`/proc/${pid}/task/${thread}/schedstat`) ?? "0");
  }
  return nanos / 1000;
}

async function threads(pid: number): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) names.push(name);
  } catch {
    // It has ended.
  }
  return names;
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
