/**
 * Connections that do nothing, held open so that somebody can see what they cost.
 * @module
 */
import { Crowd } from "./crowd.ts";
import type { ConnectTimes, Dialogue, Disconnections, Watch } from "./plan.ts";
import { spreadOf, Tally } from "./tally.ts";

/** What came of it. */
export interface IdleReport {
  /** Still open in the end. */
  readonly connections: number;
  /** How long handshakes took. */
  readonly connectMs: ConnectTimes;
  /** From the first handshake on until all heard the room. */
  readonly readyMs: number;
  /** While they were held. */
  readonly disconnected: Disconnections;
}

/**
 * Opens so many connections, tells "connected" when all hear the room, and holds them until the signal aborts. Rejects with
 * ConnectFailed where not all could be connected, and with the signal's reason where it aborts before that.
 */
export async function openIdle(
  url: string,
  dialogue: Dialogue,
  count: number,
  connectsAtOnce: number,
  watch: Watch,
  signal: AbortSignal,
): Promise<IdleReport> {
  await watch.phase("connecting");
  await using crowd = new Crowd(
    { url, dialogue, count, connectsAtOnce, heardItself: () => {} },
    new Tally({ members: count, publishers: 0, slowShare: 0 }),
  );
  await crowd.gather(signal);
  signal.throwIfAborted();
  await watch.phase("connected");
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }
  await watch.phase("done");
  const connectMs = { total: crowd.connectMs, ...spreadOf(crowd.handshakes, 1000) };
  const { readyMs, disconnected } = crowd;
  return { connections: crowd.connected, connectMs, readyMs, disconnected };
}
