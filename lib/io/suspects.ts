/**
 * Finds addresses that may have used up the memory. The runtime buffers the fragments of an unfinished message without an
 * event, so their sender is unknown. But a client in the middle of a message can send nothing else. So clients that answer
 * a ping, or sent something a moment ago, are no suspects. The addresses of the others are charged, unless there are so
 * many of them that their silence means nothing.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import type { Peer } from "../chat/heartbeat.ts";

/** An honest client answers a ping within this time. */
const ANSWER_MS = 300;
/** A client that cannot be pinged is no suspect if it sent something within this time. */
const SILENCE_MS = 2_000;
/** If more than one address in this many is suspect, none is charged. */
const MOST_IN = 5;

/** Pings all clients that can be pinged, and charges the addresses of silent ones; resolves to their number. */
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
