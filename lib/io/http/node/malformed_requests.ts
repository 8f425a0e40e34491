/**
 * Refuses what is no request, or one that `node:http` refuses before anything reads it: in the form that clients of its URL expect.
 * @module
 */
import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { checkHost, type Refusal, refuse } from "../../../core/http/handshake.ts";
import { refusalFor, withSecurityHeaders } from "../responses.ts";

/** The error of the event `clientError`. */
export interface ClientError extends Error {
  /** Which rule was broken. */
  readonly code?: string;
  /** What was read last. */
  readonly rawPacket?: Buffer;
}

/** Why a request is refused that is none of HTTP/1.1, or that no `Request` can be made of. */
export const BAD_REQUEST: Refusal = refuse(
  400,
  "The request is not HTTP/1.1, or its method or target is not allowed",
);
const LONG_HEAD = refuse(431, "The head of the request has more than 16 KB");
const NO_HOST = refuse(400, "Host is missing");
/** Refuses CONNECT: no tunnel leads through the service. */
export const NO_TUNNEL: Refusal = refuse(405, "This is no proxy", { allow: "GET, POST" });

/** As much of a packet as shows what its request is about. */
const MAX_LINE_BYTES = 300;
/** The beginning of a request line, which need not be valid. */
const REQUEST_LINE = /^[^\s:]{1,20} ((?:https?:\/)?\/\S*)/;

/** A path or a URL: `Request` takes nothing else. */
const TARGET = /^(?:https?:\/)?\//;

/**
 * Of a head that came in several parts, only the last part is known. What it was about is not; clients of the HTTP API rely on the
 * form of an error, others on its status.
 */
const UNKNOWN_URL = "/api/";

/** The response to what could not be parsed. @param lastUrl The URL of the last request on the stream; undefined if there was none. */
export function malformedResponse(
  { code, rawPacket }: ClientError,
  lastUrl: string | undefined,
): Response {
  const line = rawPacket?.subarray(0, MAX_LINE_BYTES).toString("latin1") ?? "";
  const [, url = lastUrl ?? UNKNOWN_URL] = REQUEST_LINE.exec(line) ?? [];
  return badRequestResponse(url, code === "HPE_HEADER_OVERFLOW" ? LONG_HEAD : BAD_REQUEST);
}

/** The response to a request that reaches no handler. @param url As the client spells it. */
export function badRequestResponse(url: string, refusal: Refusal): Response {
  const code = refusal.status === 400 ? "bad_frame" : undefined;
  return withSecurityHeaders(refusalFor(url, refusal, code));
}

/** The response to a request whose Host or target says nothing; undefined if both may be good. */
export function badHeadResponse(
  { headers: { host }, httpVersion, method = "GET", url = "" }: IncomingMessage,
): Response | undefined {
  const refusal = host === undefined && httpVersion !== "1.0"
    ? NO_HOST
    : checkHost({ method, headers: { get: () => host ?? null } });
  if (refusal) return withSecurityHeaders(refusalFor(url, refusal, "host_refused"));
  return TARGET.test(url) ? undefined : badRequestResponse(url, BAD_REQUEST);
}
