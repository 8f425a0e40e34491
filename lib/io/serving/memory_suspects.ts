/**
 * Finds addresses that may have used up the memory. The runtime buffers the fragments of an unfinished message without
 * an event, so their sender is unknown. But a client in the middle of a message can send nothing else. So clients that
 * answer a ping, or sent something a moment ago, are not suspects. The addresses of the others are charged, unless
 * there are so many that their silence has another cause.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import type { Peer } from "../../chat/heartbeat.ts";

/** Time in which an honest client answers a ping. */
const PONG_MS = 300;
/** A client that cannot be pinged is not a suspect if it sent something within this time. */
const SILENCE_MS = 2_000;
/** If more than one address in this many is suspect, none is charged. */
const SUSPECT_DIVISOR = 5;

/**
 * Pings all clients that can be pinged, and charges the addresses of silent ones; resolves to the number of addresses.
 */
export async function chargeSuspects(
  peers: () => Iterable<Peer>,
  clock: Clock,
  signal: AbortSignal,
): Promise<number> {
  const pingedAt = clock.now();
  for (const peer of peers()) {
    if (peer.vitals(pingedAt)?.canPing) peer.ping();
  }
  await clock.sleep(PONG_MS, signal);
  const addresses = new Set<string>();
  const suspects = new Map<string, Peer>();
  for (const peer of peers()) {
    const vitals = peer.vitals(clock.now());
    if (vitals === undefined || peer.address === undefined) continue;
    addresses.add(peer.address);
    const since = vitals.canPing ? pingedAt : pingedAt - SILENCE_MS;
    if (vitals.receivedAt < since) suspects.set(peer.address, peer);
  }
  if (suspects.size > Math.max(1, addresses.size / SUSPECT_DIVISOR)) return 0;
  for (const peer of suspects.values()) peer.charge("memory");
  return suspects.size;
}
