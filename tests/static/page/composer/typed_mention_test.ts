import assert from "node:assert/strict";
import { peopleToSuggest, typedMention } from "../../../../static/page/composer/typed_mention.js";

for (
  const [before, start, query] of [
    ["@", 0, ""],
    ["@be", 0, "be"],
    ["hello @Ann L", 6, "Ann L"],
    ["请@张", 1, "张"],
    ["@Ann, @b", 6, "b"],
  ] as const
) {
  Deno.test(`typedMention() is "${query}" after ${JSON.stringify(before)}`, () => {
    assert.deepEqual(typedMention(before), { start, query });
  });
}

for (
  const before of [
    ...["", "hello", "ann@be", "@ ", "@ be", "@be ", "@be\n", "@be\nn", "@@be", "```\n@be"],
    `@${"x".repeat(129)}`,
  ]
) {
  Deno.test(`typedMention() is null after ${JSON.stringify(before.slice(0, 20))}`, () => {
    assert.equal(typedMention(before), null);
  });
}

const PEOPLE = ["Abe", "Ben", "Ann Lee", "Ann", "Robert Ben", "BEN", "张伟", "Zoë"].map((name) => ({
  user: name,
  name,
  room: "den",
}));

for (
  const [query, ...expected] of [
    ["be", "Ben", "Robert Ben", "Abe"],
    ["ann", "Ann", "Ann Lee"],
    ["ann l", "Ann Lee"],
    ["ann e", ...[]],
    ["rb", "Robert Ben"],
    ["rob b", ...[]],
    ["zoe", "Zoë"],
    ["伟", "张伟"],
    ["x", ...[]],
  ] as const
) {
  Deno.test(`peopleToSuggest() is ${expected.join(", ") || "empty"} for "${query}"`, () => {
    assert.deepEqual(peopleToSuggest(query, PEOPLE).map(({ name }) => name), expected);
  });
}

Deno.test("peopleToSuggest() is the first eight people before anything is typed", () => {
  const many = Array.from({ length: 40 }, (_, i) => ({ user: `${i}`, name: `${i}`, room: "den" }));
  assert.deepEqual(peopleToSuggest("", many), peopleToSuggest("", many.slice(0, 8)));
  assert.equal(peopleToSuggest("", many).length, 8);
});
