/**
 * Closes all connections in an orderly way: each peer gets a close frame, spread over a window, and a delay of its own
 * before it comes back, so that peers do not come back all at once; then there is a little time for their answers.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import type { Peer } from "../chat/heartbeat.ts";
import { comebackMs } from "../core/backoff.ts";
import { RESTARTING } from "../core/farewells.ts";

/**
 * Why connections are closed: the service stops; the isolate is recycled, and there is time to move its clients one by one
 * to another that serves already; or it is recycled because memory runs out.
 */
export type DrainKind = "stop" | "move" | "urgent";

interface DrainPace {
  /** Close frames are spread over this time. */
  readonly windowMs: number;
  /** Minimum number of peers closed at once. */
  readonly atOnce: number;
  /** How long answers are awaited. */
  readonly answerMs: number;
  /** How long one of `count` peers stays away. */
  readonly comebackMs: (count: number, random: number) => number;
}

const STEP_MS = 20;
/** Moved clients are admitted even when memory is short; the guard notices the move within a quarter of a second. */
const SHORT_COMEBACK_MS = 250;

const PACES: Readonly<Record<DrainKind, DrainPace>> = {
  stop: { windowMs: 800, atOnce: 10, answerMs: 2_900, comebackMs },
  // The clients are spread already, and the other isolate is up.
  move: {
    windowMs: 10_000,
    atOnce: 1,
    answerMs: 2_900,
    comebackMs: (_, random) => Math.round(SHORT_COMEBACK_MS * (1 + random)),
  },
  urgent: { windowMs: 300, atOnce: 10, answerMs: 300, comebackMs },
};

/** The longest that {@linkcode drain} takes, in milliseconds. */
export function longestDrainMs(kind: DrainKind): number {
  return PACES[kind].windowMs + PACES[kind].answerMs + 100;
}

/**
 * Closes all peers. Resolves when none is left or the time is over: after 3.8 s at most for `stop`, 13 s for `move`, 0.7 s
 * for `urgent`.
 *
 * @param peers All connected peers; called as often as needed.
 * @param random A number in [0, 1), for the time after which each is to come back.
 */
export async function drain(
  kind: DrainKind,
  peers: () => Iterable<Peer>,
  clock: Clock,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  const { windowMs, atOnce, answerMs, comebackMs } = PACES[kind];
  const all = [...peers()];
  const dismiss = (peer: Peer) =>
    peer.close({ ...RESTARTING, afterMs: comebackMs(all.length, random()) });
  const perStep = Math.max(atOnce, Math.ceil(all.length * STEP_MS / windowMs));
  const stepMs = atOnce > 1 ? STEP_MS : Math.max(STEP_MS, windowMs * perStep / all.length);
  for (let told = 0; told < all.length && !signal.aborted; told += perStep) {
    if (told > 0) await clock.sleep(stepMs, signal);
    for (const peer of all.slice(told, told + perStep)) dismiss(peer);
  }
  const until = clock.now() + answerMs;
  while (!isEmpty(peers()) && clock.now() < until && !signal.aborted) {
    await clock.sleep(STEP_MS, signal);
    // Again, for those whose handshake was still under way.
    for (const peer of peers()) dismiss(peer);
  }
}

function isEmpty(peers: Iterable<unknown>): boolean {
  for (const _ of peers) return false;
  return true;
}
