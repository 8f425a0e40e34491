/**
 * Counts the entries that a store refuses, by the reason. What the author is not allowed to write is no failure of the store,
 * and is not counted.
 * @module
 */
import { BusUnavailable, type PublishResult } from "../ports/bus.ts";
import type { PublishMetrics } from "../metrics.ts";

/** Passes on the result of publishing an entry, and counts it if the store refused the entry. */
export async function countRefusedWrite(
  result: Promise<PublishResult>,
  refused: PublishMetrics["refused"],
): Promise<PublishResult> {
  try {
    const outcome = await result;
    if (outcome.kind === "rejected") {
      if (outcome.why === "store_full" || outcome.why === "rooms_full") refused[outcome.why].add();
    }
    return outcome;
  } catch (error) {
    refused[error instanceof BusUnavailable ? error.reason : "unavailable"].add();
    throw error;
  }
}
