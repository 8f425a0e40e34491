/**
 * The fault that answers a request that cannot be parsed.
 * @module
 */
import assert from "node:assert/strict";
import { parseRequest } from "../../../lib/core/protocol/json_protocol.ts";
import { REQUESTS } from "../../../lib/core/protocol/requests.ts";

const LONG = "x".repeat(100_000);
const FIELDS = [
  "id",
  "name",
  "resume",
  "room",
  "since",
  "limit",
  "text",
  "reply",
  "of",
  "emoji",
  "on",
  "position",
  "before",
];

for (const type of Object.keys(REQUESTS)) {
  Deno.test(`A fault about ${type} does not grow with the request`, () => {
    for (const field of FIELDS) {
      for (
        const value of [LONG, [LONG], { [LONG]: LONG }, Number("9".repeat(300)), "\0".repeat(9)]
      ) {
        const read = parseRequest(JSON.stringify({ type, room: "a", of: "a:1", [field]: value }));
        if (read?.type === "fault") {
          assert.ok(read.message.length <= 150, read.message.slice(0, 300));
        }
      }
    }
  });
}

Deno.test("A fault about a field names the field and what is wrong", () => {
  const read = parseRequest('{"type":"history","room":"a","limit":"many"}');
  assert.ok(read?.type === "fault");
  assert.equal(read.message, 'limit: Invalid type: Expected number but received "many"');
});
