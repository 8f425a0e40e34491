/**
 * What pages of other sites can do: import the client library (CORS), and show the service's pages in a frame.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const origins = ["https://blog.example"];
 * const headers = corsHeaders(origins, "https://blog.example");
 * assert.equal(headers["access-control-allow-origin"], "https://blog.example");
 * assert.equal(framingHeaders("none").ancestors, "'none'");
 * ```
 * @module
 */
import { MAX_ORIGIN_LENGTH, type OriginPolicy } from "./handshake.ts";

/** The pages that may frame the service's pages: none, those of the same origin, any, or a list of origins. */
export type FramerPolicy = "none" | OriginPolicy;

/** Headers of a file that these origins can import. @param origin The request's `Origin`; null for none. */
export function corsHeaders(
  origins: OriginPolicy,
  origin: string | null,
): Readonly<Record<string, string>> {
  if (origins === "same") return {};
  if (origins === "*") return ANY_ORIGIN_HEADERS;
  // The answer depends on the origin, so a cache must not give one page what was meant for another.
  const headers = {
    "cross-origin-resource-policy": "cross-origin",
    vary: "accept-encoding, origin",
  };
  const isListed = origin !== null && origin.length <= MAX_ORIGIN_LENGTH &&
    origins.includes(origin.toLowerCase());
  return isListed ? { ...headers, "access-control-allow-origin": origin } : headers;
}

/** The headers of a response that every page can read. */
export const ANY_ORIGIN_HEADERS = {
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
} as const satisfies Readonly<Record<string, string>>;

/** The values of the two headers that control framing. */
export interface FramingHeaders {
  /** The sources of `frame-ancestors` in a Content-Security-Policy. */
  readonly ancestors: string;
  /** `X-Frame-Options` for browsers without `frame-ancestors`; undefined if it cannot express the policy. */
  readonly options: "DENY" | "SAMEORIGIN" | undefined;
}

/** The headers for a framing policy. */
export function framingHeaders(framers: FramerPolicy): FramingHeaders {
  switch (framers) {
    case "none":
      return { ancestors: "'none'", options: "DENY" };
    case "same":
      return { ancestors: "'self'", options: "SAMEORIGIN" };
    case "*":
      return { ancestors: "*", options: undefined };
    default:
      return { ancestors: framers.join(" "), options: undefined };
  }
}
