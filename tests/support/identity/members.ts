/**
 * Members in memory, for tests without a whole service.
 * @module
 */
import type { DirectoryContext } from "../../../lib/chat/members/directory_context.ts";
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import { MemberDirectory } from "../../../lib/chat/members/member_directory.ts";
import { MemoryDirectoryStore } from "../../../lib/chat/members/memory_directory_store.ts";
import { NameFeed } from "../../../lib/chat/members/name_feed.ts";
import type { Clock } from "../../../lib/chat/ports/clock.ts";
import type { DirectoryStore } from "../../../lib/chat/ports/directory_store.ts";
import type { SessionContext } from "../../../lib/chat/session/session.ts";
import type { Revocable, Revocation } from "../../../lib/core/auth/revocations.ts";
import { memberIds } from "../../../lib/io/auth/member_ids.ts";

/** A directory on a store. */
export function memberDirectory(
  clock: Clock,
  {
    store = new MemoryDirectoryStore(),
    revoke = () => Promise.resolve(),
    announce = () => Promise.resolve(),
    isRevoked = () => false,
  }: {
    readonly store?: DirectoryStore;
    readonly revoke?: (revocation: Revocation) => Promise<void>;
    readonly announce?: DirectoryContext["announce"];
    readonly isRevoked?: (issued: Revocable) => boolean;
  } = {},
): MemberDirectory {
  const names = new NameFeed(store, { clock });
  return new MemberDirectory({ store, names, clock, ids: memberIds, revoke, announce, isRevoked });
}

/** What sessions need for members; there are none. */
export function noMembers(clock: Clock): Pick<SessionContext, "directory" | "names" | "qrCode"> {
  return {
    directory: memberDirectory(clock),
    names: new KnownNames(),
    qrCode: (link) => Promise.resolve(`code of ${link}`),
  };
}
