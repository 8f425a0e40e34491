/**
 * Who somebody is when they come back: a token holds the user and the name, and is signed, so that nothing has to be kept
 * for those who never come back. Whoever has the secret can be anybody.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import type { Clock } from "../chat/clock.ts";
import type { Identities, Identity } from "../chat/identities.ts";
import { isUserId, type UserId } from "../core/entries.ts";
import { isKeptName } from "../core/names.ts";

/** A token is good for so long after it was made. */
const VALID_MS = 30 * 24 * 3_600_000;

// The body of a token contains no dot, so this seal can never be that of a token.
const SERVICE_LABEL = "parley.service";
const SERVICE_ID_LENGTH = 22;

/** Longest token that is checked. One with the longest name has about 500 characters. */
const MAX_TOKEN_LENGTH = 1_024;

/** What a token holds. */
const Claims = v.object({
  user: v.string(),
  name: v.string(),
  drawn: v.boolean(),
  until: v.number(),
});

/** Makes tokens and reads them. */
export class SignedIdentities implements Identities {
  readonly #clock: Clock;
  #secret: string | undefined;
  #service: string | undefined;

  readonly ready: Promise<void>;

  /** Knows nobody. @param secret Until it is known, no token is made or believed. */
  constructor(clock: Clock, secret: Promise<string>) {
    this.#clock = clock;
    this.ready = secret.then((known) => {
      this.#secret = known;
      this.#service = seal(SERVICE_LABEL, known).slice(0, SERVICE_ID_LENGTH);
    });
  }

  draw(): UserId {
    const id = `u${drawId()}`;
    if (!isUserId(id)) throw new TypeError(`Cannot draw a user: received ${id}`);
    return id;
  }

  get isReady(): boolean {
    return this.#secret !== undefined;
  }

  get service(): string | undefined {
    return this.#service;
  }

  sign({ user, name, isDrawn: drawn }: Identity): string | undefined {
    if (this.#secret === undefined) return undefined;
    const claims = { user, name, drawn, until: this.#clock.date() + VALID_MS };
    const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
    return `${body}.${seal(body, this.#secret)}`;
  }

  verify(token: string): Identity | undefined {
    if (token.length > MAX_TOKEN_LENGTH) return undefined;
    const [body = "", signature = ""] = token.split(".", 2);
    if (this.#secret === undefined || !isSame(signature, seal(body, this.#secret))) {
      return undefined;
    }
    // Signed by us, so it is JSON.
    const parsed = v.safeParse(Claims, JSON.parse(Buffer.from(body, "base64url").toString()));
    if (!parsed.success || parsed.output.until < this.#clock.date()) return undefined;
    const { user, name, drawn: isDrawn } = parsed.output;
    return isKeptName(name) && isUserId(user) ? { user, name, isDrawn } : undefined;
  }
}

const DIGITS = "0123456789abcdefghijklmnopqrstuv";
const ID_LENGTH = 20;
// Many ids' worth of randomness at a time: to ask for each costs ten times as much as the id. No byte is used twice.
const randomness = new Uint8Array(100 * ID_LENGTH);
let used = randomness.length;

/** An id that was never used: 100 random bits, in 0-9a-v. */
export function drawId(): string {
  if (used === randomness.length) {
    crypto.getRandomValues(randomness);
    used = 0;
  }
  let id = "";
  for (const byte of randomness.subarray(used, used += ID_LENGTH)) id += DIGITS[byte % 32];
  return id;
}

function seal(body: string, secret: string): string {
  return createHmac("sha256", secret).update(body).digest("base64url");
}

/** In the same time wherever they differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
