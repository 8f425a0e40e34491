/**
 * Stopping so that nobody is cut off without a word: everybody is told goodbye, spread over a window and each with a time
 * of its own to come back after, so that they do not come back all at once, and given a little time to answer.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import type { Peer } from "../chat/heartbeat.ts";
import { comebackMs } from "../core/backoff.ts";
import { RESTARTING } from "../core/farewells.ts";

const STEP_MS = 20;
const WINDOW_MS = 800;
const ANSWER_MS = 2_900;

/**
 * Says goodbye to all peers, and resolves when none is left or their time is over, at most 3.8 s later. A few are told at
 * once; a crowd is spread over 0.8 s.
 *
 * @param peers Everybody who is connected, asked again as often as needed.
 * @param random A number in [0, 1), for the time after which each is to come back.
 */
export async function drain(
  peers: () => Iterable<Peer>,
  clock: Clock,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  const all = [...peers()];
  const dismiss = (peer: Peer) =>
    peer.close({ ...RESTARTING, afterMs: comebackMs(all.length, random()) });
  const perStep = Math.max(10, Math.ceil(all.length * STEP_MS / WINDOW_MS));
  for (let told = 0; told < all.length && !signal.aborted; told += perStep) {
    if (told > 0) await clock.sleep(STEP_MS, signal);
    for (const peer of all.slice(told, told + perStep)) dismiss(peer);
  }
  const until = clock.now() + ANSWER_MS;
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
