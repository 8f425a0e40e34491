/**
 * Renames a user in several rooms: in all of them, or in none.
 * @module
 */
import type { Author } from "../../core/log/entry.ts";
import type { FrameOf } from "../../core/protocol/frames.ts";
import { nameKeys } from "../../core/names/name_keys.ts";
import type { Name } from "../../core/names/names.ts";
import { faultFrame } from "../../core/protocol/json_protocol.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Directory } from "../ports/directory.ts";
import type { RequestContext } from "../requests/joined_room_requests.ts";
import { retryWhileUnavailable } from "../retry.ts";
import type { Membership } from "../room/membership.ts";

/** How long to repeat a claim whose reply was lost. */
const CLAIM_TIMEOUT_MS = 10_000;
const RETRY_MS = 500;
/** How long a member waits for guests to give up the member's new name. Each takes a few round trips to the store. */
const GIVEN_UP_TIMEOUT_MS = 3_000;
const POLL_MS = 50;
const FINISH_TIMEOUT_MS = 600_000;

interface RoomRename {
  readonly membership: Membership;
  readonly from: Name;
  readonly wanted: Name | undefined;
}

/** A user's request for another name. */
export interface RenameRequest {
  /** The request's id. */
  readonly id: string | undefined;
  /** The user and the new name. */
  readonly author: Author;
  /** The session's memberships. Rooms joined while the rename runs are included. */
  readonly memberships: ReadonlyMap<string, Membership>;
  /** Whether the user may write in a room. The others keep the old name. */
  readonly maySend: (membership: Membership) => boolean;
  /** Called when the name is claimed in every room and not yet announced: later joins use the new name. */
  readonly onClaimed: () => void;
}

/** Claims the name in every room, then announces it in each. Returns the fault if it could not. */
export async function renameInAllRooms(
  { id, author, memberships, maySend, onClaimed }: RenameRequest,
  context: RequestContext,
): Promise<FrameOf<"fault"> | undefined> {
  const changes: RoomRename[] = [];
  try {
    for (
      let membership = nextUnclaimed(memberships, maySend, changes);
      membership;
      membership = nextUnclaimed(memberships, maySend, changes)
    ) {
      const wanted = membership.room.presence.temporaryNames.preferredName(author.user);
      const change = { membership, from: membership.name, wanted };
      // Recorded before the claim: if the reply is lost, the name may have been claimed.
      changes.push(change);
      const { presence, signal } = membership.room;
      if (await repeatIfLost(() => presence.rename(author), context.clock, signal)) continue;
      changes.pop();
      restoreNames(author, changes, context);
      return faultFrame(
        id,
        "name_taken",
        `the name ${author.name} is taken in ${membership.roomId}`,
      );
    }
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    restoreNames(author, changes, context);
    return faultFrame(id, error.mayHaveApplied ? "unknown_outcome" : "unavailable", error.message);
  }
  onClaimed();
  const changed = changes.filter(({ from }) => from !== author.name);
  await Promise.all(changed.map((change) => publishRename(author, change, context)));
  return undefined;
}

/** What the rename of a member needs. */
export interface MemberRenameContext extends RequestContext {
  /** Reserves and changes the names of members. */
  readonly directory: Pick<Directory, "holdName" | "releaseName" | "renameMember">;
}

/**
 * The same for a member, whose name is the member's own in the whole service. The member owns both names until all rooms have
 * the new one, so no other user can take either, and guests give the new one up.
 *
 * @param previous The member's name until now.
 * @param signal Aborts when the session has ended.
 */
