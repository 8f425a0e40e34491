/**
 * Pages of a room's messages: the newest, those before or after a position, and those around a position or a time. If the log does
 * not know the position, the page has the newest messages and says why: other entries may have its number by now.
 * @module
 */
import type { LossReason } from "../../core/log/epochs.ts";
import { readablePage } from "../../core/log/reading/readable_log.ts";
import { isSamePosition, isUpTo, type Position } from "../../core/log/position.ts";
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
  /**
   * Why this is not what was asked for. With `too_old`, some of what came after the position is no longer kept; otherwise the log
   * does not know the position, and the page has the newest messages.
   */
  readonly reason?: LossReason;
}

/**
 * The newest messages that a user can read, or the newest before a number. A page of none also says whether there are older ones.
 * Rejects with `BusUnavailable`.
 *
 * @param readableAfter The number of the entry after which the user can read.
 */
export async function readNewestPage(
  bus: Pick<RoomHistory, "page">,
  room: RoomId,
  limit: number,
  readableAfter: number,
  before?: number,
): Promise<HistoryPage> {
  const page = readablePage(await bus.page(room, before, Math.max(1, limit)), readableAfter);
  return limit > 0 ? page : { top: page.top, messages: [], more: page.messages.length > 0 };
}

/** Reads a page. Rejects with `BusUnavailable`. @param readableAfter See {@linkcode readNewestPage}. */
export async function readAnchoredPage(
  bus: Pick<RoomHistory, "page" | "pageAfter" | "replay">,
  room: RoomId,
  { before, after, around, at }: PageAnchor,
  limit: number,
  readableAfter: number,
): Promise<AnchoredPage> {
  const start = after?.seq ?? (around && around.seq - 1) ??
    (at === undefined ? undefined : await numberBefore(bus, room, at));
  const page = start === undefined
    ? await readNewestPage(bus, room, limit, readableAfter, before?.seq)
    : await readOnBothSides(
      bus,
      room,
      { start, isAfter: after !== undefined },
      limit,
      readableAfter,
    );
  const position = before ?? after ?? around;
  if (position === undefined) return page;
  const reason = await whyUnknown(bus, room, position, page.top);
  if (reason) {
    const newest = await readNewestPage(bus, room, limit, readableAfter);
    return { ...newest, ...(before === undefined && { newer: false }), reason };
  }
  const isCut = after !== undefined && !page.more &&
    await isTooOld(bus, room, after, readableAfter);
  return isCut ? { ...page, reason: "too_old" } : page;
}

async function readOnBothSides(
  bus: Pick<RoomHistory, "page" | "pageAfter">,
  room: RoomId,
  { start, isAfter }: { readonly start: number; readonly isAfter: boolean },
  limit: number,
  readableAfter: number,
): Promise<AnchoredPage> {
  const from = Math.max(start, readableAfter);
  const olderLimit = isAfter ? 0 : Math.floor(limit / 2);
  const older = await readNewestPage(bus, room, olderLimit, readableAfter, from + 1);
  const newer = await bus.pageAfter(room, from, Math.max(1, limit - olderLimit));
  return {
    ...older,
    messages: limit === 0 ? [] : [...older.messages, ...newer.messages],
    newer: limit === 0 ? newer.messages.length > 0 : newer.more,
  };
}

/** Why the log does not know a position; undefined if it does. @param top Its newest position. */
async function whyUnknown(
  bus: Pick<RoomHistory, "page" | "replay">,
  room: RoomId,
  position: Position,
  top: Position,
): Promise<LossReason | undefined> {
  if (isUpTo(position, top)) return undefined;
  const { lossReason } = await bus.replay(room, position, 0);
  if (lossReason === "rewound") return lossReason;
  if (lossReason !== "unknown_epoch") return undefined;
  // The log may still have messages of epochs that it has forgotten.
  const { messages: [message] } = await bus.page(room, position.seq + 1, 1);
  return isSamePosition(message?.position, position) ? undefined : lossReason;
}

/** Whether some of the entries after a position that the log knows are no longer kept, or cannot be read. */
async function isTooOld(
  bus: Pick<RoomHistory, "replay">,
  room: RoomId,
  after: Position,
  readableAfter: number,
): Promise<boolean> {
  return after.seq < readableAfter ||
    (await bus.replay(room, after, 0)).lossReason === "too_old";
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
