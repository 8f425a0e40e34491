/** Where texts are shortened: in quotes of drafts, and by itself. */
import assert from "node:assert/strict";
import { excerpt } from "../../../../static/page/text/excerpt.js";
import { reconcileDraft, toQuoted } from "../../../../static/page/composer/draft.js";

for (
  const [text, length, expected] of [
    ["", 2, ""],
    ["abc", 3, "abc"],
    ["abc", 2, "ab"],
    ["👋👋", 4, "👋👋"],
    ["👋👋", 3, "👋"],
    ["👋👋", 1, ""],
    // Damaged before: only the end is looked at.
    ["\ud800abc", 2, "\ud800a"],
  ] as const
) {
  Deno.test(`excerpt() of ${length} units of ${JSON.stringify(text)}`, () => {
    assert.equal(excerpt(text, length), expected);
  });
}

Deno.test("A quoted message is not cut within an emoji", () => {
  const message = { position: "e:1", name: "Ann", text: "a" + "👋".repeat(150) };
  const reply = toQuoted(message);
  assert.equal(reply.text, "a" + "👋".repeat(99));
  const draft = { text: "", edit: null, reply };
  assert.equal(
    reconcileDraft(draft, () => message).draft,
    draft,
    "the same text is the same quote",
  );
});
