/**
 * Creates the sign-in provider that the settings ask for.
 * @module
 */
import type { Clock } from "../../../chat/ports/clock.ts";
import type { Config } from "../../../core/config/config.ts";
import type { SignInProvider } from "./sign_in_provider.ts";

/**
 * Loads the package that talks to the provider only if the settings name one. Resolves to the provider and to where browsers
 * reach this service; to undefined without a provider.
 */
export async function loadSignInProvider(
  config: Config,
  clock: Clock,
): Promise<{ readonly provider: SignInProvider; readonly publicUrl: string } | undefined> {
  const { oidcIssuer, oidcClientId, oidcClientSecret, publicUrl } = config;
  if (oidcIssuer === null || oidcClientId === null || oidcClientSecret === null) return undefined;
  if (publicUrl === null) return undefined;
  const { OidcProvider } = await import("./oidc_provider.ts");
  const settings = {
    issuer: oidcIssuer,
    clientId: oidcClientId,
    clientSecret: oidcClientSecret,
    scopes: config.oidcScopes,
    groupClaim: config.oidcGroupClaim,
    roles: config.oidcRoles,
    redirectUrl: `${publicUrl}/auth/callback`,
    homeUrl: `${publicUrl}/`,
  };
  return { provider: new OidcProvider(settings, clock), publicUrl };
}
