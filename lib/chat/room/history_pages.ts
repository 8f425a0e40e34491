/**
 * Pages of a room's messages: the newest, those before or after a position, and those around a position or a time.
 * @module
 */
import { readablePage } from "../../core/log/reading/readable_log.ts";
import type { Position } from "../../core/log/position.ts";
import type { HistoryPage } from "../../core/log/reading/log_reading.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { RoomHistory } from "../ports/bus.ts";

/** Where a page begins or ends; without any field, it ends with the newest message. At most one is set. */
export interface PageAnchor {
  /** Only messages before this position. */
  readonly before?: Position | undefined;
  /** Only messages after this position. */
  readonly after?: Position | undefined;
  /** Messages on both sides of this position, and the one at it. */
  readonly around?: Position | undefined;
  /** Messages on both sides of this time, in milliseconds since 1970. */
  readonly at?: number | undefined;
}

/** A page, and whether it is followed by others. */
export interface AnchoredPage extends HistoryPage {
  /** Whether there are newer messages; undefined for a page that ends with the newest, or before a position. */
  readonly newer?: boolean;
}

/**
 * Reads a page. Rejects with `BusUnavailable`.
 *
 * @param readableAfter The number of the entry after which the user can read.
 */
export async function readAnchoredPage(
  bus: Pick<RoomHistory, "page" | "pageAfter">,
  room: RoomId,
  { before, after, around, at }: PageAnchor,
  limit: number,
  readableAfter: number,
): Promise<AnchoredPage> {
  if (limit === 0) return await bus.page(room, undefined, 0);
  const start = after?.seq ?? (around && around.seq - 1) ??
    (at === undefined ? undefined : await numberBefore(bus, room, at));
  if (start === undefined) {
    return readablePage(await bus.page(room, before?.seq, limit), readableAfter);
  }
  const from = Math.max(start, readableAfter);
  const olderLimit = after === undefined ? Math.floor(limit / 2) : 0;
  // At least one, which shows whether there are older ones.
  const found = readablePage(
    await bus.page(room, from + 1, Math.max(1, olderLimit)),
    readableAfter,
  );
  const older = olderLimit === 0 ? [] : found.messages;
  const newer = await bus.pageAfter(room, from, limit - olderLimit);
  return {
    top: found.top,
    messages: [...older, ...newer.messages],
    more: olderLimit === 0 ? found.messages.length > 0 : found.more,
    newer: newer.more,
  };
}

/**
 * The number before the first message that was sent at a time or later, by halving: the times of a log hardly ever decrease.
 */
async function numberBefore(
  bus: Pick<RoomHistory, "page">,
  room: RoomId,
  at: number,
): Promise<number> {
  const { top } = await bus.page(room, undefined, 0);
  // All messages up to the first number are older, all from the second on are not.
  let [older, newer] = [0, top.seq + 1];
  while (older + 1 < newer) {
    const middle = Math.floor((older + newer) / 2);
    const { messages: [message] } = await bus.page(room, middle + 1, 1);
    if (message === undefined || message.at < at) older = middle;
    else newer = message.position.seq;
  }
  return newer - 1;
}
