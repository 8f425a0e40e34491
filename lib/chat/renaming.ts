/**
 * Giving somebody another name in several rooms: in all of them, or in none.
 * @module
 */
import type { Author } from "../core/entries.ts";
import type { FrameOf } from "../core/frames.ts";
import type { Name } from "../core/names.ts";
import { fault } from "../core/protocol.ts";
import { BusUnavailable } from "./bus.ts";
import type { DeedContext } from "./deeds.ts";
import { patiently } from "./patience.ts";
import type { Place } from "./place.ts";

interface Change {
  readonly place: Place;
  readonly from: Name;
}

/** Claims the name in every room, then tells it in each; or says why it cannot be. @param id Of the request. */
export async function rename(
  id: string | undefined,
  author: Author,
  places: readonly Place[],
  context: DeedContext,
): Promise<FrameOf<"fault"> | undefined> {
  const changes: Change[] = [];
  try {
    for (const place of places) {
      const from = place.name;
      if (!await place.room.attendance.rename(author)) {
        await giveBack(author, changes);
        return fault(id, "name_taken", `the name ${author.name} is taken in ${place.id}`);
      }
      changes.push({ place, from });
    }
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    await giveBack(author, changes);
    return fault(id, error.perhapsSent ? "unknown_outcome" : "unavailable", error.message);
  }
  const news = changes.filter(({ from }) => from !== author.name);
  await Promise.all(news.map((change) => announce(author, change, context)));
  return undefined;
}

/** The lease has the name already, so the room must hear of it, however long that takes. */
async function announce(
  { user, name }: Author,
  { place: { id: room, room: { signal } }, from }: Change,
  { bus, clock, drawId }: DeedContext,
): Promise<void> {
  const draft = { room, user, name, id: drawId(), deed: { kind: "renamed", from } } as const;
  await patiently(() => bus.publish(draft), { clock, random: () => 0.5 }, signal);
}

/** Best effort: where the bus is away, the lease is the truth, and is told by the next table that is read. */
async function giveBack({ user }: Author, changes: readonly Change[]): Promise<void> {
  for (const { place, from } of changes) {
    await place.room.attendance.rename({ user, name: from }).catch((error) => {
      if (!(error instanceof BusUnavailable)) throw error;
    });
  }
}
