/**
 * Which pages may use a path of the HTTP API: those that `ALLOWED_ORIGINS` names may also read the answers. Cookies count, so the
 * origin is checked before anything is done.
 * @module
 */
import { corsHeaders } from "../../core/http/cross_origin.ts";
import { checkOrigin, type OriginPolicy } from "../../core/http/handshake.ts";
import { problemResponse } from "./responses.ts";
import type { PathHandler } from "./routes.ts";

/** Time for which a browser may keep the response to a preflight request: two hours, the most that Chromium allows. */
const PREFLIGHT_SECONDS = 7_200;
const REQUEST_HEADERS =
  "authorization, content-type, idempotency-key, if-none-match, last-event-id";
const EXPOSED_HEADERS = "etag, ratelimit, ratelimit-policy, retry-after";

/** Refuses requests of other pages, and lets those that are allowed read the answers. @param methods Those of the path. */
export function forAllowedOrigins(
  origins: OriginPolicy,
  methods: string,
  handler: PathHandler,
): PathHandler {
  return async (request, source) => {
    const { viaTrustedProxy } = source;
    const checked = checkOrigin(request, { origins, viaTrustedProxy });
    if (checked.kind === "refused") {
      const { status, reason: detail } = checked;
      const code = status === 403 ? "origin_refused" : "host_refused";
      return problemResponse({ status, code, detail });
    }
    const response = request.method === "OPTIONS"
      ? preflightResponse(methods)
      : await handler(request, source);
    const cors = corsHeaders(origins, request.headers.get("origin"));
    for (const [name, value] of Object.entries(cors)) {
      // The answer may depend on the caller, too.
      if (name === "vary") response.headers.append(name, value);
      else response.headers.set(name, value);
    }
    if ("access-control-allow-origin" in cors) {
      response.headers.set("access-control-expose-headers", EXPOSED_HEADERS);
    }
    return response;
  };
}

function preflightResponse(methods: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      allow: `${methods}, OPTIONS`,
      "access-control-allow-methods": methods,
      "access-control-allow-headers": REQUEST_HEADERS,
      "access-control-max-age": String(PREFLIGHT_SECONDS),
    },
  });
}
