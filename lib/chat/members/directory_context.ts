/**
 * What the parts of the directory of members share.
 * @module
 */
import type { Revocable, Revocation } from "../../core/auth/revocations.ts";
import type { Author, UserId } from "../../core/log/entry.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Refused } from "../ports/directory.ts";
import type { DirectoryStore } from "../ports/directory_store.ts";
import type { NameFeed } from "./name_feed.ts";

/** Draws what must be unique or secret. */
export interface MemberIds {
  /** A member's id that was never used. */
  newMember(): UserId;
  /** An id of a device or an invite. */
  newId(): string;
  /** A secret for a link. */
  newSecret(): string;
  /** The hash by which something secret is stored. */
  hash(secret: string): string;
}

/** What `MemberDirectory` and its parts share: the store, the names, and the notification of other nodes. */
export interface DirectoryContext {
  /** Where everything is stored. */
  readonly store: DirectoryStore;
  /** The names of members, as the process knows them. */
  readonly names: NameFeed;
  /** Current date, for what is stored and what expires. */
  readonly clock: Pick<Clock, "date">;
  /** Draws ids. */
  readonly ids: MemberIds;
  /** Ends what a device has signed in with, on all nodes. Rejects with `BusUnavailable`. */
  readonly revoke: (revocation: Revocation) => Promise<void>;
  /** Enters an event in `_audit`, which all nodes follow. Rejects with `BusUnavailable`. */
  readonly announce: (event: RoomEvent, author: Author) => Promise<void>;
  /** Whether something is known to be revoked. */
  readonly isRevoked: (issued: Revocable) => boolean;
}

/** Refuses something. */
export function refusedWith<C extends FaultCode>(code: C, why: string): Refused<C> {
  return { kind: "refused", code, why };
}

/** Refuses an invite that cannot be used, whatever the reason: answers do not tell which secrets were ever valid. */
export const BAD_INVITE: Refused<"bad_invite"> = refusedWith(
  "bad_invite",
  "the link has been used, has expired or was revoked",
);
