/**
 * Reads all of a room's log, however many reads that takes.
 * @module
 */
import type { Archive } from "../lib/chat/bus.ts";
import type { Entry, Message } from "../lib/core/entries.ts";
import type { RoomId } from "../lib/core/names.ts";
import type { Position } from "../lib/core/positions.ts";

/** All messages that are kept, the oldest first. */
export async function allMessages(
  archive: Pick<Archive, "page">,
  room: RoomId,
): Promise<readonly Message[]> {
  const all: Message[] = [];
  for (let before: number | undefined, more = true; more;) {
    const page = await archive.page(room, before, 10_000);
    all.unshift(...page.messages);
    [before, more] = [page.messages[0]?.position.seq, page.more];
  }
  return all;
}

/** All entries after a position, which must all be there. */
export async function allEntries(
  archive: Pick<Archive, "replay">,
  room: RoomId,
  since: Position,
): Promise<readonly Entry[]> {
  const all: Entry[] = [];
  for (let after = since;;) {
    const { top, entries, gap } = await archive.replay(room, after, 10_000);
    if (gap) throw new Error(`Cannot read on after ${after.seq}: ${gap}`);
    all.push(...entries);
    after = entries.at(-1)?.position ?? top;
    if (after.seq >= top.seq) return all;
  }
}
