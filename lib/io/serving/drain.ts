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
  /** How long to wait for the next close frame of a peer. */
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

/** Maximum duration of {@linkcode drain}, in milliseconds. @param stopMs That of `stop`, from `DRAIN_SECONDS`. */
export function longestDrainMs(kind: DrainKind, stopMs: number): number {
  return kind === "stop" ? stopMs : PACES[kind].windowMs + PACES[kind].answerMs + 100;
}

/** What {@linkcode drain} needs. */
export interface DrainContext {
  /** All connected peers; called as often as needed. */
  readonly peers: () => Iterable<Peer>;
  /** Paces the close frames. */
  readonly clock: Clock;
  /** Returns a number in [0, 1), for each peer's reconnect delay. */
  readonly random: () => number;
  /** Sends what is waiting to be sent to the peers; called before peers are closed. */
  readonly flush: () => void;
  /** See {@linkcode longestDrainMs}. */
  readonly stopMs: number;
}

/**
 * Closes all peers. Resolves when none is left, when those left are stuck, or when the time is up (`longestDrainMs`).
 *
 * @param signal Ends it.
 */
export async function drain(
  kind: DrainKind,
  { peers, clock, random, flush, stopMs }: DrainContext,
  signal: AbortSignal,
): Promise<void> {
  const { windowMs, atOnce, answerMs, reconnectSpreadMs } = PACES[kind];
  const until = clock.now() + longestDrainMs(kind, stopMs);
  const all = [...peers()];
  const told = new Set<Peer>();
  const closePeer = (peer: Peer) => {
    told.add(peer);
    peer.close({ ...SERVICE_RESTART, afterMs: reconnectSpreadMs(all.length, random()) });
  };
  const perStep = Math.max(atOnce, Math.ceil(all.length * STEP_MS / windowMs));
  const stepMs = atOnce > 1 ? STEP_MS : Math.max(STEP_MS, windowMs * perStep / all.length);
  for (let closed = 0; closed < all.length && !signal.aborted; closed += perStep) {
    if (closed > 0) await clock.sleep(stepMs, signal);
    flush();
    for (const peer of all.slice(closed, closed + perStep)) closePeer(peer);
  }
  let left = Infinity, answeredAt = clock.now();
  while (!signal.aborted && clock.now() < Math.min(until, answeredAt + answerMs)) {
    const remaining = [...peers()];
    if (remaining.length === 0) return;
    if (remaining.length < left) answeredAt = clock.now();
    left = remaining.length;
    // Those whose handshake was still in progress.
    for (const peer of remaining) if (!told.has(peer)) closePeer(peer);
    await clock.sleep(STEP_MS, signal);
  }
}
