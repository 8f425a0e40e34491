/** What is asked about a message, and which answers are valid. */
import assert from "node:assert/strict";
import { parseReviewAnswer, reviewBody } from "../../../lib/core/moderation/review.ts";
import { lobby, user } from "../../contract/fixtures.ts";
import { name } from "../../support/fakes.ts";

const MAX_TEXT_BYTES = 10;
const TIMESTAMP = "2026-03-01T12:00:00.000Z";
const MESSAGE = {
  ...{ room: lobby, user: user("u7bob3k2"), name: name("Bob"), id: "m-1", text: "hello" },
};

function parse(answer: unknown) {
  return parseReviewAnswer(JSON.stringify(answer), MAX_TEXT_BYTES);
}

for (
  const [what, about, more] of [
    ["a message", { kind: "say" }, { kind: "say" }],
    ["a reply", { kind: "say", reply: { epoch: "e", seq: 3 } }, { kind: "say", reply: "e:3" }],
    ["an edit", { kind: "edit", of: { epoch: "e", seq: 3 } }, { kind: "edit", of: "e:3" }],
  ] as const
) {
  Deno.test(`reviewBody() describes ${what}`, () => {
    assert.deepEqual(JSON.parse(reviewBody({ ...MESSAGE, about }, TIMESTAMP)), {
      type: "message.review",
      timestamp: TIMESTAMP,
      data: { ...MESSAGE, ...more },
    });
  });
}

Deno.test("reviewBody() has the mentions and the metadata of a message", () => {
  const more = { mentions: [user("u7ann3k2")], metadata: { build: 7 } };
  const body = reviewBody({ ...MESSAGE, ...more, about: { kind: "say" } }, TIMESTAMP);
  assert.deepEqual(JSON.parse(body).data, { ...MESSAGE, ...more, kind: "say" });
});

for (
  const [answer, parsed] of [
    [{ action: "accept" }, { kind: "accepted" }],
    [{ action: "accept", text: 5, more: true }, { kind: "accepted" }],
    [{ action: "reject" }, { kind: "rejected" }],
    [{ action: "reject", reason: null }, { kind: "rejected" }],
    [{ action: "reject", reason: " \n " }, { kind: "rejected" }],
    [{ action: "reject", reason: "an\n\u2028 ad\0" }, { kind: "rejected", reason: "an ad" }],
    [{ action: "replace", text: "😀😀" }, { kind: "replaced", text: "😀😀" }],
  ] as const
) {
  Deno.test(`parseReviewAnswer() understands ${JSON.stringify(answer)}`, () => {
    assert.deepEqual(parse(answer), parsed);
  });
}

for (
  const answer of [
    null,
    [],
    "accept",
    {},
    { action: "Accept" },
    { action: "reject", reason: 5 },
    { action: "replace" },
    { action: "replace", text: "" },
    { action: "replace", text: " \u200b" },
    { action: "replace", text: "😀😀😀" },
  ]
) {
  Deno.test(`parseReviewAnswer() does not understand ${JSON.stringify(answer)}`, () => {
    assert.equal(parse(answer), undefined);
  });
}

Deno.test("parseReviewAnswer() does not understand what is no JSON", () => {
  for (const body of ["", "<html>", '{"action":"accept"']) {
    assert.equal(parseReviewAnswer(body, MAX_TEXT_BYTES), undefined);
  }
});

Deno.test("A reason is cut after 200 characters, never within one", () => {
  const parsed = parse({ action: "reject", reason: "😀".repeat(1_000) });
  assert.deepEqual(parsed, { kind: "rejected", reason: "😀".repeat(200) });
});
