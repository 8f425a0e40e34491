/**
 * API keys in memory.
 * @module
 */
import { StoredApiKeys } from "../../../lib/chat/members/stored_api_keys.ts";
import { MemoryDirectoryStore } from "../../../lib/chat/members/memory_directory_store.ts";
import type { Revocation } from "../../../lib/core/auth/revocations.ts";
import { memberIds } from "../../../lib/io/auth/member_ids.ts";

/** There are none yet. @param onRevoked Called when one is removed. */
export function noApiKeys(
  clock: { date(): number } = { date: Date.now },
  onRevoked: (revocation: Revocation) => void = () => {},
): StoredApiKeys {
  return new StoredApiKeys({
    store: new MemoryDirectoryStore(),
    clock,
    ids: memberIds,
    revoke: (revocation) => Promise.resolve(onRevoked(revocation)),
  });
}
