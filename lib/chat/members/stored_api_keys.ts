/**
 * API keys in the store of members. A key is found by the hash of its secret, and removed by its id.
 * @module
 */
import {
  API_KEY_PREFIX,
  type ApiKey,
  MAX_API_KEYS,
  parseApiKey,
  USE_RECORDED_MS,
} from "../../core/auth/api_key.ts";
import type { Revocation } from "../../core/auth/revocations.ts";
import { KEY_USER_PREFIX } from "../../core/auth/user_kind.ts";
import { isUserId, type UserId } from "../../core/log/entry.ts";
import type { ApiKeyManager, ApiKeyTerms } from "../ports/api_keys.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { DirectoryStore, RecordKey } from "../ports/directory_store.ts";

/** What {@linkcode StoredApiKeys} needs from the process. */
export interface ApiKeysContext {
  /** Keeps a record of each key, by the hash of its secret. */
  readonly store: Pick<DirectoryStore, "read" | "list" | "commit">;
  /** Current date, for what is stored and what expires. */
  readonly clock: Pick<Clock, "date">;
  /** Draws ids and secrets. */
  readonly ids: ApiKeyIds;
  /** Ends what has signed in with a key, on all nodes. Rejects with `BusUnavailable`. */
  readonly revoke: (revocation: Revocation) => Promise<void>;
}

/** Draws what must be unique or secret. */
export interface ApiKeyIds {
  /** A unique id of 20 characters. */
  newId(): string;
  /** A secret of 43 characters of base64url. */
  newKeySecret(): string;
  /** The hash by which something secret is stored. */
  hash(secret: string): string;
}

/** The keys of all instances. */
export class StoredApiKeys implements ApiKeyManager {
  readonly #context: ApiKeysContext;

  /** Reads nothing yet. */
  constructor(context: ApiKeysContext) {
    this.#context = context;
  }

  async useApiKey(secret: string): Promise<ApiKey | undefined> {
    const { store, clock, ids } = this.#context;
    const record: RecordKey = { kind: "key", id: ids.hash(secret) };
    const [text] = await store.read([record]);
    const key = keyOf(text);
    const date = clock.date();
    if (key === undefined || (key.expiresAt ?? Infinity) <= date) return undefined;
    if (date - (key.usedAt ?? -Infinity) < USE_RECORDED_MS) return key;
    const used = { ...key, usedAt: date };
    await this.#recordUse({ ...record, from: text, to: JSON.stringify(used) });
    return used;
  }

  async addApiKey(
    { name, rights, lifetimeMs }: ApiKeyTerms,
  ): Promise<{ readonly key: ApiKey; readonly secret: string } | undefined> {
    const { store, clock, ids } = this.#context;
    if ((await store.list("key")).size >= MAX_API_KEYS) return undefined;
    const createdAt = clock.date();
    const secret = `${API_KEY_PREFIX}${ids.newKeySecret()}`;
    const key: ApiKey = {
      id: ids.newId(),
      user: userOf(ids.newId()),
      name,
      rights,
      createdAt,
      expiresAt: lifetimeMs === undefined ? null : createdAt + lifetimeMs,
      usedAt: null,
    };
    const change = { kind: "key", id: ids.hash(secret), from: undefined } as const;
    await store.commit([{ ...change, to: JSON.stringify(key) }]);
    return { key, secret };
  }

  async apiKeys(): Promise<readonly ApiKey[]> {
    const keys = [...(await this.#context.store.list("key")).values()].flatMap((text) =>
      keyOf(text) ?? []
    );
    return keys.toSorted((one, other) => one.createdAt - other.createdAt);
  }

  async removeApiKey(id: string): Promise<boolean> {
    const { store, clock, revoke } = this.#context;
    // Again if it was used meanwhile, which changes the record.
    for (;;) {
      const found = [...await store.list("key")].find(([, text]) => keyOf(text)?.id === id);
      if (found === undefined) return false;
      const [hash, from] = found;
      if (await store.commit([{ kind: "key", id: hash, from, to: undefined }])) break;
    }
    await revoke({ scope: "token", id, before: clock.date() });
    return true;
  }

  /** No request has to wait for it, or is refused: the next use records it, too. */
  async #recordUse(change: Parameters<DirectoryStore["commit"]>[0][number]): Promise<void> {
    try {
      await this.#context.store.commit([change]);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
    }
  }
}

function keyOf(text: string | undefined): ApiKey | undefined {
  if (text === undefined) return undefined;
  try {
    return parseApiKey(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function userOf(id: string): UserId {
  const user = `${KEY_USER_PREFIX}${id}`;
  if (!isUserId(user)) throw new TypeError(`Cannot make a user: received ${user}`);
  return user;
}
