/**
 * Renames in a room that no request asked for: a user whose name was taken while the lease was lost gets another one,
 * and a user with a temporary name gets the wanted one when it is free.
 * @module
 */
import { userKind } from "../../core/auth/user_kind.ts";
import type { Author, UserId } from "../../core/log/entry.ts";
import {
  guestPrefix,
  languageOfName,
  type Name,
  pickGuestName,
  pickTemporaryName,
} from "../../core/names/names.ts";
import { type Bus, BusUnavailable } from "../ports/bus.ts";
import { retryWhileUnavailable } from "../retry.ts";
import type { Room, RoomContext } from "./room.ts";

/** What these renames need. */
export interface NamingContext extends Pick<RoomContext, "clock" | "random" | "names"> {
  /** Publishes the `renamed` entry. */
  readonly bus: RoomContext["bus"] & Pick<Bus, "publish">;
  /** Prefix for guest names; null for one in the guest's language. */
  readonly guestName: string | null;
  /** Returns an id that was never used. */
  readonly newId: () => string;
}

const MAX_NAME_ATTEMPTS = 10;

/** Renames users in the rooms of one worker. */
export class AssignedNames {
  readonly #context: NamingContext;
  readonly #restoring = new Set<Room>();

  /** Nothing is under way yet. */
  constructor(context: NamingContext) {
    this.#context = context;
  }

  /** Gives another name to a user whose name was taken while the lease was lost, or belongs to a member by now. */
  async replaceTakenName(room: Room, { user, name: from }: Author): Promise<void> {
    const { random, guestName, names } = this.#context;
    const isReserved = (name: Name) => names.isReserved({ user, name });
    const isTaken = (name: Name) => room.presence.hasName(name) || isReserved(name);
    const wanted = room.presence.temporaryNames.preferredName(user);
    // As `Ann (2)`, a guest would still look like the member whose name is Ann.
    const isLookalike = wanted && userKind(user) === "guest" && isReserved(wanted);
    const preferred = isLookalike ? undefined : wanted;
    const prefix = guestPrefix(guestName, languageOfName(from));
    for (let attempt = 0; attempt < MAX_NAME_ATTEMPTS; attempt++) {
      // The user has left, or has another name already.
      if (room.presence.nameOf(user) !== from) return;
      const name = preferred
        ? pickTemporaryName(preferred, isTaken, random)
        : pickGuestName(prefix, isTaken, random);
      const claim = () => room.presence.assignName({ user, name }, !isReserved(from));
      const result = await retryWhileUnavailable(claim, this.#context, room.signal);
      if (result === "renamed") await this.#publishRename(room, { user, name }, from);
      if (result !== "taken") return;
    }
  }

  /**
   * Gives users with temporary names their wanted names if those seem to be free. Does nothing while the bus is
   * unavailable.
   *
   * @param isRefresh Whether the room's people have just been read, so that every name is tried again.
   */
  async restoreNames(room: Room, isRefresh: boolean): Promise<void> {
    // Changes made meanwhile are handled by the next call.
    if (this.#restoring.has(room)) return;
    const candidates = room.presence.takeRestorableNames(isRefresh);
    if (candidates.length === 0) return;
    this.#restoring.add(room);
    try {
      for (const author of candidates) await this.#restoreName(room, author);
    } finally {
      this.#restoring.delete(room);
    }
  }

  async #restoreName(room: Room, author: Author): Promise<void> {
    const from = room.presence.nameOf(author.user);
    if (from === undefined || !await this.#tryAssign(room, author)) return;
    // The user has chosen another name meanwhile.
    if (!room.presence.temporaryNames.isWanted(author)) return;
    // An entry would create the room, which is charged to an address: see `RateLimiter.checkNewRoom`.
    if ((room.last?.seq ?? 0) === 0) return room.presence.signalHere(author);
    await this.#publishRename(room, author, from);
  }

  /** Resolves to whether the renaming must be published here. */
  async #tryAssign(room: Room, author: Author): Promise<boolean> {
    try {
      return await room.presence.assignName(author, false) === "renamed";
    } catch (error) {
      // Tried again with the next refresh, which also finds the name if it was claimed after all.
      if (error instanceof BusUnavailable) return false;
      throw error;
    }
  }

  async #publishRename(
    room: Room,
    { user, name }: { readonly user: UserId; readonly name: Name },
    from: Name,
  ): Promise<void> {
    const { bus, newId } = this.#context;
    const action = { kind: "renamed", from } as const;
    const draft = { room: room.id, user, name, id: newId(), action };
    await retryWhileUnavailable(() => bus.publish(draft), this.#context, room.signal);
  }
}
