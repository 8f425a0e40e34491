/**
 * Session tokens that clients present when they reconnect. A token contains the user and the name, and is signed, so the
 * server stores nothing per user. Keep the secret safe: with it, anyone can impersonate any user.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import type { Clock } from "../../chat/ports/clock.ts";
import type { Identity, ReturningUser, SessionTokens } from "../../chat/ports/session_tokens.ts";
import { GUEST_TOKEN_MS } from "../../chat/ports/used_tokens.ts";
import { DEVICE_KEPT_MS } from "../../core/auth/member.ts";
import { isUserId, type UserId } from "../../core/log/entry.ts";
import { isStoredName } from "../../core/names/names.ts";

// The body of a token contains no dot, so the signature of this label can never be that of a token.
const SERVICE_LABEL = "parley.service";
// The body of a token contains no dot or space either.
const GUEST_LABEL = "parley.guest ";
const SERVICE_ID_LENGTH = 22;

/** Maximum length of a token that is checked. A token with the longest name has about 500 characters. */
const MAX_TOKEN_LENGTH = 1_024;

/** The claims in a token; the wire name of `hasGuestName` is `drawn`. Earlier tokens have no `since`, only members' a `device`, and only guests' a `serial`. */
const Claims = v.object({
  user: v.string(),
  name: v.string(),
  drawn: v.boolean(),
  until: v.number(),
  since: v.optional(v.number()),
  serial: v.optional(v.number()),
  device: v.optional(v.object({ id: v.string(), serial: v.number() })),
});

/** Signs and verifies session tokens with HMAC-SHA256. */
export class SignedSessionTokens implements SessionTokens {
  readonly #clock: Clock;
  #secret: string | undefined;
  #service: string | undefined;

  readonly ready: Promise<void>;

  /** Resolves {@linkcode ready} with the secret. @param secret Until it resolves, no token is issued or accepted. */
  constructor(clock: Clock, secret: Promise<string>) {
    this.#clock = clock;
    this.ready = secret.then((known) => {
      this.#secret = known;
      this.#service = signatureOf(SERVICE_LABEL, known).slice(0, SERVICE_ID_LENGTH);
    });
  }

  newUserId(): UserId {
    const id = `u${newId()}`;
    if (!isUserId(id)) throw new TypeError(`Cannot draw a user: received ${id}`);
    return id;
  }

  userIdFor(seed: string): UserId {
    if (this.#secret === undefined) return this.newUserId();
    const digest = createHmac("sha256", this.#secret).update(`${GUEST_LABEL}${seed}`).digest();
    const id = `u${digitsOf(digest.subarray(0, ID_LENGTH))}`;
    if (!isUserId(id)) throw new TypeError(`Cannot derive a user: received ${id}`);
    return id;
  }

  get isReady(): boolean {
    return this.#secret !== undefined;
  }

  get serviceId(): string | undefined {
    return this.#service;
  }

  sign(
    { user, name, hasGuestName: drawn }: Identity,
    { since, serial, device }: Omit<ReturningUser, keyof Identity>,
  ): string | undefined {
    if (this.#secret === undefined) return undefined;
    const until = this.#clock.date() + (device ? DEVICE_KEPT_MS : GUEST_TOKEN_MS);
    const claims = { user, name, drawn, until, since, ...(device ? { device } : { serial }) };
    const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
    return `${body}.${signatureOf(body, this.#secret)}`;
  }

  verify(token: string): ReturningUser | undefined {
    if (token.length > MAX_TOKEN_LENGTH) return undefined;
    const [body = "", signature = ""] = token.split(".", 2);
    if (this.#secret === undefined || !isSame(signature, signatureOf(body, this.#secret))) {
      return undefined;
    }
    // The signature is ours, so the body is valid JSON.
    const parsed = v.safeParse(Claims, JSON.parse(Buffer.from(body, "base64url").toString()));
    if (!parsed.success || parsed.output.until < this.#clock.date()) return undefined;
    const { user, name, drawn: hasGuestName, until, device } = parsed.output;
    const { since = until - GUEST_TOKEN_MS, serial = 0 } = parsed.output;
    if (!isStoredName(name) || !isUserId(user)) return undefined;
    return { user, name, hasGuestName, since, serial, ...(device && { device }) };
  }
}

const DIGITS = "0123456789abcdefghijklmnopqrstuv";
const ID_LENGTH = 20;
// Random bytes for 100 ids at a time: a call for each id costs ten times as much as the id. No byte is used twice.
const randomBytes = new Uint8Array(100 * ID_LENGTH);
let used = randomBytes.length;

/** Creates a unique id: 20 characters of 0-9a-v, 100 random bits. */
export function newId(): string {
  if (used === randomBytes.length) {
    crypto.getRandomValues(randomBytes);
    used = 0;
  }
  return digitsOf(randomBytes.subarray(used, used += ID_LENGTH));
}

/** A digit for each byte. */
function digitsOf(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += DIGITS[byte % 32];
  return digits;
}

function signatureOf(body: string, secret: string): string {
  return createHmac("sha256", secret).update(body).digest("base64url");
}

/** Compares in constant time. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
