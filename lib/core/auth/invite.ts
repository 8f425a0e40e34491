/**
 * Invites: who opens the link of one becomes a member, or adds a device to a member. Only a hash of the link's secret is
 * stored.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isInviteSecret("AAAAAAAAAAAAAAAAAAAAAA"), true);
 * assert.equal(isInviteSecret("AAAA"), false);
 * assert.deepEqual(readTerms({ rooms: ["not a room"] }), { kind: "bad room", room: "not a room" });
 * ```
 * @module
 */
import * as v from "valibot";
import { isUserId, type UserId } from "../log/entry.ts";
import { parseRoom, parseStoredRoom, type RoomId } from "../names/names.ts";
import { type Role, ROLES } from "./member.ts";

/** What an invite gives. */
export interface InviteTerms {
  /** The role of those who become members. */
  readonly role: Role;
  /** The rooms that a client opens for them. */
  readonly rooms: readonly RoomId[];
  /** How often it can be used, from 1 to {@linkcode MAX_USES}. */
  readonly uses: number;
  /** For how long it is valid, in milliseconds. */
  readonly lifetimeMs: number;
}

/** An invite, as people see it. */
export interface Invite {
  /** Identifies it in lists. It cannot be used as the invite. */
  readonly id: string;
  /** The role of those who become members. */
  readonly role: Role;
  /** The rooms that a client opens for them. */
  readonly rooms: readonly RoomId[];
  /** How often it can still be used. */
  readonly usesLeft: number;
  /** When it was created, in milliseconds since 1970. */
  readonly createdAt: number;
  /** When it expires, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** Who created it; null for an operator. */
  readonly createdBy: UserId | null;
  /** The member to whom it adds a device; null if it makes new members. */
  readonly member: UserId | null;
}

