/**
 * Verifies JSON Web Tokens (RFC 7519) with the package jose. Which algorithms are accepted follows from the settings, never
 * from a token.
 * @module
 */
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyOptions,
} from "jose";
import type { Authentication, Authenticator } from "../../../chat/ports/authenticator.ts";
import type { Clock } from "../../../chat/ports/clock.ts";
import { CLOCK_LEEWAY_MS, parseClaims } from "../../../core/auth/token_claims.ts";
import type { Config } from "../../../core/config/config.ts";
import type { SigningSecret } from "../../../core/config/setting_kinds.ts";
import { appUserId } from "./app_user.ts";
import type { KeySetSource } from "./key_set.ts";

/** The secrets that sign tokens, if any, and which issuer and audience tokens must state, if any. */
export type TokenSettings = Pick<Config, "jwtSecret" | "jwtIssuer" | "jwtAudience">;

/** Longer tokens are refused unread. */
const MAX_TOKEN_LENGTH = 8_192;
/** For how long a worker uses keys before it asks for newer ones. */
const KEYS_MS = 60_000;
const KEY_SET_ALGORITHMS = ["RS256", "ES256", "ES384", "EdDSA", "Ed25519"];

/** Verifies a token's signature and claims; resolves to the claims. */
type Verify = (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>;

/** Verifies tokens with the keys of the settings. */
export class JwtAuthenticator implements Authenticator {
  readonly #clock: Clock;
  readonly #verify: Verify;
  readonly #options: JWTVerifyOptions;

  /** Verifies with the secrets of the settings, or else with public keys. */
  constructor(
    { jwtSecret, jwtIssuer, jwtAudience }: TokenSettings,
    keys: KeySetSource,
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#verify = jwtSecret ? verifyWithSecrets(jwtSecret) : verifyWithKeySet(keys, clock);
    this.#options = {
      algorithms: jwtSecret ? ["HS256"] : KEY_SET_ALGORITHMS,
      clockTolerance: CLOCK_LEEWAY_MS / 1_000,
      requiredClaims: ["sub", "exp"],
      ...(jwtIssuer !== null && { issuer: jwtIssuer }),
      ...(jwtAudience !== null && { audience: jwtAudience }),
    };
  }

  async authenticate(token: string): Promise<Authentication> {
    if (token.length > MAX_TOKEN_LENGTH) {
      return badToken(`it has more than ${MAX_TOKEN_LENGTH} characters`);
    }
    try {
      const now = this.#clock.date();
      const currentDate = new Date(now);
      const read = parseClaims(await this.#verify(token, { ...this.#options, currentDate }));
      if (read.kind === "bad") return badToken(read.why);
      const { issuer, subject, ...rest } = read.claims;
      // A leeway would let the token be used after its expiry.
      if (rest.expiresAt <= now) return EXPIRED;
      // It would outlive every revocation until then.
      if (rest.issuedAt > now + CLOCK_LEEWAY_MS) return badToken("iat: it is in the future");
      return { kind: "known", user: appUserId(issuer, subject), ...rest };
    } catch (error) {
      return refusalOf(error);
    }
  }
}

const EXPIRED: Authentication = {
  kind: "refused",
  code: "token_expired",
  why: "the token has expired",
};

function refusalOf(error: unknown): Authentication {
  if (error instanceof errors.JWTExpired) {
    return EXPIRED;
  }
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof KeysUnavailable) return { kind: "refused", code: "unavailable", why };
  return badToken(why);
}

/** The keys cannot be read now, so nothing is known of the token. */
class KeysUnavailable extends Error {}

function badToken(why: string): Authentication {
  return { kind: "refused", code: "bad_token", why: `the token is not valid here: ${why}` };
}

/** Tries the secrets with the token's key id; if none has it, those without one. */
function verifyWithSecrets(secrets: readonly SigningSecret[]): Verify {
  const encoder = new TextEncoder();
  const keys = secrets.map(({ kid, secret }) => ({ kid, key: encoder.encode(secret) }));
  return async (token, options) => {
    const { kid } = decodeProtectedHeader(token);
    const named = keys.filter((it) => kid !== undefined && it.kid === kid);
    const candidates = named.length > 0
      ? named
      : keys.filter((it) => kid === undefined || it.kid === undefined);
    if (candidates.length === 0) throw new errors.JWKSNoMatchingKey();
    return await firstVerified(
      candidates,
      async ({ key }) => (await jwtVerify(token, key, options)).payload,
    );
  };
}

/** The keys are read when they are needed, and again for a token that names another one. */
function verifyWithKeySet(source: KeySetSource, clock: Clock): Verify {
  let known:
    | { readonly find: ReturnType<typeof createLocalJWKSet>; readonly at: number }
    | undefined;
  const read = async (wantsNewer: boolean) => {
    const keySet = await source.read(wantsNewer).catch((cause: unknown) => {
      throw new KeysUnavailable("the keys cannot be read now", { cause });
    });
    known = { find: createLocalJWKSet(keySet ?? { keys: [] }), at: clock.now() };
    return known.find;
  };
  const verify = async (
    token: string,
    options: JWTVerifyOptions,
    find: ReturnType<typeof createLocalJWKSet>,
  ) => {
    try {
      return (await jwtVerify(token, find, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      const candidates = await Array.fromAsync(error);
      return await firstVerified(
        candidates,
        async (key) => (await jwtVerify(token, key, options)).payload,
      );
    }
  };
  return async (token, options) => {
    const isFresh = known && clock.now() - known.at < KEYS_MS;
    try {
      return await verify(token, options, isFresh && known ? known.find : await read(false));
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return await verify(token, options, await read(true));
    }
  };
}

/** Tries one key after another; rejects as the last one did. */
async function firstVerified<T>(
  keys: readonly T[],
  verify: (key: T) => Promise<JWTPayload>,
): Promise<JWTPayload> {
  let failure: unknown;
  for (const key of keys) {
    try {
      return await verify(key);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      failure = error;
    }
  }
  throw failure;
}
