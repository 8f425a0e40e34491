/**
 * Who may have used up the memory: the runtime gathers the fragments of an unfinished message and tells nobody, so the
 * sender cannot be seen. But a client in the midst of a message can say nothing else. Whoever answers at once, or said
 * something a moment ago, is therefore no suspect; the addresses of the others are charged, unless there are so many of
 * them that their silence tells nothing.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import type { Peer } from "../chat/heartbeat.ts";

/** An honest client answers within this. */
const ANSWER_MS = 300;
/** One that cannot be asked is no suspect if it said something so shortly before. */
const SILENCE_MS = 2_000;
/** More suspects than one address in so many are too many to tell. */
const MOST_IN = 5;

/** Asks all who can be asked, and charges the addresses of those who are silent; resolves to how many they are. */
export async function chargeSuspects(
  peers: () => Iterable<Peer>,
  clock: Clock,
  signal: AbortSignal,
): Promise<number> {
  const askedAt = clock.now();
  for (const peer of peers()) {
    const vitals = peer.vitals(askedAt);
    if (vitals.state === "open" && vitals.answers) peer.ask();
  }
  await clock.sleep(ANSWER_MS, signal);
  const addresses = new Set<string>();
  const suspects = new Map<string, Peer>();
  for (const peer of peers()) {
    const vitals = peer.vitals(clock.now());
    if (vitals.state !== "open" || peer.address === undefined) continue;
    addresses.add(peer.address);
    const since = vitals.answers ? askedAt : askedAt - SILENCE_MS;
    if (vitals.heardAt < since) suspects.set(peer.address, peer);
  }
  if (suspects.size > Math.max(1, addresses.size / MOST_IN)) return 0;
  for (const peer of suspects.values()) peer.charge("memory");
  return suspects.size;
}
