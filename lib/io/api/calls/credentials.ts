/**
 * Who makes a request of the HTTP API. A bearer token counts before a ticket in the URL, and either before what a proxy or a cookie
 * states; a request with none of them is a guest's.
 * @module
 */
import type { HandshakeInfo } from "../../../chat/sign_in/sign_in_context.ts";
import type { SessionTokens } from "../../../chat/ports/session_tokens.ts";
import type { RequestOf } from "../../../core/protocol/requests.ts";
import { bearerToken } from "../../../core/auth/bearer_token.ts";
import type { RequestSource } from "../../../core/http/ip_address.ts";
import { admissionKey, EXEMPT_KEY } from "../../../core/limits/connection_limits.ts";
import type { Refusal } from "../../../core/http/handshake.ts";
import type { Problem } from "../../http/responses.ts";
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

/** Finds out who makes a request, without checking any token; a problem if that cannot be known. @param seed Makes a guest the same one again. */
export function callerOf(
  request: Request,
  source: RequestSource,
  { query, seed }: { readonly query: URLSearchParams; readonly seed: string | undefined },
  { sessionTokens, statedUser }: CallerContext,
): Caller | Problem {
  const { headers } = request;
  const key = admissionKey(source.address);
  const name = query.get("name") ?? undefined;
  const origin = {
    address: key === EXEMPT_KEY ? undefined : key,
    language: guestLanguage(headers.get("accept-language")),
  };
  const hello = { ...(name !== undefined && { name }) };
  const token = bearerToken(headers.get("authorization"));
  if (token === "") return NO_TOKEN;
  const ticket = query.get("ticket") ?? undefined;
  if (token !== undefined) {
    return sessionTokens.verify(token)
      ? { origin, hello: { ...hello, resume: token } }
      : { origin: { ...origin, token }, hello };
  }
  if (ticket !== undefined) return { origin: { ...origin, ticket }, hello };
  const user = statedUser(request, source);
  if (user !== undefined && "kind" in user) return unknownUserProblem(user);
  if (user !== undefined) return { origin: { ...origin, user }, hello };
  const guestSeed = seed === undefined ? undefined : JSON.stringify([source.address, name, seed]);
  return { origin: { ...origin, guestSeed }, hello };
}

/** As of a script whose variable is not set. */
const NO_TOKEN: Problem = {
  status: 401,
  code: "bad_token",
  detail: "The header Authorization is not Bearer and a token",
  // RFC 6750 §3.1.
  headers: { "www-authenticate": 'Bearer error="invalid_token"' },
};

/** Why it is not known whom a proxy or a cookie states. */
function unknownUserProblem({ status, reason: detail, headers }: Refusal): Problem {
  const code = status === 503 ? "unavailable" : "bad_frame";
  return { status, code, detail, headers };
}
