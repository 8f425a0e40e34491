/**
 * Closes all connections in an orderly way. Close frames are spread over a window, and each names its own reconnect
 * delay, so that clients do not reconnect all at once. Then peers have a short time to answer.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import type { Peer } from "../../chat/heartbeat.ts";
import { reconnectSpreadMs } from "../../core/backoff.ts";
import { SERVICE_RESTART } from "../../core/protocol/close_codes.ts";

/**
 * Why connections are closed. `stop`: the service stops. `move`: the worker is recycled, and its clients move one by
 * one to a worker that already serves. `urgent`: the worker is recycled because memory is running out.
 */
export type DrainKind = "stop" | "move" | "urgent";

interface DrainPace {
  /** Close frames are spread over this time. */
  readonly windowMs: number;
  /** Minimum number of peers closed at once. */
  readonly atOnce: number;
  /** How long to wait for the peers' close frames. */
  readonly answerMs: number;
  /** Reconnect delay of one of `count` peers. */
  readonly reconnectSpreadMs: (count: number, random: number) => number;
}

const STEP_MS = 20;
/** Moved clients are admitted even when memory is short; the guard notices the move within a quarter of a second. */
const SHORT_RECONNECT_MS = 250;

const PACES: Readonly<Record<DrainKind, DrainPace>> = {
  stop: { windowMs: 800, atOnce: 10, answerMs: 2_900, reconnectSpreadMs },
  // The window already spreads the clients, and the other worker is up.
  move: {
    windowMs: 10_000,
    atOnce: 1,
    answerMs: 2_900,
    reconnectSpreadMs: (_, random) => Math.round(SHORT_RECONNECT_MS * (1 + random)),
  },
  urgent: { windowMs: 300, atOnce: 10, answerMs: 300, reconnectSpreadMs },
};

/** Maximum duration of {@linkcode drain}, in milliseconds. */
export function longestDrainMs(kind: DrainKind): number {
  return PACES[kind].windowMs + PACES[kind].answerMs + 100;
}

/**
 * Closes all peers. Resolves when none is left or the time is up: after at most 3.8 s (`stop`), 13 s (`move`) or 0.7 s
 * (`urgent`).
 *
 * @param peers All connected peers; called as often as needed.
 * @param random Returns a number in [0, 1), for each peer's reconnect delay.
 * @param flush Sends what is waiting to be sent to the peers; called before peers are closed.
 */
export async function drain(
  kind: DrainKind,
  peers: () => Iterable<Peer>,
  clock: Clock,
  random: () => number,
  signal: AbortSignal,
  flush: () => void = () => {},
): Promise<void> {
  const { windowMs, atOnce, answerMs, reconnectSpreadMs } = PACES[kind];
  const all = [...peers()];
  const closePeer = (peer: Peer) =>
    peer.close({ ...SERVICE_RESTART, afterMs: reconnectSpreadMs(all.length, random()) });
  const perStep = Math.max(atOnce, Math.ceil(all.length * STEP_MS / windowMs));
  const stepMs = atOnce > 1 ? STEP_MS : Math.max(STEP_MS, windowMs * perStep / all.length);
  for (let closed = 0; closed < all.length && !signal.aborted; closed += perStep) {
    if (closed > 0) await clock.sleep(stepMs, signal);
    flush();
    for (const peer of all.slice(closed, closed + perStep)) closePeer(peer);
  }
  const until = clock.now() + answerMs;
  while (!isEmpty(peers()) && clock.now() < until && !signal.aborted) {
    await clock.sleep(STEP_MS, signal);
    // Again, for peers whose handshake was still in progress.
    for (const peer of peers()) closePeer(peer);
  }
}

function isEmpty(peers: Iterable<unknown>): boolean {
  for (const _ of peers) return false;
  return true;
}
