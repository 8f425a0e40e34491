/**
 * Recognizes API keys among the tokens, and passes all others on.
 * @module
 */
import type {
  Authentication,
  Authenticator,
  TokenUser,
} from "../../../chat/ports/authenticator.ts";
import type { ApiKeys } from "../../../chat/ports/api_keys.ts";
import { BusUnavailable } from "../../../chat/ports/bus.ts";
import { type ApiKey, isApiKey } from "../../../core/auth/api_key.ts";

/** Accepts API keys, and what another authenticator accepts. */
export class KeyAuthenticator implements Authenticator {
  readonly #keys: ApiKeys;
  readonly #others: Authenticator;

  /** Recognizes keys. @param others For tokens that are none. */
  constructor(keys: ApiKeys, others: Authenticator) {
    this.#keys = keys;
    this.#others = others;
  }

  async authenticate(token: string): Promise<Authentication> {
    if (!isApiKey(token)) return await this.#others.authenticate(token);
    try {
      const key = await this.#keys.useApiKey(token);
      return key ? { kind: "known", ...keyUser(key) } : {
        kind: "refused",
        code: "bad_token",
        why: "there is no such API key, or it has expired",
      };
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      return { kind: "refused", code: "unavailable", why: error.message };
    }
  }
}

/** The user that acts with a key. */
export function keyUser({ id, user, name, rights, createdAt, expiresAt }: ApiKey): TokenUser {
  const lifetime = { issuedAt: createdAt, expiresAt: expiresAt ?? Infinity };
  return { user, name, rights, ...lifetime, tokenId: id };
}
