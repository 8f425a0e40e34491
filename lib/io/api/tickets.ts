/**
 * `POST /api/v1/tickets`: exchanges an access token for a ticket. The body of the request is never read.
 * @module
 */
import {
  checkCredential,
  type CredentialContext,
  type CredentialResult,
} from "../../chat/sign_in/credential_check.ts";
import type { TokenUser } from "../../chat/ports/authenticator.ts";
import { BusUnavailable } from "../../chat/ports/bus.ts";
import type { IssuedTicket, Tickets } from "../../chat/ports/tickets.ts";
import { bearerToken } from "../../core/auth/bearer_token.ts";
import type { OriginPolicy } from "../../core/http/handshake.ts";
import type { RequestSource } from "../../core/http/ip_address.ts";
import { admissionKey, EXEMPT_KEY } from "../../core/limits/connection_limits.ts";
import type { SharedBudgets } from "../../core/limits/rate_limiter.ts";
import { NOT_READY } from "../../core/protocol/close_codes.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import { forAllowedOrigins } from "../http/origin_check.ts";
import { jsonResponse, type Problem, problemResponse } from "../http/responses.ts";
import type { PathHandler } from "../http/routes.ts";

/** What issuing tickets needs. */
export interface TicketApiContext extends CredentialContext {
  /** Issues the tickets. */
  readonly tickets: Tickets;
  /** Limits the tickets of a user, and the tokens that are refused. */
  readonly limits: Pick<SharedBudgets, "checkBadTokens" | "chargeBadToken" | "checkTicket">;
  /** Origins of the pages that may request a ticket. */
  readonly origins: OriginPolicy;
}

const NO_TOKEN: Problem = {
  status: 401,
  code: "token_required",
  detail: "The request has no header Authorization with Bearer and an access token",
  headers: { "www-authenticate": "Bearer" },
};

/** Creates the handler of the path. */
export function ticketHandler(context: TicketApiContext): PathHandler {
  return forAllowedOrigins(context.origins, "POST", (request, source) => {
    if (request.method !== "POST") {
      const detail = "A ticket is requested with POST";
      return problemResponse({ status: 405, detail, headers: { allow: "POST, OPTIONS" } });
    }
    const token = bearerToken(request.headers.get("authorization"));
    return token === undefined ? problemResponse(NO_TOKEN) : exchange(token, source, context);
  });
}

async function exchange(
  token: string,
  { address }: RequestSource,
  context: TicketApiContext,
): Promise<Response> {
  const key = admissionKey(address);
  const counted = key === EXEMPT_KEY ? undefined : key;
  const result = await checkCredential({ kind: "token", token }, counted, context);
  if (result.kind !== "known") return refusalOf(result);
  const afterMs = context.limits.checkTicket(result.user.user, context.clock.now());
  if (afterMs > 0) return laterResponse("slow_down", "slow down: too many tickets", afterMs);
  return await issue(result.user, context);
}

async function issue(user: TokenUser, { tickets }: TicketApiContext): Promise<Response> {
  try {
    const issued: IssuedTicket = await tickets.issue(user);
    return jsonResponse(issued, 201);
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    return laterResponse("unavailable", error.message, NOT_READY.afterMs ?? 0);
  }
}

function refusalOf(result: Exclude<CredentialResult, { kind: "known" }>): Response {
  const { code, why: detail } = result;
  if (result.kind === "postponed") return laterResponse(result.code, detail, result.afterMs);
  // RFC 6750 §3.1.
  const headers = { "www-authenticate": 'Bearer error="invalid_token"' };
  return problemResponse({ status: 401, code, detail, headers });
}

function laterResponse(
  code: FaultCode & ("slow_down" | "unavailable"),
  detail: string,
  afterMs: number,
): Response {
  const headers = { "retry-after": String(Math.ceil(afterMs / 1_000)) };
  return problemResponse({
    status: code === "slow_down" ? 429 : 503,
    code,
    detail,
    afterMs: Math.ceil(afterMs),
    headers,
  });
}
