/**
 * Judges the signatures of commands: each is valid for 30 seconds, once. There is one of these per process, for its admin
 * listener; no signature is valid anywhere else.
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../../chat/ports/clock.ts";
import {
  type OperatorKey,
  operatorKey,
  type OperatorSignature,
  signatureOf,
  type SignedParts,
} from "../auth/operator_signature.ts";
import type { Problem } from "../http/responses.ts";

/** The secrets of which one is needed to sign. */
export interface SigningSecrets {
  /** `ADMIN_TOKEN`; null if it is not set. */
  readonly adminToken: string | null;
  /** The session secret. Until it resolves, only `ADMIN_TOKEN` counts. */
  readonly secret: Promise<string>;
}

/** A request that was signed with one of the keys. */
export interface SignedRequest {
  /** That key, which also seals the answer. */
  readonly key: OperatorKey;
  /** Why it is refused nevertheless; undefined if it is not. */
  readonly problem: Problem | undefined;
}

/** For how long a signature is valid, before and after the time that it states. */
const VALID_MS = 30_000;
/** Maximum number of nonces kept. Only operators can add one. */
const MAX_NONCES = 1_000;

const WRONG_TIME: Problem = {
  status: 401,
  detail: "The request was signed at another time: check the clocks, and try again",
};
const USED: Problem = { status: 401, detail: "The request was carried out before" };
const TOO_MANY: Problem = {
  status: 429,
  detail: `There were ${MAX_NONCES} signed requests within a minute: try again later`,
  headers: { "retry-after": String(VALID_MS / 1_000) },
};

/** Remembers which signatures were used. */
export class SignedRequests {
  readonly #clock: Pick<Clock, "now" | "date">;
  readonly #keys: OperatorKey[] = [];
  readonly #startedAt: number;
  readonly #startDate: number;
  /** When the signature with each nonce was made, in the order of their use. */
  readonly #used = new Map<string, number>();

  /** Starts without any. */
  constructor({ adminToken, secret }: SigningSecrets, clock: Pick<Clock, "now" | "date">) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#startDate = clock.date();
    if (adminToken !== null) this.#keys.push(operatorKey(adminToken));
    // If it rejects, the service does not start; the caller that passed it handles that.
    secret.then((known) => this.#keys.push(operatorKey(known)), () => {});
  }

  /** Uses a signature; undefined if it was made with no key of this service. */
  use(parts: SignedParts, stated: OperatorSignature): SignedRequest | undefined {
    const key = this.#keys.find((it) => isEqual(signatureOf(it, parts, stated), stated.signature));
    return key && { key, problem: this.#problemOf(stated) };
  }

  #problemOf({ time, nonce }: OperatorSignature): Problem | undefined {
    const date = this.#clock.date();
    if (Math.abs(date - time) > VALID_MS || this.#isOlderThanService(time)) return WRONG_TIME;
    if (this.#used.has(nonce)) return USED;
    for (const [it, at] of this.#used) if (date - at > VALID_MS) this.#used.delete(it);
    if (this.#used.size >= MAX_NONCES) return TOO_MANY;
    this.#used.set(nonce, time);
    return undefined;
  }

  /**
   * What was signed before the start may have been used before a restart, or been read by a program that had the port. Later,
   * its time is over anyway, and the clock may have been set back.
   */
  #isOlderThanService(time: number): boolean {
    return this.#clock.now() - this.#startedAt <= 2 * VALID_MS && time < this.#startDate;
  }
}

/** In constant time. Both have the same length: the header has no other signatures. */
function isEqual(one: string, other: string): boolean {
  const encoder = new TextEncoder();
  return timingSafeEqual(encoder.encode(one), encoder.encode(other));
}
