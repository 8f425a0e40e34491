/**
 * The user whom a request states without a token: in the header of a trusted proxy, or by the cookie of a user who is signed
 * in. From anyone else, the header is what the client claims.
 * @module
 */
import type { TokenUser } from "../../chat/ports/authenticator.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import { type Refusal, refuse } from "../../core/http/handshake.ts";
import type { RequestSource } from "../../core/http/ip_address.ts";
import { proxyUser } from "../auth/authenticators/app_user.ts";
import type { SignInHandler } from "./sign_in_handler.ts";

/** The user; undefined for none; a refusal if that cannot be known, since as a guest the user would act under another name. */
export type StatedUser = TokenUser | Refusal | undefined;

/** What finding the user needs. */
export interface StatedUserContext {
  /** The header in which trusted proxies state the user; null for none. */
  readonly authProxyHeader: string | null;
  /** Signs users of the page in; undefined if no provider does. */
  readonly signIn: Pick<SignInHandler, "userOf"> | undefined;
  /** Current time. */
  readonly clock: Pick<Clock, "date">;
}

const NOT_READY = refuse(503, "The service cannot check cookies yet", { "retry-after": "1" });

const BAD_PROXY_USER = refuse(
  400,
  "The proxy does not state one user of at most 255 characters, without commas (AUTH_PROXY_HEADER)",
);

/** Returns the function that finds the user of a request. */
export function statedUsers(
  { authProxyHeader, signIn, clock }: StatedUserContext,
): (request: Request, source: RequestSource) => StatedUser {
  return (request, { viaTrustedProxy }) => {
    const user = authProxyHeader !== null && viaTrustedProxy
      ? proxyUser(request.headers.get(authProxyHeader), clock.date())
      : signIn?.userOf(request);
    if (user === "bad") return BAD_PROXY_USER;
    return user === "not ready" ? NOT_READY : user;
  };
}
