/**
 * The claims of a token that an app has signed (RFC 7519 §4). Its signature, issuer, audience and times are checked
 * before; here the claims get their types.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const read = parseClaims({ sub: "42", name: "Ann", exp: 1_800_000_000 });
 * assert.equal(read.kind === "good" && read.claims.name, "Ann");
 * assert.equal(parseClaims({ sub: "42" }).kind, "bad");
 * ```
 * @module
 */
import * as v from "valibot";
import { foldRoom, MAX_ROOM_UNITS, type Name } from "../names/names.ts";
import { describeIssue } from "../schema_issue.ts";
import { displayName } from "./display_name.ts";
import { type Role, ROLES } from "./member.ts";
import { ROOM_ACTIONS, type RoomGrant } from "./rights.ts";

/** The claims that the service uses. */
export interface TokenClaims {
  /** Who issued the token; "" if it does not say. */
  readonly issuer: string;
  /** The user, unique at the issuer. */
  readonly subject: string;
  /** The user's name; undefined if the token has none that can be shown. */
  readonly name: Name | undefined;
  /** When the token expires, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** When it was issued, in milliseconds since 1970; 0 if it does not say. */
  readonly issuedAt: number;
  /** The token's own id; undefined if it has none. */
  readonly tokenId: string | undefined;
  /** What the user may do, by room; null if the token does not restrict it. */
  readonly rights: readonly RoomGrant[] | null;
  /** The user's role; undefined if the token states none. */
  readonly role: Role | undefined;
}

/** How far the clock of an app may run ahead. */
export const CLOCK_LEEWAY_MS = 60_000;
const MAX_SUBJECT_LENGTH = 255;

/** The end of the year 9999, in seconds since 1970. Greater numbers are milliseconds by mistake. */
const MAX_SECONDS = 253_402_300_799;

const Seconds = v.pipe(
  v.number(),
  v.minValue(-MAX_SECONDS, "seconds since 1970"),
  v.maxValue(MAX_SECONDS, "seconds since 1970"),
);

/** The schemas of what a token or a key allows in rooms. */
export const ROOM_GRANT_FIELDS = {
  match: v.pipe(
    v.string(),
    v.maxLength(MAX_ROOM_UNITS + 1),
    v.transform(foldRoom),
    v.regex(/^[^*]{0,64}\*?$/u, "Expected a room, or the beginning of rooms and a *"),
  ),
  allow: v.array(v.picklist(ROOM_ACTIONS)),
} as const;

const Claims = v.object({
  iss: v.optional(v.string(), ""),
  sub: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_SUBJECT_LENGTH)),
  name: v.optional(v.string()),
  exp: Seconds,
  iat: v.optional(Seconds, 0),
  jti: v.optional(v.string()),
  parley: v.optional(
    v.object({
      role: v.optional(v.picklist(ROLES)),
      rooms: v.optional(v.array(v.object(ROOM_GRANT_FIELDS))),
    }),
  ),
});

/** Reads the payload of a token; `why` says which claim is wrong, for the developer of the app. */
export function parseClaims(
  payload: unknown,
):
  | { readonly kind: "good"; readonly claims: TokenClaims }
  | { readonly kind: "bad"; readonly why: string } {
  const parsed = v.safeParse(Claims, payload);
  if (!parsed.success) return { kind: "bad", why: describeIssue(parsed.issues, "the payload") };
  const { iss, sub, name, exp, iat, jti, parley } = parsed.output;
  const claims = {
    issuer: iss,
    subject: sub,
    name: name === undefined ? undefined : displayName(name),
    expiresAt: exp * 1_000,
    issuedAt: iat * 1_000,
    tokenId: jti,
    rights: parley?.rooms ?? null,
    role: parley?.role,
  };
  return { kind: "good", claims };
}
