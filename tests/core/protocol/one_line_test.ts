import assert from "node:assert/strict";
import * as v from "valibot";
import { REQUESTS } from "../../../lib/core/protocol/requests.ts";

const FIELDS = [
  [REQUESTS.room, { type: "room", room: "den" }, ["title", "topic"]],
  [REQUESTS.create, { type: "create", kind: "private" }, ["title", "topic"]],
  [REQUESTS.moderate, { type: "moderate", action: "lockdown" }, ["reason"]],
  [REQUESTS.delete, { type: "delete", room: "den", of: "k3j9f2:1" }, ["reason"]],
] as const;

for (
  const [what, text, isAllowed] of [
    ["a line break", "Tea\nlobby: all welcome", false],
    ["a line separator", "Tea\u2028lobby: all welcome", false],
    ["a paragraph separator", "Tea\u2029", false],
    ["a next line", "Tea\u0085", false],
    ["an escape sequence", "Tea\x1b[2J", false],
    ["an override of the direction", "\u202eaeT", false],
    ["an embedding", "\u202bTea\u202c", false],
    ["an isolate", "\u2066Tea", false],
    ["a mark of the direction", "\u05ea\u05d4\u200f (1)", true],
    ["emoji of several characters", "\u{1f469}\u200d\u{1f680} 茶", true],
  ] as const
) {
  Deno.test(`Titles, topics and reasons ${isAllowed ? "may" : "cannot"} contain ${what}`, () => {
    for (const [schema, request, fields] of FIELDS) {
      for (const field of fields) {
        const { success } = v.safeParse(schema, { ...request, [field]: text });
        assert.equal(success, isAllowed, `${request.type}.${field}`);
      }
    }
  });
}
