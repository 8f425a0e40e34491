/**
 * API keys: what a program that is no person sends as its bearer token. A key has a name, and may do a few things in some rooms.
 * Only a hash of its secret is stored.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isApiKey(`${API_KEY_PREFIX}${"A".repeat(43)}`), true);
 * assert.equal(isApiKey("eyJhbGciOiJIUzI1NiJ9.e30.sig"), false);
 * ```
 * @module
 */
import * as v from "valibot";
import { isUserId, type UserId } from "../log/entry.ts";
import { isStoredName, type Name } from "../names/names.ts";
import { ROOM_ACTIONS, type RoomGrant } from "./rights.ts";
import { ROOM_GRANT_FIELDS } from "./token_claims.ts";

/** What the secret of a key begins with, so that people and scanners recognize it. */
export const API_KEY_PREFIX = "parley_";
/** Random bytes of a secret. */
export const API_KEY_BYTES = 32;
/** Maximum number of keys of a service. */
export const MAX_API_KEYS = 1_000;
/** Maximum number of rooms of a key. */
export const MAX_KEY_ROOMS = 20;
/** Maximum time for which a key is valid: ten years. */
export const MAX_KEY_MS = 3_650 * 24 * 3_600_000;
/** How often the last use of a key is stored, at most. */
export const USE_RECORDED_MS = 60_000;

/** A key, as operators see it. */
export interface ApiKey {
  /** Identifies it in lists. It cannot be used as the key. */
  readonly id: string;
  /** The user that acts with it. */
  readonly user: UserId;
  /** The name under which it sends messages. */
  readonly name: Name;
  /** What it may do, by room. */
  readonly rights: readonly RoomGrant[];
  /** When it was added, in milliseconds since 1970. */
  readonly createdAt: number;
  /** When it expires, in milliseconds since 1970; null for never. */
  readonly expiresAt: number | null;
  /** When it was last used, within {@linkcode USE_RECORDED_MS}, in milliseconds since 1970; null if it never was. */
  readonly usedAt: number | null;
}

/** Whether a token has the form of a key. */
export function isApiKey(token: string): boolean {
  return /^parley_[\w-]{43}$/.test(token);
}

/** The room in which a key may do something, if that is exactly one. */
export function onlyRoom({ rights }: Pick<ApiKey, "rights">): string | undefined {
  const rooms = new Set(rights.map(({ match }) => match));
  const [room] = rooms;
  return rooms.size === 1 && room !== undefined && !room.endsWith("*") ? room : undefined;
}

const date = v.pipe(v.number(), v.finite());
const Stored = v.object({
  id: v.string(),
  user: v.custom<UserId>((it) => typeof it === "string" && isUserId(it)),
  name: v.custom<Name>((it) => typeof it === "string" && isStoredName(it)),
  rights: v.array(v.object(ROOM_GRANT_FIELDS)),
  createdAt: date,
  expiresAt: v.nullable(date),
  usedAt: v.nullable(date),
});

/** A key as stored; undefined if the record is damaged. */
export function parseApiKey(stored: unknown): ApiKey | undefined {
  const parsed = v.safeParse(Stored, stored);
  return parsed.success ? parsed.output : undefined;
}

/** What a request for a key has to state. */
export const API_KEY_TERMS = {
  name: v.string(),
  rooms: v.pipe(v.array(ROOM_GRANT_FIELDS.match), v.minLength(1), v.maxLength(MAX_KEY_ROOMS)),
  allow: v.pipe(v.array(v.picklist(ROOM_ACTIONS)), v.minLength(1)),
  seconds: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(60), v.maxValue(MAX_KEY_MS / 1_000)),
  ),
} as const;
