/** The headers that pages of other sites receive. */
import assert from "node:assert/strict";
import { corsHeaders, framingHeaders } from "../../../lib/core/http/cross_origin.ts";

const LIST = ["https://blog.example", "null"];
const ALLOWS = "access-control-allow-origin";

for (
  const [policy, origin, allowed, corp, vary] of [
    ["same", "https://blog.example", undefined, undefined, undefined],
    ["*", "https://blog.example", "*", "cross-origin", undefined],
    ["*", null, "*", "cross-origin", undefined],
    [
      LIST,
      "https://blog.example",
      "https://blog.example",
      "cross-origin",
      "accept-encoding, origin",
    ],
    [LIST, "null", "null", "cross-origin", "accept-encoding, origin"],
    [LIST, "https://evil.example", undefined, "cross-origin", "accept-encoding, origin"],
    [LIST, `https://${"a".repeat(300)}`, undefined, "cross-origin", "accept-encoding, origin"],
    [LIST, null, undefined, "cross-origin", "accept-encoding, origin"],
  ] as const
) {
  Deno.test(`corsHeaders() for ${policy} lets ${String(origin).slice(0, 30)} read: ${allowed}`, () => {
    const headers = corsHeaders(policy, origin);
    assert.equal(headers[ALLOWS], allowed);
    assert.equal(headers["cross-origin-resource-policy"], corp);
    assert.equal(headers["vary"], vary);
  });
}

for (
  const [policy, ancestors, options] of [
    ["none", "'none'", "DENY"],
    ["same", "'self'", "SAMEORIGIN"],
    ["*", "*", undefined],
    [
      ["https://a.example", "http://b.example:8000"],
      "https://a.example http://b.example:8000",
      undefined,
    ],
  ] as const
) {
  Deno.test(`framingHeaders() ${policy} is frame-ancestors ${ancestors}`, () => {
    assert.deepEqual(framingHeaders(policy), { ancestors, options });
  });
}
