/**
 * Sending everybody away so that nobody is cut off without a word: all are told goodbye, spread over a window and each
 * with a time of its own to come back after, so that they do not come back all at once, and given a little time to answer.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import type { Peer } from "../chat/heartbeat.ts";
import { comebackMs } from "../core/backoff.ts";
import { RESTARTING } from "../core/farewells.ts";

/**
 * Why everybody is sent away: the service stops; their isolate is recycled, and there is time to move them one after the
 * other to another that serves already; or it is recycled because memory runs out.
 */
export type DrainKind = "stop" | "move" | "urgent";

interface DrainPace {
  /** Everybody is told within this. */
  readonly windowMs: number;
  /** How many are told at once where there are few. */
  readonly atOnce: number;
  /** Answers are awaited for so long. */
  readonly answerMs: number;
  /** How long one of so many is to stay away. */
  readonly comebackMs: (count: number, random: number) => number;
}

const STEP_MS = 20;
/** Who is moved is let in again even where memory is short, which is noticed within a quarter of a second. */
const SHORT_COMEBACK_MS = 250;

const PACES: Readonly<Record<DrainKind, DrainPace>> = {
  stop: { windowMs: 800, atOnce: 10, answerMs: 2_900, comebackMs },
  // They are spread already, and whoever takes over is there.
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
 * Says goodbye to all peers, and resolves when none is left or their time is over: at most 3.8 s later for `stop`, 13 s
 * for `move`, 0.7 s for `urgent`.
 *
 * @param peers Everybody who is connected, asked again as often as needed.
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
