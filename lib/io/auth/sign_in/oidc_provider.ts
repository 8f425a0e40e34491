/**
 * The OpenID provider at which users of the page sign in, with the package openid-client: the authorization code flow with
 * PKCE, state and nonce (OpenID Connect Core §3.1, RFC 7636). The package checks the responses and the ID token, including
 * its signature.
 *
 * The provider is asked for its metadata at the first sign-in and then once an hour, so the service starts without it.
 * @module
 */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  type ClientAuth,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from "openid-client";
import * as v from "valibot";
import type { Clock } from "../../../chat/ports/clock.ts";
import { roleOf } from "../../../core/auth/group_roles.ts";
import type {
  OidcSettings,
  SignInChecks,
  SignInFailure,
  SignInProvider,
  SignInResult,
} from "./sign_in_provider.ts";

const FRESH_MS = 3_600_000;
const TIMEOUT_SECONDS = 5;
/** How far the clock of the provider may run ahead or behind, as for access tokens. */
const LEEWAY_SECONDS = 60;

const Claims = v.object({
  iss: v.string(),
  // OpenID Connect Core §2: at most 255 ASCII characters.
  sub: v.pipe(v.string(), v.nonEmpty(), v.maxLength(255)),
});

const Names = v.object({
  name: v.fallback(v.optional(v.string()), undefined),
  preferred_username: v.fallback(v.optional(v.string()), undefined),
  email: v.fallback(v.optional(v.string()), undefined),
});

/** Signs users in at the provider of the settings. */
export class OidcProvider implements SignInProvider {
  readonly #settings: OidcSettings;
  readonly #clock: Clock;
  #known: { readonly config: Configuration; readonly at: number } | undefined;
  #reading: Promise<Configuration> | undefined;

