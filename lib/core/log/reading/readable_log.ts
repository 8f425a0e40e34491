/**
 * What a member of a private room reads of its log who cannot read what came before a certain number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const top = { epoch: "k3j9", seq: 9 };
 * assert.deepEqual(readablePage({ top, messages: [], more: false }, 9).messages, []);
 * assert.deepEqual(readableUnread({ unread: 8, mentions: 5 }, top, 5), { unread: 4, mentions: 4 });
 * ```
 * @module
 */
import type { Position } from "../position.ts";
import type { HistoryPage } from "./log_reading.ts";

/** A page without what the member cannot read. @param after The number after which the member can. */
export function readablePage(page: HistoryPage, after: number): HistoryPage {
  if (after === 0) return page;
  const messages = page.messages.filter(({ position }) => position.seq > after);
  const isCut = messages.length < page.messages.length;
  return { ...page, messages, more: page.more && !isCut };
}

/**
 * The numbers of unread messages up to a top. They can be newer than what is known of the member, who may have been out of the
 * room meanwhile.
 *
 * @param counted All of them after the number after which the member can read.
 */
export function readableUnread<
  T extends { readonly unread: number; readonly mentions?: number | undefined },
>(
  counted: T,
  top: Position,
  after: number,
): T {
  const most = Math.max(0, top.seq - after);
  if (after === 0 || counted.unread <= most) return counted;
  const mentions = Math.min(counted.mentions ?? 0, most);
  return { ...counted, unread: most, mentions: mentions > 0 ? mentions : undefined };
}
