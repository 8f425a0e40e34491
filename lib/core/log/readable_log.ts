/**
 * What a member of a private room reads of its log who cannot read what came before a certain number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const top = { epoch: "k3j9", seq: 9 };
 * assert.deepEqual(readablePage({ top, messages: [], more: false }, 9).messages, []);
 * assert.equal(readableUnread(8, top, 5), 4);
 * ```
 * @module
 */
import type { Position } from "./position.ts";
import type { HistoryPage } from "./room_log.ts";

/** A page without what the member cannot read. @param after The number after which the member can. */
export function readablePage(page: HistoryPage, after: number): HistoryPage {
  if (after === 0) return page;
  const messages = page.messages.filter(({ position }) => position.seq > after);
  const isCut = messages.length < page.messages.length;
  return { ...page, messages, more: page.more && !isCut };
}

/** The number of unread messages without those that the member cannot read, at most. */
export function readableUnread(unread: number, top: Position, after: number): number {
  return after === 0 ? unread : Math.min(unread, Math.max(0, top.seq - after));
}