export async function renameMember(
  request: RenameRequest,
  previous: Name | undefined,
  context: MemberRenameContext,
  signal: AbortSignal,
): Promise<FrameOf<"fault"> | undefined> {
  const { id, author: { user, name } } = request;
  const { clock, directory } = context;
  const isSame = previous !== undefined && isAlike(name, previous);
  let finish = () => directory.releaseName(user, name);
  try {
    if (!await repeatIfLost(() => directory.holdName(user, name), clock, signal)) {
      return faultFrame(id, "name_taken", `the name ${name} belongs to another user`);
    }
    if (!isSame) await whenGivenUp(request, clock, signal);
    const refusal = await renameInAllRooms(request, context);
    if (refusal) {
      finishLater(finish, context);
      return refusal;
    }
    finish = async () => void await directory.renameMember(user, name);
    await repeatIfLost(() => directory.renameMember(user, name), clock, signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    finishLater(finish, context);
    return faultFrame(id, error.mayHaveApplied ? "unknown_outcome" : "unavailable", error.message);
  }
}

/** Frees a name, or takes it for good, as soon as the store can be reached. Runs in the background, for a limited time. */
async function finishLater(
  finish: () => Promise<void>,
  { bus, clock }: RequestContext,
): Promise<void> {
  const life = new AbortController();
  clock.sleep(FINISH_TIMEOUT_MS, life.signal).then(() => life.abort());
  await retryWhileUnavailable(finish, { bus, clock, random: () => 0.5 }, life.signal);
  life.abort();
}

/** Waits until the guests who have a new name of a member have given it up, as far as this node knows, for a limited time. */
async function whenGivenUp(
  { author: { name }, memberships }: RenameRequest,
  clock: RequestContext["clock"],
  signal: AbortSignal,
): Promise<void> {
  const isHeld = ({ room }: Membership) => room.presence.hasName(name);
  const giveUpAt = clock.now() + GIVEN_UP_TIMEOUT_MS;
  while (!signal.aborted && clock.now() < giveUpAt && [...memberships.values()].some(isHeld)) {
    await clock.sleep(POLL_MS, signal);
  }
}

function isAlike(one: Name, other: Name): boolean {
  const keys = new Set(nameKeys(other));
  return nameKeys(one).some((key) => keys.has(key));
}

/** A membership not claimed yet. Skips those whose room is not certain: an entry could create the wrong room. */
function nextUnclaimed(
  memberships: ReadonlyMap<string, Membership>,
  maySend: (membership: Membership) => boolean,
  changes: readonly RoomRename[],
): Membership | undefined {
  const claimed = new Set(changes.map(({ membership }) => membership));
  return [...memberships.values()].find((it) => it.isCertain && maySend(it) && !claimed.has(it));
}

/**
 * Repeats a claim of a name if its reply was lost. That is harmless: claims of the same user are idempotent. Gives up at the
 * first failure that is certain: a user who connects elsewhere meanwhile must not be renamed late.
 */
async function repeatIfLost(
  claim: () => Promise<boolean>,
  clock: RequestContext["clock"],
  signal: AbortSignal,
): Promise<boolean> {
  const giveUpAt = clock.now() + CLAIM_TIMEOUT_MS;
  for (;;) {
    try {
      return await claim();
    } catch (error) {
      const isLost = error instanceof BusUnavailable && error.mayHaveApplied;
      if (!isLost || clock.now() >= giveUpAt || signal.aborted) throw error;
    }
    await clock.sleep(RETRY_MS, signal);
  }
}

/** The lease already holds the name, so the entry is published however long that takes. */
async function publishRename(
  { user, name }: Author,
  { membership: { roomId: room, room: { signal } }, from }: RoomRename,
  { bus, clock, newId }: RequestContext,
): Promise<void> {
  const draft = { room, user, name, id: newId(), action: { kind: "renamed", from } } as const;
  await retryWhileUnavailable(() => bus.publish(draft), { bus, clock, random: () => 0.5 }, signal);
}

/** Claims the old names again, however long that takes. Runs in the background. */
function restoreNames(
  { user }: Author,
  changes: readonly RoomRename[],
  { bus, clock }: RequestContext,
): void {
  for (const { membership: { room }, from, wanted } of changes) {
    const restore = () => room.presence.rename({ user, name: from }, wanted);
    retryWhileUnavailable(restore, { bus, clock, random: () => 0.5 }, room.signal);
  }
}
