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

/** A lost reply is asked for again for so long. */
const CLAIMED_MS = 10_000;
const RETRY_MS = 500;

interface Change {
  readonly place: Place;
  readonly from: Name;
}

/** A request for another name. */
export interface Renaming {
  /** The request's id. */
  readonly id: string | undefined;
  /** The user and the new name. */
  readonly author: Author;
  /** The user's rooms. Rooms joined during the renaming are included. */
  readonly places: ReadonlyMap<string, Place>;
  /** Called when the name is claimed in every room and before it is announced: later joins use the new name. */
  readonly claimed: () => void;
}

/** Claims the name in every room, then announces it in each; or returns the fault. */
export async function rename(
  { id, author, places, claimed }: Renaming,
  context: DeedContext,
): Promise<FrameOf<"fault"> | undefined> {
  const changes: Change[] = [];
  try {
    for (let place = next(places, changes); place; place = next(places, changes)) {
      const change = { place, from: place.name };
      // Before it is asked for: where the reply is lost, it may have been given.
      changes.push(change);
      if (await claim(author, change, context)) continue;
      changes.pop();
      giveBack(author, changes, context);
      return fault(id, "name_taken", `the name ${author.name} is taken in ${place.id}`);
    }
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    giveBack(author, changes, context);
    return fault(id, error.perhapsSent ? "unknown_outcome" : "unavailable", error.message);
  }
  claimed();
  const news = changes.filter(({ from }) => from !== author.name);
  await Promise.all(news.map((change) => announce(author, change, context)));
  return undefined;
}

/** A place where the name is not claimed yet. */
function next(places: ReadonlyMap<string, Place>, changes: readonly Change[]): Place | undefined {
  const claimed = new Set(changes.map(({ place }) => place));
  return [...places.values()].find((place) => !claimed.has(place));
}

/** Asks again where a reply was lost, which is harmless: a name is given to one user as often as it is asked for. */
async function claim(
  author: Author,
  { place: { room } }: Change,
  { clock }: DeedContext,
): Promise<boolean> {
  const giveUpAt = clock.now() + CLAIMED_MS;
  for (;;) {
    try {
      return await room.attendance.rename(author);
    } catch (error) {
      const isLost = error instanceof BusUnavailable && error.perhapsSent;
      if (!isLost || clock.now() >= giveUpAt || room.signal.aborted) throw error;
    }
    await clock.sleep(RETRY_MS, room.signal);
  }
}

/** The lease has the name already, so the room must hear of it, however long that takes. */
async function announce(
  { user, name }: Author,
  { place: { id: room, room: { signal } }, from }: Change,
  { bus, clock, drawId }: DeedContext,
): Promise<void> {
  const draft = { room, user, name, id: drawId(), deed: { kind: "renamed", from } } as const;
  await patiently(() => bus.publish(draft), { bus, clock, random: () => 0.5 }, signal);
}

/** Takes the old names again, however long that takes; nobody need wait for it. */
function giveBack({ user }: Author, changes: readonly Change[], { bus, clock }: DeedContext): void {
  for (const { place: { room }, from } of changes) {
    const back = () => room.attendance.rename({ user, name: from });
    patiently(back, { bus, clock, random: () => 0.5 }, room.signal);
  }
}
