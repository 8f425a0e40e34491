/**
 * The CPU time and memory that a process and its children have used, as counted by Linux. `stat` counts in ticks of 10
 * ms and includes threads that have ended; `schedstat` counts in nanoseconds by thread and forgets threads that have
 * ended. Both use the scheduler's clock, so the finer one is used unless the other shows that a thread is gone. The
 * kernel's work for a send over loopback, including the receiver's half, counts as the sender's.
 * @module
 */
import { parseChildren, parseResidentBytes, parseSchedstat, parseStatTicks } from "./proc.ts";

const TICK_MICROS = 10_000;

/** A process and all its descendants, itself first. Processes that end meanwhile are omitted. */
export async function family(pid: number): Promise<number[]> {
  const children: number[] = [];
  for (const thread of await threads(pid)) {
    children.push(...parseChildren(await read(`/proc/${pid}/task/${thread}/children`) ?? ""));
  }
  const families = await Promise.all(children.map(family));
  return [pid, ...families.flat()];
}

/** CPU time so far of a process and its descendants, in microseconds. */
export async function cpuMicros(pid: number): Promise<number> {
  return sum(await Promise.all((await family(pid)).map(ownMicros)));
}

/** Resident memory of a process and its descendants, in bytes. */
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
  // The kernel updates `status` lazily, some pages per processor at a time; the rollup is exact but needs permissions.
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
