/**
 * The public keys that verify tokens: from a file, or from a URL where an identity provider publishes them and changes
 * them from time to time (RFC 7517).
 * @module
 */
import { createPublicKey } from "node:crypto";
import type { JSONWebKeySet } from "jose";
import * as v from "valibot";
import type { Clock } from "../../../chat/ports/clock.ts";
import type { ConfigProblem } from "../../../core/config/config.ts";
import { logger } from "../../logger.ts";

/** Public keys (RFC 7517 §5). */
export type KeySet = JSONWebKeySet;

/** Where public keys come from. */
export interface KeySetSource {
  /**
   * Resolves to the keys; undefined if there are none. Rejects if they were never read and cannot be read now.
   *
   * @param wantsNewer Whether a token names a key that the last ones do not contain.
   */
  read(wantsNewer: boolean): Promise<KeySet | undefined>;
}

const FRESH_MS = 3_600_000;
/** Unknown keys cause at most one request in this time: anyone can send a token that names one. */
const RETRY_MS = 60_000;
/** The same while no keys are known. Until then, no user can be admitted. */
const FIRST_RETRY_MS = 1_000;
const FETCH_TIMEOUT_MS = 5_000;
const MAX_BYTES = 262_144;

const Document = v.object({
  keys: v.array(v.looseObject({ kty: v.string() })),
});

/** Keys at a URL. Keeps the last ones while the URL cannot be read. */
export class RemoteKeySet implements KeySetSource {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #fetch: typeof fetch;
  #known: KeySet | undefined;
  #readAt = -Infinity;
  #triedAt = -Infinity;
  #reading: Promise<void> | undefined;
  #failure: unknown;

  /** Reads nothing before the first token. @param request For tests. */
  constructor(url: string, clock: Clock, request: typeof fetch = fetch) {
    this.#url = url;
    this.#clock = clock;
    this.#fetch = request;
  }

  async read(wantsNewer: boolean): Promise<KeySet> {
    const now = this.#clock.now();
    const isDue = wantsNewer || now - this.#readAt >= FRESH_MS;
    const retryMs = this.#known === undefined ? FIRST_RETRY_MS : RETRY_MS;
    if (isDue && now - this.#triedAt >= retryMs) {
      this.#reading ??= this.#refresh().finally(() => this.#reading = undefined);
    }
    // Keys that are fresh do not wait for those that an unknown token has asked for.
    if (isDue) await this.#reading;
    if (this.#known) return this.#known;
    throw new Error("Cannot read the keys of JWKS_URL", { cause: this.#failure });
  }

  async #refresh(): Promise<void> {
    this.#triedAt = this.#clock.now();
    try {
      this.#known = await this.#request();
      this.#readAt = this.#triedAt;
    } catch (error) {
      this.#failure = error;
      logger.warn("auth.keys_unavailable", {
        setting: "JWKS_URL",
        error: String(error),
        hasOlder: this.#known !== undefined,
      });
    }
  }

  async #request(): Promise<KeySet> {
    const response = await this.#fetch(this.#url, {
      headers: { accept: "application/json" },
      redirect: "error",
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`The response has status ${response.status}`);
    }
    return v.parse(Document, JSON.parse(await readText(response)));
  }
}

/** Reads a body of limited length. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_BYTES) throw new Error(`The response has more than ${MAX_BYTES} bytes`);
  }
  return text + decoder.decode();
}

/** The algorithm of each kind of key, so that a token cannot choose another. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  "P-256": "ES256",
  "P-384": "ES384",
  RSA: "RS256",
};

/** The key of a PEM file. Throws if the text has none, or one of a kind that is not supported. */
export function keySetOfPem(pem: string): KeySet {
  if (pem.includes("PRIVATE KEY")) {
    throw new Error("it contains a private key; only the app should have that");
  }
  const key = createPublicKey(pem).export({ format: "jwk" });
  const kind = key.crv ?? key.kty ?? "";
  // There are two names for the algorithm of this kind of key.
  if (kind === "Ed25519") return { keys: [key] };
  const alg = ALGORITHMS[kind];
  if (alg === undefined) {
    throw new Error(`it contains a key of the kind ${kind}: expected RSA, P-256, P-384 or Ed25519`);
  }
  return { keys: [{ ...key, alg }] };
}

/** Reads the key of `JWT_PUBLIC_KEY_FILE`; `keys` is undefined without a path. */
export async function readPublicKey(
  path: string | null,
): Promise<
  | { readonly kind: "good"; readonly keys: KeySet | undefined }
  | { readonly kind: "bad"; readonly problem: ConfigProblem }
> {
  if (path === null) return { kind: "good", keys: undefined };
  try {
    return { kind: "good", keys: keySetOfPem(await Deno.readTextFile(path)) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const allowed = `a PEM file with a public key (${why})`;
    return { kind: "bad", problem: { name: "JWT_PUBLIC_KEY_FILE", value: path, allowed } };
  }
}
