/**
 * How a session finds out whom a token identifies. Implemented with JSON Web Tokens in `io/auth/authenticators/jwt_authenticator.ts`.
 * @module
 */
import type { Role } from "../../core/auth/member.ts";
import type { Rights } from "../../core/auth/rights.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { Name } from "../../core/names/names.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";

/** Checks tokens that an app has signed. */
export interface Authenticator {
  /** Finds the user of a token. Never rejects. */
  authenticate(token: string): Promise<Authentication>;
}

/** The user that a token identifies, or why it identifies none. */
export type Authentication =
  | ({ readonly kind: "known" } & TokenUser)
  | {
    readonly kind: "refused";
    /** `unavailable` if the signing keys cannot be read now. */
    readonly code: FaultCode & ("bad_token" | "token_expired" | "unavailable");
    /** What is wrong, for the developer of the app. */
    readonly why: string;
  };

/** A user who is known elsewhere: by a token, or stated by a proxy that has signed the user in. */
export interface TokenUser {
  /** Derived from the token's issuer and subject, or from what the proxy states. */
  readonly user: UserId;
  /** The user's name; undefined if the user may choose one. */
  readonly name: Name | undefined;
  /** The grants of the token; null for a user whom no token restricts to rooms. */
  readonly rights: Rights;
  /** When the token expires, in milliseconds since 1970; Infinity without a token. */
  readonly expiresAt: number;
  /** When the token was issued, in milliseconds since 1970; 0 if it does not say. */
  readonly issuedAt: number;
  /** The token's own id; undefined if it has none. */
  readonly tokenId: string | undefined;
  /** The user's role in the service; undefined for none. */
  readonly role?: Role | undefined;
  /** The device of a member; undefined for others. */
  readonly deviceId?: string | undefined;
}