/** One use of an invite. */
export interface Redemption {
  /** The hash of the client's random characters, by which a repeated request gets the same device; "" without. */
  readonly attempt: string;
  /** The member whom it has made, or to whom it has added a device. */
  readonly user: UserId;
  /** The id of the device that it has added. */
  readonly device: string;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** An invite, as it is stored. */
export interface StoredInvite extends Invite {
  /** Its last uses, the newest last; earlier ones are forgotten. */
  readonly redemptions: readonly Redemption[];
  /** The device with which a member has made it: it ends with that. */
  readonly createdWith?: string | undefined;
  /** Whether it makes the first owner, so that it is useless once there is a member. */
  readonly isFirst?: boolean | undefined;
}

/** The terms that a request may state; those left out are {@linkcode DEFAULT_TERMS}. */
export interface WantedTerms {
  /** The role of those who become members. */
  readonly role?: Role | undefined;
  /** Names of rooms as users write them, not parsed. */
  readonly rooms?: readonly string[] | undefined;
  /** How often it can be used, from 1 to {@linkcode MAX_USES}. */
  readonly uses?: number | undefined;
  /** For how long it is valid, in seconds. */
  readonly seconds?: number | undefined;
}

/** The terms of a request, or the first of its rooms that is not valid. */
export type ReadTerms =
  | { readonly kind: "terms"; readonly terms: InviteTerms }
  | { readonly kind: "bad room"; readonly room: string };

/** Random bytes of a secret. */
export const INVITE_BYTES = 16;
/** Time in which a link for another device must be used. */
export const DEVICE_LINK_MS = 300_000;
/** Time in which the link for the first owner must be used. */
export const OWNER_LINK_MS = 24 * 3_600_000;
/** Maximum number of uses of an invite. */
export const MAX_USES = 1_000;
/** Minimum time for which an invite is valid. */
export const MIN_INVITE_MS = 60_000;
/** Maximum time for which an invite is valid. */
export const MAX_INVITE_MS = 365 * 24 * 3_600_000;
/** Maximum number of rooms of an invite. */
export const MAX_INVITE_ROOMS = 20;
/** What an invite gives unless more is stated. */
export const DEFAULT_TERMS: InviteTerms = {
  role: "member",
  rooms: [],
  uses: 1,
  lifetimeMs: 7 * 24 * 3_600_000,
};
/** Maximum number of invites of users that can be used at the same time, in the whole service. */
export const MAX_INVITES = 1_000;
/** Maximum number of those that one user has made. */
export const MAX_OWN_INVITES = 50;
/** How many uses are kept. */
const MAX_REDEMPTIONS = 20;
/** For how long an invite is kept after its last use: a lost reply is asked for again within seconds. */
const REPEATED_MS = 600_000;

const wholeNumber = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** The schemas of {@linkcode WantedTerms}, without that of the rooms. */
export const WANTED_TERMS = {
  role: v.picklist(ROLES),
  uses: wholeNumber(1, MAX_USES),
  seconds: wholeNumber(MIN_INVITE_MS / 1_000, MAX_INVITE_MS / 1_000),
} as const;

/** The terms of an invite that a request asks for. Callers have checked them against the schemas. */
export function readTerms(
  { role = DEFAULT_TERMS.role, rooms = [], uses = DEFAULT_TERMS.uses, seconds }: WantedTerms,
): ReadTerms {
  const parsed: RoomId[] = [];
  for (const text of rooms) {
    const room = parseRoom(text);
    if (room === undefined) return { kind: "bad room", room: text };
    parsed.push(room);
  }
  const lifetimeMs = seconds === undefined ? DEFAULT_TERMS.lifetimeMs : seconds * 1_000;
  return { kind: "terms", terms: { role, rooms: parsed, uses, lifetimeMs } };
}

/** Whether a text can be the secret of an invite: 128 bits as base64url. */
export function isInviteSecret(text: string): boolean {
  return /^[\w-]{22}$/.test(text);
}

/** Whether an invite can be used. @param date In milliseconds since 1970. */
export function isUsable({ usesLeft, expiresAt }: Invite, date: number): boolean {
  return usesLeft > 0 && date < expiresAt;
}

/** Whether a request that used an invite may be repeated, as far as time goes. */
export function isRepeatable({ at }: Redemption, date: number): boolean {
  return date - at < REPEATED_MS;
}

/** Whether an invite can be removed: it can no longer be used, and its last use can no longer be repeated. */
export function isUseless(invite: StoredInvite, date: number): boolean {
  const last = invite.redemptions.at(-1);
  return !isUsable(invite, date) && !(last && isRepeatable(last, date));
}

/** An invite after one more use. */
export function withRedemption(invite: StoredInvite, redemption: Redemption): StoredInvite {
  const redemptions = [...invite.redemptions, redemption].slice(-MAX_REDEMPTIONS);
  return { ...invite, usesLeft: invite.usesLeft - 1, redemptions };
}

/** An invite without what only the store needs. */
export function shownInvite(stored: StoredInvite): Invite {
  const { redemptions: _redemptions, isFirst: _isFirst, createdWith: _device, ...invite } = stored;
  return invite;
}

const date = v.pipe(v.number(), v.finite());
const user = v.custom<UserId>((it) => typeof it === "string" && isUserId(it));

const Stored = v.object({
  id: v.string(),
  role: v.picklist(ROLES),
  rooms: v.array(
    v.custom<RoomId>((it) => typeof it === "string" && parseStoredRoom(it) !== undefined),
  ),
  usesLeft: v.pipe(v.number(), v.integer()),
  createdAt: date,
  expiresAt: date,
  createdBy: v.nullable(user),
  member: v.nullable(user),
  isFirst: v.optional(v.boolean()),
  createdWith: v.optional(v.string()),
  redemptions: v.array(v.object({ attempt: v.string(), user, device: v.string(), at: date })),
});

/** An invite as stored; undefined if the record is damaged. */
export function parseStoredInvite(stored: unknown): StoredInvite | undefined {
  const parsed = v.safeParse(Stored, stored);
  return parsed.success ? parsed.output : undefined;
}
