/**
 * Connections that come and go at once, as after a network was away: what a handshake costs, and how many fail.
 * @module
 */
import { FineHistogram } from "../../core/fine_histogram.ts";
import { inTurn } from "./in_turn.ts";
import { Link } from "./link.ts";
import type { ConnectTimes } from "./plan.ts";
import { spreadOf } from "./tally.ts";
import { ConnectFailed, type Opened, Target } from "./target.ts";

/** What came of it. */
export interface StormReport {
  /** Connections that were opened, and closed again by both sides. */
  readonly cycles: number;
  /** From the first to the last. */
  readonly seconds: number;
  /** Without those that failed. */
  readonly cyclesPerSecond: number;
  /** How long handshakes took. */
  readonly connectMs: ConnectTimes;
  /** Those that failed, by the reason in words. */
  readonly failures: Readonly<Record<string, number>>;
}

const GOODBYE_MS = 10_000;

/** Connects so often, closing each connection as soon as it is open. A failure is counted and nothing more. */
export async function stormConnects(
  url: string,
  count: number,
  connectsAtOnce: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<StormReport> {
  const target = await Target.at(url, undefined);
  const times = new FineHistogram();
  const failures = new Map<string, number>();
  const began = performance.now();
  await inTurn(count, connectsAtOnce, signal, async () => {
    const why = await cycle(target, times);
    if (why !== undefined) failures.set(why, (failures.get(why) ?? 0) + 1);
  });
  const total = performance.now() - began;
  return {
    cycles: times.count,
    seconds: total / 1000,
    cyclesPerSecond: times.count / total * 1000,
    connectMs: { total, ...spreadOf(times, 1000) },
    failures: Object.fromEntries(failures),
  };
}

/** Closes it, and says so where the other side does not. */
async function leave(opened: Opened): Promise<string | undefined> {
  const link = new Link(opened, { message() {}, ended() {} });
  let why: string | undefined;
  const timer = setTimeout(() => {
    why = `The server did not close within ${GOODBYE_MS / 1000} s`;
    link.cut();
  }, GOODBYE_MS);
  link.leave();
  await link.run(opened.rest);
  clearTimeout(timer);
  return why;
}

/** One connection; says why where it failed. */
async function cycle(target: Target, times: FineHistogram): Promise<string | undefined> {
  const began = performance.now();
  try {
    const opened = await target.open();
    times.record((performance.now() - began) * 1000);
    return await leave(opened);
  } catch (error) {
    if (error instanceof ConnectFailed) return error.message;
    throw error;
  }
}
