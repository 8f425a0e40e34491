/**
 * The port to the provider at which users of the page sign in. Implemented in `oidc_provider.ts`.
 * @module
 */
import type { GroupRole } from "../../../core/auth/group_roles.ts";
import type { SignedInUser, SignInAttempt } from "./sign_in_cookies.ts";

/** What shows that a response belongs to this browser and this attempt. */
export type SignInChecks = Omit<SignInAttempt, "to">;

/** Why a user is not signed in. */
export interface SignInFailure {
  /** The tag of {@linkcode SignInResult}. */
  readonly kind: "failed";
  /**
   * `denied`: the user or the provider does not want it. `over`: the attempt is not known, is over or was already used.
   * `away`: the provider cannot be reached now. `refused`: the provider or its response is not as it should be.
   */
  readonly reason: "denied" | "over" | "away" | "refused";
  /** What is wrong, for the operator; without codes and tokens. */
  readonly why: string;
}

/** The outcome of an attempt to sign in. */
export type SignInResult =
  | { readonly kind: "signed in"; readonly user: SignedInUser }
  | SignInFailure;

/** Signs users in by sending their browsers to a provider and back. */
export interface SignInProvider {
  /** Begins an attempt: the URL to which the user goes. Never rejects. */
  begin(): Promise<{ readonly url: URL; readonly checks: SignInChecks } | SignInFailure>;
  /**
   * Ends an attempt. Never rejects.
   *
   * @param search The query of the URL at which the user has returned, not checked.
   * @param checks Those of the attempt.
   */
  finish(search: string, checks: SignInChecks): Promise<SignInResult>;
  /** Where users sign out of the provider; undefined if it has no such page or is away. Never rejects. */
  logoutUrl(): Promise<URL | undefined>;
}

/** How this service signs users in at an OpenID provider. */
export interface OidcSettings {
  /** The provider's issuer identifier: a URL, from which its configuration is discovered. */
  readonly issuer: string;
  /** This service, as the provider knows it. */
  readonly clientId: string;
  /** Proves to the provider that it is this service. */
  readonly clientSecret: string;
  /** What it is asked for, separated by spaces. */
  readonly scopes: string;
  /** The claim that lists the groups of a user. */
  readonly groupClaim: string;
  /** The roles that groups give; a user gets the highest one. */
  readonly roles: readonly GroupRole[];
  /** Where users return to from the provider. */
  readonly redirectUrl: string;
  /** Where users return to after signing out there. */
  readonly homeUrl: string;
}
