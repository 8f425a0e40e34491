/**
 * Creates the authenticator that the settings ask for.
 * @module
 */
import type { Authenticator } from "../../../chat/ports/authenticator.ts";
import type { Clock } from "../../../chat/ports/clock.ts";
import type { Config } from "../../../core/config/config.ts";
import type { KeySetSource } from "./key_set.ts";

/** Refuses every token, since the settings state no key. */
export const NO_TOKENS: Authenticator = {
  authenticate: () =>
    Promise.resolve({
      kind: "refused",
      code: "bad_token",
      why: "this service accepts no tokens: JWT_SECRET, JWT_PUBLIC_KEY_FILE and JWKS_URL are unset",
    }),
};

/** Loads the package that verifies tokens only if the settings need it. */
export async function loadAuthenticator(
  config: Config,
  keys: KeySetSource,
  clock: Clock,
): Promise<Authenticator> {
  const { jwtSecret, jwtPublicKeyFile, jwksUrl } = config;
  if (jwtSecret === null && jwtPublicKeyFile === null && jwksUrl === null) return NO_TOKENS;
  const { JwtAuthenticator } = await import("./jwt_authenticator.ts");
  return new JwtAuthenticator(config, keys, clock);
}
