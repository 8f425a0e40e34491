/**
 * Responses to requests that cannot be parsed, and to those that `node:http` would refuse itself, in the form that clients of the
 * URL expect.
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

/** The refusal of what is not HTTP/1.1, and of requests that `Request` does not support. */
export const BAD_REQUEST: Refusal = refuse(
  400,
  "The request is not HTTP/1.1, or its method or target is not allowed",
);
const LONG_HEAD = refuse(431, "The head of the request has more than 16 KB");
const NO_HOST = refuse(400, "Host is missing");
/** Refuses CONNECT: no tunnel leads through the service. */
export const NO_TUNNEL: Refusal = refuse(405, "This is no proxy", { allow: "GET, POST" });

/** How much of a packet is searched for its request line. */
const MAX_LINE_BYTES = 300;
/** The beginning of a request line, which need not be valid. */
const REQUEST_LINE = /^[^\s:]{1,20} ((?:https?:\/)?\/\S*)/;

/** A path or a URL: `Request` takes nothing else. */
const TARGET = /^(?:https?:\/)?\//;

/**
 * Stands for the URL if the head arrived in several parts, of which only the last is known. Clients of the HTTP API rely on the
 * form of an error, others only on its status.
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

/** The response to a request with a malformed Host or target; undefined if both are well-formed. */
export function badHeadResponse(
  { headers: { host }, httpVersion, method = "GET", url = "" }: IncomingMessage,
): Response | undefined {
  const refusal = host === undefined && httpVersion !== "1.0"
    ? NO_HOST
    : checkHost({ method, headers: { get: () => host ?? null } });
  if (refusal) return withSecurityHeaders(refusalFor(url, refusal, "host_refused"));
  return TARGET.test(url) ? undefined : badRequestResponse(url, BAD_REQUEST);
}
