/**
 * Revocations: what was issued to a user, to all users, or as one token, and is no longer valid. They are kept until
 * everything that they concern has expired by itself.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const revoked = new RevocationList();
 * revoked.add({ scope: "user", id: "a_ann", before: 1_000 });
 * assert.equal(revoked.isRevoked({ user: "a_ann", tokenId: undefined, issuedAt: 999 }), true);
 * assert.equal(revoked.isRevoked({ user: "a_ann", tokenId: undefined, issuedAt: 1_000 }), false);
 * assert.equal(revoked.isRevoked({ user: "a_bea", tokenId: undefined, issuedAt: 999 }), false);
 * ```
 * @module
 */
import * as v from "valibot";

/** What a revocation is about: one user, one token, one device of a member, or all users. */
export const REVOCATION_SCOPES = ["user", "token", "device", "all"] as const;

/** Ends what was issued before a time. */
export interface Revocation {
  /** A `token` is revoked whenever it was issued, and a `device` whenever it was added. */
  readonly scope: typeof REVOCATION_SCOPES[number];
  /** The id of the user, of the token (`jti`) or of the device; "" for `all`. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly before: number;
}

/** What a user has signed in with, as far as revocations can concern it. */
export interface Revocable {
  /** The id of the user; compared with revocations of the scope `user`. */
  readonly user: string;
  /** The id of the token (`jti`); undefined if it has none, as a guest's. */
  readonly tokenId: string | undefined;
  /** The member's device; undefined for others. */
  readonly deviceId?: string | undefined;
  /** When it was issued, in milliseconds since 1970; 0 if it does not say. */
  readonly issuedAt: number;
}

/** For how long a revocation is kept: a token that is valid for longer becomes valid again. */
export const REVOCATION_KEPT_MS = 365 * 24 * 3_600_000;

const Timestamp = v.pipe(v.string(), v.isoTimestamp());

/** Whether a text is a time as people and programs state it: ISO 8601 with its zone, on a day that exists. */
export function isRevocationTime(text: string): boolean {
  return v.is(Timestamp, text) && isOfCalendar(text);
}

const DAYS_OF_MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The runtime takes February 31 for a day in March. */
function isOfCalendar(timestamp: string): boolean {
  const [year = 0, month = 0, day = 0] = timestamp.slice(0, "2026-03-01".length).split("-").map(
    Number,
  );
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const extra = month === 2 && isLeapYear ? 1 : 0;
  return day <= (DAYS_OF_MONTHS[month - 1] ?? 0) + extra;
}

const Stored = v.object({
  scope: v.picklist(REVOCATION_SCOPES),
  id: v.string(),
  before: v.pipe(v.number(), v.integer()),
});

/** A revocation as it was stored; undefined if the record is damaged. */
export function parseRevocation(stored: unknown): Revocation | undefined {
  const parsed = v.safeParse(Stored, stored);
  return parsed.success ? parsed.output : undefined;
}

/** Identifies what a revocation is about: of two about the same, only the later one counts. */
export function revocationKey({ scope, id }: Pick<Revocation, "scope" | "id">): string {
  return `${scope}:${id}`;
}

/** The revocations that are known. */
export class RevocationList {
  readonly #latest = new Map<string, Revocation>();

  /** The latest about each user, token and device, and about all users. */
  get all(): readonly Revocation[] {
    return [...this.#latest.values()];
  }

  /** Adds one. Returns false if it changes nothing, since a later one is known. */
  add(revocation: Revocation): boolean {
    const key = revocationKey(revocation);
    const known = this.#latest.get(key);
    if (known !== undefined && known.before >= revocation.before) return false;
    this.#latest.set(key, revocation);
    return true;
  }

  /** Whether something is no longer valid. */
  isRevoked({ user, tokenId, deviceId, issuedAt }: Revocable): boolean {
    if (this.#latest.size === 0) return false;
    const isBefore = (scope: "user" | "all", id: string) =>
      issuedAt < (this.#latest.get(revocationKey({ scope, id }))?.before ?? -Infinity);
    const isListed = (scope: "token" | "device", id: string | undefined) =>
      id !== undefined && this.#latest.has(revocationKey({ scope, id }));
    return isBefore("all", "") || isBefore("user", user) || isListed("token", tokenId) ||
      isListed("device", deviceId);
  }
}
