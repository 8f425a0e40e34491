/**
 * Closes all connections in an orderly way. Close frames are spread over a window, and each names its own reconnect
 * delay, so that clients do not reconnect all at once. Then it waits while peers answer.
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
/** Number of steps after which all remaining peers are closed again. */
const STEPS_PER_REPETITION = 5;
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
  /** Maximum duration of a drain of the kind `stop`, in milliseconds, from `DRAIN_SECONDS`. */
  readonly stopMs: number;
}

/**
 * Closes all peers. Resolves when none is left, when those left are stuck, or when the time is up (`longestDrainMs`).
 *
 * @param signal Ends the drain early.
 */
export async function drain(
  kind: DrainKind,
  { peers, clock, random, flush, stopMs }: DrainContext,
  signal: AbortSignal,
): Promise<void> {
  const { atOnce, answerMs, reconnectSpreadMs } = PACES[kind];
  const startedAt = clock.now();
  // A short stop leaves half of its time for the answers.
  const windowMs = Math.min(PACES[kind].windowMs, kind === "stop" ? stopMs / 2 : Infinity);
  const all = [...peers()];
  const closePeer = (peer: Peer) =>
    peer.close({ ...SERVICE_RESTART, afterMs: reconnectSpreadMs(all.length, random()) });
  const perStep = Math.max(atOnce, Math.ceil(all.length * STEP_MS / windowMs));
  const stepMs = atOnce > 1 ? STEP_MS : Math.max(STEP_MS, windowMs * perStep / all.length);
  for (let closed = 0; closed < all.length && !signal.aborted;) {
    if (closed > 0) await clock.sleep(stepMs, signal);
    flush();
    // Timers are late on a busy machine.
    const isOver = clock.now() - startedAt >= windowMs;
    const count = isOver ? all.length - closed : perStep;
    for (const peer of all.slice(closed, closed + count)) closePeer(peer);
    closed += count;
  }
  const until = kind === "stop" ? startedAt + stopMs : clock.now() + answerMs;
  let left = Infinity, answeredAt = clock.now();
  for (let step = 0; !signal.aborted; step++) {
    const remaining = [...peers()];
    if (remaining.length < left) answeredAt = clock.now();
    left = remaining.length;
    if (left === 0 || clock.now() >= Math.min(until, answeredAt + answerMs)) return;
    // Closing has no effect while a handshake is in progress.
    const isRepeated = step % STEPS_PER_REPETITION === 0;
    for (const peer of isRepeated ? remaining : []) closePeer(peer);
    await clock.sleep(STEP_MS, signal);
  }
}
