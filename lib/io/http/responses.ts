/**
 * Builds responses with a text body, and the headers common to all responses. The length is set explicitly: a response to
 * HEAD has no body, and the runtime would send a length of 0.
 * @module
 */
import { BusUnavailable } from "../../chat/ports/bus.ts";
import { type Refusal, refuse } from "../../core/http/handshake.ts";
import { logger } from "../logger.ts";
import { ANY_ORIGIN_HEADERS } from "../../core/http/cross_origin.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";

/** Why a handshake is refused. */
export interface RefusalReason {
  /** Stable code for programs. */
  readonly code: "origin_refused" | "host_refused" | "too_many_connections" | "unavailable";
  /** The response that the handshake would get. */
  readonly refusal: Refusal;
}

/** An error of the HTTP API. */
export interface Problem {
  /** The HTTP status. */
  readonly status: number;
  /** Stable code for programs, the same as in frames; undefined if the status says it all. */
  readonly code?: FaultCode | RefusalReason["code"] | undefined;
  /** What is wrong, for the developer of the client. */
  readonly detail: string;
  /** Time after which the same request may succeed. */
  readonly afterMs?: number | undefined;
  /** What has to wait, as in the fault. */
  readonly scope?: string | undefined;
  /** What a moderator gave as the reason. */
  readonly reason?: string | undefined;
  /** Headers that the status requires, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The phrases of RFC 9110 §15 and RFC 6585 §4. */
const TITLES: Readonly<Record<number, string>> = {
  202: "Accepted",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};

const encoder = new TextEncoder();

/** Browser features that the pages do not use (W3C Permissions Policy). */
const DENIED_FEATURES = [
  ...["accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read"],
  ...["display-capture", "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope"],
  ...["hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment"],
  ...["picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb"],
  ...["xr-spatial-tracking"],
];

const ALL_DENIED = denyPolicy(DENIED_FEATURES);

/** The features that other responses deny. Browsers apply the policy to documents only. */
const DENIED_EVERYWHERE = ["camera", "geolocation", "microphone"];

/** Prevent content sniffing, window handles, embedding, use of sensors, and page addresses in `Referer`. */
const SECURITY_HEADERS = Object.entries({
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": denyPolicy(DENIED_EVERYWHERE),
  "referrer-policy": "no-referrer",
});

/**
 * Adds the security headers to a response, except those already set. A 101 gets none: browsers do not show it, and small
 * clients have only 1 KB for it (esp_websocket_client).
 */
export function withSecurityHeaders(response: Response): Response {
  if (response.status === 101) return response;
  for (const [name, value] of SECURITY_HEADERS) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  if (response.headers.get("content-type")?.startsWith("text/html")) {
    response.headers.set("permissions-policy", ALL_DENIED);
  }
  return response;
}

/**
 * The response to a request whose handler failed: 503 if it certainly had no effect because the store or the main thread could not
 * be reached; otherwise 500, and the error is logged.
 */
export function failureResponse(error: unknown, url: string): Response {
  const isAway = error instanceof BusUnavailable && !error.mayHaveApplied;
  if (!isAway) logger.error("request.failed", { error: String(error) });
  const refusal = isAway
    ? refuse(503, `The service cannot do this now: ${error.message}`, { "retry-after": "2" })
    : refuse(500, "Internal error");
  return withSecurityHeaders(refusalFor(url, refusal, isAway ? "unavailable" : undefined));
}

function denyPolicy(features: readonly string[]): string {
  return features.map((feature) => `${feature}=()`).join(", ");
}

/** A response with a text body. @param headers Names in lower case. */
export function textResponse(
  body: string,
  status: number,
  headers: Readonly<Record<string, string>>,
): Response {
  const length = String(encoder.encode(body).length);
  return new Response(body, { status, headers: { ...headers, "content-length": length } });
}

/** A refusal, as one line of plain text. */
export function refusalResponse({ status, reason, headers }: Refusal): Response {
  const type = { "content-type": "text/plain; charset=utf-8" };
  return textResponse(`${reason}\n`, status, { ...type, ...headers });
}

/** URLs of the HTTP API. A bad Host may have changed what comes before. */
const API_URL = /^[^?#]*\/(?:api|hooks)\//;

/** A refusal in the form that clients of a URL expect: problem details from the HTTP API, otherwise a line of plain text. */
export function refusalFor(url: string, refusal: Refusal, code?: Problem["code"]): Response {
  if (!API_URL.test(url)) return refusalResponse(refusal);
  return problemResponse({ ...refusalProblem({ refusal }), code });
}

/** The response that explains a refused handshake; no reason means it would be accepted. Readable by any origin. */
export function refusalReasonResponse(reason?: RefusalReason): Response {
  const waitSeconds = Number(reason?.refusal.headers["retry-after"]);
  const response = jsonResponse({
    admitted: reason === undefined,
    ...(reason && { code: reason.code, message: reason.refusal.reason }),
    ...(waitSeconds > 0 && { afterMs: waitSeconds * 1000 }),
  });
  for (const [name, value] of Object.entries(ANY_ORIGIN_HEADERS)) response.headers.set(name, value);
  return response;
}

/** A response with a value as JSON; not to be cached. */
export function jsonResponse(value: unknown, status = 200): Response {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return textResponse(JSON.stringify(value), status, headers);
}

/** A refusal, as the HTTP API answers it. */
export function refusalProblem(
  { code, refusal }: Partial<RefusalReason> & Pick<RefusalReason, "refusal">,
): Problem {
  const { status, reason: detail, headers } = refusal;
  return { status, code, detail, headers };
}

/** An error of the HTTP API as problem details (RFC 9457). With 429, nothing is left of a quota. */
export function problemResponse(
  { status, code, detail, afterMs, scope, reason, headers }: Problem,
): Response {
  const body = {
    // The status is all there is to say about the type (RFC 9457 §4.2.1); programs use the code.
    type: "about:blank",
    title: TITLES[status] ?? "Error",
    status,
    detail,
    ...(code && { code }),
    ...(afterMs !== undefined && { afterMs }),
    ...(scope && { scope }),
    ...(reason && { reason }),
  };
  return textResponse(JSON.stringify(body), status, {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...(status === 429 && { ratelimit: `"requests";r=0;t=${headers?.["retry-after"] ?? 1}` }),
    ...headers,
  });
}
