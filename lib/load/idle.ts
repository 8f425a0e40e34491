/**
 * Holds idle connections open, so that their cost on the server can be measured.
 * @module
 */
import { LoadClients } from "./clients.ts";
import type { ClientProtocol, ConnectTimes, Disconnections, LoadObserver } from "./plan.ts";
import { LoadCounters, percentilesOf } from "./stats/counters.ts";

/** The result of holding connections. */
export interface IdleReport {
  /** Number of connections still open at the end. */
  readonly connections: number;
  /** Durations of handshakes. */
  readonly connectMs: ConnectTimes;
  /** From the start of the first handshake until all members had joined the room, in milliseconds. */
  readonly readyMs: number;
  /** Connections that the server ended while they were held. */
  readonly disconnected: Disconnections;
}

/**
 * Opens `count` connections, reports the phase "connected" when all have joined the room, and holds them until the signal
 * aborts. Rejects with ConnectFailed if not all can be connected, and with the signal's reason if it aborts before that.
 */
export async function holdIdle(
  url: string,
  protocol: ClientProtocol,
  count: number,
  connectsAtOnce: number,
  observer: LoadObserver,
  signal: AbortSignal,
): Promise<IdleReport> {
  await observer.onPhase("connecting");
  await using clients = new LoadClients(
    { url, protocol, count, connectsAtOnce, onOwnText: () => {} },
    new LoadCounters({ members: count, publishers: 0, slowShare: 0 }),
  );
  await clients.connectAll(signal);
  signal.throwIfAborted();
  await observer.onPhase("connected");
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }
  await observer.onPhase("done");
  const connectMs = { total: clients.connectMs, ...percentilesOf(clients.handshakes, 1000) };
  const { readyMs, disconnected } = clients;
  return { connections: clients.connected, connectMs, readyMs, disconnected };
}