  /** Asks the provider for nothing before the first sign-in. */
  constructor(settings: OidcSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  async begin(): Promise<{ readonly url: URL; readonly checks: SignInChecks } | SignInFailure> {
    try {
      const config = await this.#configuration();
      const checks = {
        state: randomState(),
        nonce: randomNonce(),
        verifier: randomPKCECodeVerifier(),
      };
      const url = buildAuthorizationUrl(config, {
        redirect_uri: this.#settings.redirectUrl,
        scope: this.#settings.scopes,
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: "S256",
      });
      return { url, checks };
    } catch (error) {
      await discardBody(error);
      return failureOf(error);
    }
  }

  async finish(search: string, { state, nonce, verifier }: SignInChecks): Promise<SignInResult> {
    try {
      const config = await this.#configuration();
      const url = new URL(this.#settings.redirectUrl);
      url.search = search;
      const tokens = await authorizationCodeGrant(config, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      const { iss, sub } = v.parse(Claims, claims);
      const { groupClaim, roles } = this.#settings;
      let [name, groups] = [nameIn(claims), groupsIn(claims, groupClaim)];
      const isComplete = name !== undefined && (groups !== undefined || roles.length === 0);
      // Many providers put the profile only there.
      if (!isComplete && config.serverMetadata().userinfo_endpoint !== undefined) {
        const info = await fetchUserInfo(config, tokens.access_token, sub);
        name ??= nameIn(info);
        groups ??= groupsIn(info, groupClaim);
      }
      const role = roleOf(groups ?? [], roles);
      return { kind: "signed in", user: { issuer: iss, subject: sub, name, role } };
    } catch (error) {
      await discardBody(error);
      return failureOf(error);
    }
  }

  async logoutUrl(): Promise<URL | undefined> {
    try {
      const config = await this.#configuration();
      if (config.serverMetadata().end_session_endpoint === undefined) return undefined;
      return buildEndSessionUrl(config, { post_logout_redirect_uri: this.#settings.homeUrl });
    } catch (error) {
      await discardBody(error);
      // The user is signed out here in any case.
      return undefined;
    }
  }

  /** The provider's metadata. An older one stays in use while the provider is away. */
  async #configuration(): Promise<Configuration> {
    const known = this.#known;
    if (known && this.#clock.now() - known.at < FRESH_MS) return known.config;
    this.#reading ??= this.#discover().finally(() => this.#reading = undefined);
    try {
      return await this.#reading;
    } catch (error) {
      if (known) return known.config;
      throw error;
    }
  }

  async #discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const at = this.#clock.now();
    const isPlain = issuer.startsWith("http:");
    const config = await discovery(
      new URL(issuer),
      clientId,
      { [clockTolerance]: LEEWAY_SECONDS },
      authenticateWith(clientSecret),
      {
        timeout: TIMEOUT_SECONDS,
        execute: [enableNonRepudiationChecks, ...isPlain ? [allowInsecureRequests] : []],
      },
    );
    this.#known = { config, at };
    return config;
  }
}

/** In the header if the provider supports that, which is the default (OpenID Connect Discovery §3), otherwise in the body. */
function authenticateWith(secret: string): ClientAuth {
  const [inHeader, inBody] = [ClientSecretBasic(secret), ClientSecretPost(secret)];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    return (methods.includes("client_secret_basic") ? inHeader : inBody)(server, ...rest);
  };
}

function nameIn(claims: unknown): string | undefined {
  const { name, preferred_username, email } = v.parse(Names, claims);
  return name || preferred_username || email?.split("@", 1)[0] || undefined;
}

/** The groups in a claim, which may be one text for one group; undefined without the claim. */
function groupsIn(claims: unknown, claim: string): readonly string[] | undefined {
  const { [claim]: value } = v.parse(v.record(v.string(), v.unknown()), claims);
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((it) => typeof it === "string") : undefined;
}

/** The package leaves the bodies of responses that it does not accept unread, and so their connections open. */
async function discardBody(error: unknown): Promise<void> {
  if (!(error instanceof Error)) return;
  const response = error instanceof WWWAuthenticateChallengeError ? error.response : error.cause;
  if (response instanceof Response && !response.bodyUsed) {
    await response.body?.cancel().catch(() => {});
  }
}

function failureOf(error: unknown): SignInFailure {
  if (error instanceof AuthorizationResponseError) {
    const code = errorCode(error.error);
    return failed(code === "access_denied" ? "denied" : "refused", code);
  }
  if (error instanceof ResponseBodyError) {
    const code = errorCode(error.error);
    return failed(code === "invalid_grant" ? "over" : "refused", code);
  }
  if (error instanceof WWWAuthenticateChallengeError) {
    const why = "the provider does not accept OIDC_CLIENT_ID and OIDC_CLIENT_SECRET";
    return failed("refused", `${why}: it answered with ${error.status}`);
  }
  if (!(error instanceof Error)) return failed("refused", String(error));
  const { message, cause } = error;
  if (error instanceof ClientError) {
    if (cause instanceof Deno.errors.NotCapable) return failed("away", cause.message);
    const isAway = error.code === "OAUTH_TIMEOUT" || breaksOff(cause) ||
      (cause instanceof Response && cause.status >= 500);
    // The package's own words, such as which claim is not as it should be. Values are elsewhere.
    const detail = cause instanceof Error && cause.message !== message ? `: ${cause.message}` : "";
    return failed(isAway ? "away" : "refused", message + detail);
  }
  // How fetch() fails: the reason is in the cause.
  if (error instanceof TypeError) {
    return failed("away", cause instanceof Error ? cause.message : message);
  }
  return failed("refused", message);
}

/** Whether a response has ended in its middle, or takes too long, so that its body is no JSON. */
function breaksOff(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  return cause instanceof TypeError ||
    (cause instanceof DOMException && cause.name === "TimeoutError");
}

/** An error code of OAuth. What it says comes from elsewhere, and from the browser in the worst case. */
function errorCode(text: string): string {
  return /^[a-z_]{1,40}$/.test(text) ? text : "an error that is not a code";
}

function failed(reason: SignInFailure["reason"], why: string): SignInFailure {
  return { kind: "failed", reason, why };
}
