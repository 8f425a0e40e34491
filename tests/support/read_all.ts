/**
 * Reads all of a room's log, with as many reads as necessary.
 * @module
 */
import type { RoomHistory } from "../../lib/chat/ports/bus.ts";
import type { Entry, Message } from "../../lib/core/log/entry.ts";
import type { RoomId } from "../../lib/core/names/names.ts";
import type { Position } from "../../lib/core/log/position.ts";

/** All retained messages, the oldest first. */
export async function allMessages(
  history: Pick<RoomHistory, "page">,
  room: RoomId,
): Promise<readonly Message[]> {
  const all: Message[] = [];
  for (let before: number | undefined, more = true; more;) {
    const page = await history.page(room, before, 10_000);
    all.unshift(...page.messages);
    [before, more] = [page.messages[0]?.position.seq, page.more];
  }
  return all;
}

/** All entries after a position, none of which may be missing. */
export async function allEntries(
  history: Pick<RoomHistory, "replay">,
  room: RoomId,
  since: Position,
): Promise<readonly Entry[]> {
  const all: Entry[] = [];
  for (let after = since;;) {
    const { top, entries, lossReason } = await history.replay(room, after, 10_000);
    if (lossReason) throw new Error(`Cannot read on after ${after.seq}: ${lossReason}`);
    all.push(...entries);
    after = entries.at(-1)?.position ?? top;
    if (after.seq >= top.seq) return all;
  }
}
