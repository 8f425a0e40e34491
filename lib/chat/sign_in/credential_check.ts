/**
 * Checks what a client presents to say who it is. Connections and HTTP requests of one address share one budget of refused
 * attempts.
 * @module
 */
import { TICKET_MS } from "../../core/auth/ticket.ts";
import type { SharedBudgets } from "../../core/limits/rate_limiter.ts";
import type { UserId } from "../../core/log/entry.ts";
import { NOT_READY, SIGNED_OUT } from "../../core/protocol/close_codes.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Authenticator, TokenUser } from "../ports/authenticator.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { DeviceToken, Directory, InviteUse, SignedInMember } from "../ports/directory.ts";
import type { Tickets } from "../ports/tickets.ts";
import type { KnownRevocations } from "../revocations/known_revocations.ts";

/** What a client presents, not checked. */
export type Credential =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "ticket"; readonly ticket: string }
  | { readonly kind: "device"; readonly user: UserId; readonly device: DeviceToken }
  | ({ readonly kind: "invite" } & InviteUse);

/** What checking needs. */
export interface CredentialContext {
  /** For the budget. */
  readonly clock: Pick<Clock, "now">;
  /** Checks tokens. */
  readonly authenticator: Authenticator;
  /** Checks tickets. */
  readonly tickets: Pick<Tickets, "take">;
  /** Signs members in, and checks invites. */
  readonly directory: Pick<Directory, "signIn" | "redeem">;
  /** Says whether what a user signs in with was revoked. */
  readonly revocations: Pick<KnownRevocations, "isReady" | "isRevoked">;
  /** Limits the attempts that are refused. */
  readonly limits: Pick<SharedBudgets, "checkBadTokens" | "chargeBadToken">;
}

/** The user that a credential identifies, or why it identifies none. */
export type CredentialResult =
  | {
    readonly kind: "known";
    readonly user: TokenUser;
    /** Set if the user is a member. */
    readonly member?: SignedInMember;
  }
  | {
    /** It will never identify anybody. */
    readonly kind: "refused";
    readonly code:
      & FaultCode
      & ("bad_token" | "token_expired" | "bad_invite" | "bad_name" | "name_taken");
    /** What is wrong, for the developer of the app. */
    readonly why: string;
  }
  | {
    /** It could not be checked: try again later. A ticket may have been used up. */
    readonly kind: "postponed";
    readonly code: FaultCode & ("slow_down" | "unavailable");
    readonly why: string;
    readonly afterMs: number;
  };

/** Time after which a client may try again while something needed is unavailable. */
const UNAVAILABLE_MS = NOT_READY.afterMs ?? 0;

/** Why a credential is refused that was valid. */
export const REVOKED = "the token has been revoked";

/** Checks a credential, and charges the address if it is refused. @param address See `OpenHandler`. */
export async function checkCredential(
  credential: Credential,
  address: string | undefined,
  context: CredentialContext,
): Promise<CredentialResult> {
  const { clock, limits, revocations } = context;
  // The service itself has signed the token of a device, so several cannot be tried.
  const isOwn = credential.kind === "device";
  const afterMs = isOwn ? 0 : limits.checkBadTokens(address, clock.now());
  if (afterMs > 0) {
    const why = "slow down: too many bad tokens from this address";
    return { kind: "postponed", code: "slow_down", why, afterMs };
  }
  if (!revocations.isReady) return unavailable("it is not known yet what has been revoked");
  const result = await check(credential, context);
  if (!isOwn && result.kind === "refused" && CHARGED_CODES.has(result.code)) {
    limits.chargeBadToken(address, clock.now());
  }
  if (result.kind !== "known" || !revocations.isRevoked(result.user)) return result;
  // Counted, but the address is not charged: a token that was valid cannot be guessed.
  limits.chargeBadToken(undefined, clock.now());
  return { kind: "refused", code: "bad_token", why: REVOKED };
}

/** Refusals that are charged to the address, because guessing would cause them. */
const CHARGED_CODES: ReadonlySet<FaultCode> = new Set(["bad_token", "token_expired", "bad_invite"]);

async function check(
  credential: Credential,
  context: CredentialContext,
): Promise<CredentialResult> {
  try {
    switch (credential.kind) {
      case "token":
        return await checkToken(credential.token, context);
      case "ticket":
        return await checkTicket(credential.ticket, context);
      case "device":
        return memberOf(await context.directory.signIn(credential.user, credential.device));
      case "invite": {
        const redeemed = await context.directory.redeem(credential);
        return "kind" in redeemed ? redeemed : memberOf(redeemed);
      }
    }
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    return unavailable(error.message);
  }
}

function memberOf(member: SignedInMember | undefined): CredentialResult {
  if (member === undefined) return { kind: "refused", code: "bad_token", why: SIGNED_OUT.reason };
  const { user, name, role, since: issuedAt, device: { id: deviceId } } = member;
  const own = { rights: null, expiresAt: Infinity, tokenId: undefined };
  return { kind: "known", member, user: { user, name, role, issuedAt, deviceId, ...own } };
}

async function checkToken(
  token: string,
  { authenticator }: CredentialContext,
): Promise<CredentialResult> {
  const result = await authenticator.authenticate(token);
  if (result.kind === "known") {
    const { kind, ...user } = result;
    return { kind, user };
  }
  const { kind, code, why } = result;
  return code === "unavailable" ? unavailable(why) : { kind, code, why };
}

async function checkTicket(
  ticket: string,
  { tickets }: CredentialContext,
): Promise<CredentialResult> {
  const user = await tickets.take(ticket);
  if (user) return { kind: "known", user };
  const why = `the ticket is not valid: a ticket works once, within ${TICKET_MS / 1_000} s`;
  return { kind: "refused", code: "bad_token", why };
}

function unavailable(why: string): CredentialResult {
  return { kind: "postponed", code: "unavailable", why, afterMs: UNAVAILABLE_MS };
}
