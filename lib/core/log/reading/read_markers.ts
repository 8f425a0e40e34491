/**
 * How far users have read a room.
 * @module
 */
import { type Head, resolvePosition } from "../epochs.ts";
import type { Position } from "../position.ts";
import type { RetentionContext } from "../retention.ts";

/** Highest count of unread messages, and of those that mention the user. */
export const MAX_UNREAD = 1_000;
/** Maximum number of read markers kept per room; the most recent ones are kept. */
export const MAX_READ_MARKERS = 10_000;
/** A read marker is renewed when its user comes back this long after it was set or renewed. */
export const MARKER_REFRESH_MS = 30 * 24 * 3_600_000;
/** A read marker is deleted if it was not updated for this long, or sooner if messages are not kept that long. */
const READ_MARKERS_MS = 365 * 24 * 3_600_000;

/** The age limit of read markers. */
export function readMarkersRetainedSince(
  { ranMs, retention }: RetentionContext,
): number {
  return ranMs - Math.min(READ_MARKERS_MS, 2 * retention.ageMs);
}

/**
 * Whether a read marker is further than the one before. False for positions that the log does not know or has not
 * reached.
 */
export function advancesReadMarker(
  head: Head,
  before: Position | undefined,
  read: Position,
): boolean {
  const { after, lossReason } = resolvePosition(head, 0, read);
  if (lossReason) return false;
  return before === undefined || after > resolvePosition(head, 0, before).after;
}
