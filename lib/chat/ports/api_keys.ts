/**
 * The API keys of the service. Implemented over any store in `chat/members/stored_api_keys.ts`; workers reach it in the main
 * thread.
 * @module
 */
import type { ApiKey } from "../../core/auth/api_key.ts";
import type { RoomGrant } from "../../core/auth/rights.ts";
import type { Name } from "../../core/names/names.ts";

/** What a new key is for. */
export interface ApiKeyTerms {
  /** The name under which it sends messages. */
  readonly name: Name;
  /** What it may do, by room. */
  readonly rights: readonly RoomGrant[];
  /** For how long, in milliseconds; undefined for good. */
  readonly lifetimeMs: number | undefined;
}

/** Finds the key of a secret. */
export interface ApiKeys {
  /** Records that a key is used; undefined if there is no such key, or it has expired. Rejects with `BusUnavailable`. */
  useApiKey(secret: string): Promise<ApiKey | undefined>;
}

/** What operators do with keys. All methods reject with `BusUnavailable`. */
export interface ApiKeyManager extends ApiKeys {
  /** Adds a key. Its secret is in no other answer. Undefined if there are too many. */
  addApiKey(
    terms: ApiKeyTerms,
  ): Promise<{ readonly key: ApiKey; readonly secret: string } | undefined>;
  /** All keys, the newest last. */
  apiKeys(): Promise<readonly ApiKey[]>;
  /** Removes a key, and ends what has signed in with it on all nodes. Resolves to whether there was one. */
  removeApiKey(id: string): Promise<boolean>;
}
