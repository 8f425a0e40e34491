/** In which form what cannot be parsed is refused. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { malformedResponse } from "../../../../lib/io/http/node/malformed_requests.ts";

const PROBLEM = "application/problem+json";
const TEXT = "text/plain; charset=utf-8";

for (
  const [what, packet, lastUrl, type] of [
    ["a request to the API", "GET /api/v1/me HTTP/1.1\r\nx y: 1\r\n\r\n", undefined, PROBLEM],
    ["a request to a hook", "G@T /hooks/key HTTP/1.1\r\n\r\n", undefined, PROBLEM],
    ["a URL with a host", "FOO http://a.example/api/v1/me HTTP/1.1\r\n", undefined, PROBLEM],
    ["a request to a page", "GET /icon.svg HTTP/3.0\r\n\r\n", "/api/v1/me", TEXT],
    ["the end of a head", "x: aaaa\r\n\r\n", undefined, PROBLEM],
    ["a chunk of a request to the API", "zz\r\nhello", "/api/v1/rooms/den/messages", PROBLEM],
    ["a chunk of a request to a page", "zz\r\nhello", "/icon.svg", TEXT],
    ["nothing", undefined, undefined, PROBLEM],
  ] as const
) {
  Deno.test(`What cannot be parsed is refused as ${type}: ${what}`, () => {
    const rawPacket = packet === undefined ? undefined : Buffer.from(packet);
    const error = Object.assign(new Error("Parse Error"), { code: "HPE_ERROR", rawPacket });
    const { status, headers } = malformedResponse(error, lastUrl);
    assert.deepEqual([status, headers.get("content-type")], [400, type]);
  });
}

Deno.test("A head that is too long is refused with 431", async () => {
  const error = Object.assign(new Error("Parse Error"), { code: "HPE_HEADER_OVERFLOW" });
  const response = malformedResponse(error, undefined);
  assert.equal(response.status, 431);
  assert.equal((await response.json()).title, "Request Header Fields Too Large");
});
