/**
 * The fault that answers a request that cannot be parsed.
 * @module
 */
import assert from "node:assert/strict";
import { parseRequest } from "../../../lib/core/protocol/json_protocol.ts";
import { MODERATOR_ACTIONS, REQUESTS } from "../../../lib/core/protocol/requests.ts";

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
          assert.ok(read.message.length <= 250, read.message.slice(0, 300));
        }
      }
    }
  });
}

const ID_RULE = "a user id has 8 to 40 characters: 0-9, a-z and _";
const OF_MENTIONS = "mentions: Expected a list of at most 20 ids of users";

for (
  const [request, message] of [
    [
      { type: "history", limit: "many" },
      'limit: Invalid type: Expected number but received "many"',
    ],
    [
      { type: "history", before: "12" },
      "before: Expected a position: epoch:seq, such as k3j9f2:127",
    ],
    [{ type: "say" }, "text: the field is missing"],
    [{ type: "say", text: "a", mentions: ["u1"] }, `mentions.0: ${ID_RULE}`],
    [{ type: "say", text: "a", mentions: ["user_bob", 7] }, `mentions.1: ${ID_RULE}`],
    [{ type: "say", text: "a", mentions: "user_bob" }, OF_MENTIONS],
    [{ type: "say", text: "a", mentions: new Array(21).fill("u1") }, OF_MENTIONS],
    [
      { type: "say", text: "a", metadata: [] },
      "metadata: Expected an object of at most 2048 bytes as JSON, with at most 8 levels of objects and arrays",
    ],
    [{ type: "react", of: "a:1", emoji: "no" }, "emoji: Expected one emoji"],
    [{ type: "delete", of: "a:1", reason: "a\nb" }, "reason: Expected one line of text"],
    [
      { type: "moderate", action: "x".repeat(199) },
      `action: Invalid type: Expected (${
        MODERATOR_ACTIONS.map((it) => `"${it}"`).join(" | ")
      }) but received "${"x".repeat(99)}…`,
    ],
  ] as const
) {
  Deno.test(`A fault names the field and what is expected: ${message.slice(0, 60)}`, () => {
    const read = parseRequest(JSON.stringify({ room: "a", ...request }));
    assert.ok(read?.type === "fault");
    assert.equal(read.message, message);
  });
}
