import assert from "node:assert/strict";
import { inFlagTerms } from "../../../lib/core/command_line/flag_terms.ts";

for (
  const [detail, expected] of [
    [
      'The body must be JSON with one of "user", "subject" (and "issuer")',
      "a flag has a value that is not allowed; --help lists what each flag needs",
    ],
    [
      "nobody called Bob is a member, muted or banned: give a room, or the id as user",
      "nobody called Bob is a member, muted or banned: give a room with --room, or the id with --user",
    ],
    [
      "several are called Bob: give one of these ids as user: a_1, a_2",
      "several are called Bob: give one of these ids with --user: a_1, a_2",
    ],
    ['a subject needs an "issuer": the provider\'s', "a subject needs an --issuer: the provider's"],
    ["user: a user id has 8", "--user: a user id has 8"],
    ["rooms.1: a room has 1", "--rooms: a room has 1"],
    [
      "seconds: Invalid integer: Received 1.5",
      "a flag has a value that is not allowed; --help lists what each flag needs",
    ],
    ["There is no key with this id", "There is no key with this id"],
  ] as const
) {
  Deno.test(`inFlagTerms() speaks of flags: ${expected}`, () => {
    assert.equal(inFlagTerms(detail), expected);
  });
}
