/**
 * Who makes a request of the HTTP API. A bearer token counts before a ticket in the URL, and either before what a proxy or a cookie
 * states; a request with none of them is a guest's.
 * @module
 */
import type { HandshakeInfo } from "../../../chat/sign_in/sign_in_context.ts";
import type { SessionTokens } from "../../../chat/ports/session_tokens.ts";
import type { RequestOf } from "../../../core/protocol/requests.ts";
import { bearerToken } from "../../../core/http/bearer_token.ts";
import type { RequestSource } from "../../../core/http/ip_address.ts";
import { admissionKey, EXEMPT_KEY } from "../../../core/limits/connection_limits.ts";
import type { Refusal } from "../../../core/http/handshake.ts";
import type { StatedUser } from "../../http/stated_user.ts";
import { guestLanguage } from "../../../core/names/names.ts";

/** Who calls, as a session has to be told. */
export interface Caller {
  /** What is known before the hello. */
  readonly origin: HandshakeInfo;
  /** What the hello says. */
  readonly hello: Omit<RequestOf<"hello">, "type" | "id">;
}

/** What finding the caller needs. */
export interface CallerContext {
  /** Recognizes the tokens of guests and members. */
  readonly sessionTokens: Pick<SessionTokens, "verify">;
  /** The user whom a proxy or a cookie states. */
  readonly statedUser: (request: Request, source: RequestSource) => StatedUser;
}

/** Finds out who makes a request, without checking any token; a refusal if that cannot be known. @param seed Makes a guest the same one again. */
export function callerOf(
  request: Request,
  source: RequestSource,
  { query, seed }: { readonly query: URLSearchParams; readonly seed: string | undefined },
  { sessionTokens, statedUser }: CallerContext,
): Caller | Refusal {
  const { headers } = request;
  const key = admissionKey(source.address);
  const name = query.get("name") ?? undefined;
  const origin = {
    address: key === EXEMPT_KEY ? undefined : key,
    language: guestLanguage(headers.get("accept-language")),
  };
  const hello = { ...(name !== undefined && { name }) };
  const token = bearerToken(headers.get("authorization"));
  const ticket = query.get("ticket") ?? undefined;
  if (token !== undefined) {
    return sessionTokens.verify(token)
      ? { origin, hello: { ...hello, resume: token } }
      : { origin: { ...origin, token }, hello };
  }
  if (ticket !== undefined) return { origin: { ...origin, ticket }, hello };
  const user = statedUser(request, source);
  if (user !== undefined && "kind" in user) return user;
  if (user !== undefined) return { origin: { ...origin, user }, hello };
  const guestSeed = seed === undefined ? undefined : JSON.stringify([source.address, name, seed]);
  return { origin: { ...origin, guestSeed }, hello };
}
