/**
 * Opens connections and closes them at once, as after a network outage, to measure what a handshake costs and how many
 * fail.
 * @module
 */
import { FineHistogram } from "./stats/histogram.ts";
import { forEachConcurrent } from "./concurrency.ts";
import { LoadConnection } from "./ws/connection.ts";
import type { ConnectTimes } from "./plan.ts";
import { percentilesOf } from "./stats/counters.ts";
import { ConnectFailed, HandshakeTarget, type OpenedConnection } from "./ws/handshake.ts";

/** The result of a connection storm. */
export interface ConnectStormReport {
  /** Number of connections that were opened and then closed by both sides. */
  readonly cycles: number;
  /** From the start of the first to the end of the last. */
  readonly seconds: number;
  /** Successful cycles per second. */
  readonly cyclesPerSecond: number;
  /** Durations of handshakes. */
  readonly connectMs: ConnectTimes;
  /** Number of failures, by message. */
  readonly failures: Readonly<Record<string, number>>;
}

const CLOSE_TIMEOUT_MS = 10_000;

/** Connects `count` times, and closes each connection as soon as it is open. Failures are only counted. */
export async function runConnectStorm(
  url: string,
  count: number,
  connectsAtOnce: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<ConnectStormReport> {
  const target = await HandshakeTarget.prepare(url, undefined);
  const times = new FineHistogram();
  const failures = new Map<string, number>();
  const began = performance.now();
  await forEachConcurrent(count, connectsAtOnce, signal, async () => {
    const why = await cycle(target, times);
    if (why !== undefined) failures.set(why, (failures.get(why) ?? 0) + 1);
  });
  const total = performance.now() - began;
  return {
    cycles: times.count,
    seconds: total / 1000,
    cyclesPerSecond: times.count / total * 1000,
    connectMs: { total, ...percentilesOf(times, 1000) },
    failures: Object.fromEntries(failures),
  };
}

/** Closes a connection; resolves with a message if the server does not close it. */
async function closeOrAbort(opened: OpenedConnection): Promise<string | undefined> {
  const connection = new LoadConnection(opened, { onMessage() {}, onEnded() {} });
  let why: string | undefined;
  const timer = setTimeout(() => {
    why = `The server did not close within ${CLOSE_TIMEOUT_MS / 1000} s`;
    connection.abort();
  }, CLOSE_TIMEOUT_MS);
  connection.close();
  await connection.run(opened.leftover);
  clearTimeout(timer);
  return why;
}

/** Opens and closes one connection; resolves with a message if that failed. */
async function cycle(target: HandshakeTarget, times: FineHistogram): Promise<string | undefined> {
  const began = performance.now();
  try {
    const opened = await target.open();
    times.record((performance.now() - began) * 1000);
    return await closeOrAbort(opened);
  } catch (error) {
    if (error instanceof ConnectFailed) return error.message;
    throw error;
  }
}
