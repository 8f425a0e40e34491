import assert from "node:assert/strict";
import { isMentionStart, mentionFinder } from "../../../../static/page/text/mentions.js";
import { piecesOf } from "../../../../static/page/text/rich_text.js";

const PEOPLE = ["Ann", "Ann Lee", "Bob", "Zoë", "张伟", "网友42", "İnci", "*-)", "𐐨𐐨"].map((
  name,
) => ({
  user: name,
  name,
}));
const find = mentionFinder(PEOPLE);

for (
  const [text, ...expected] of [
    ["@Ann", "Ann"],
    ["@ann, @BOB!", "Ann", "Bob"],
    ["hello @Ann Lee and @Ann", "Ann Lee", "Ann"],
    ["@Ann Leeds", "Ann"],
    ["@Ann's", "Ann"],
    ["(@Bob)", "Bob"],
    ["@Anna @Bob2 @Bob_x", ...[]],
    ["ann@bob.example ann.lee@Ann 1@Bob _@Bob", ...[]],
    ["a.example/@Bob https://a.example/@Bob", ...[]],
    ["@@Bob", ...[]],
    ["@ Bob", ...[]],
    ["@", ...[]],
    ["@Carl", ...[]],
    ["@zoë", "Zoë"],
    ["@Zo", ...[]],
    ["@Zoë\u0301", ...[]],
    ["请@张伟 看一下", "张伟"],
    ["ユーザー@Bob", "Bob"],
    ["@张伟国", ...[]],
    ["@网友42，@网友421", "网友42"],
    ["@İnci", "İnci"],
    ["@*-)@Bob", "*-)", "Bob"],
    ["❤️@𐐀𐐨", "𐐨𐐨"],
    ["𐐨@Bob", ...[]],
  ] as const
) {
  Deno.test(`mentionFinder() finds ${expected.join(", ") || "nobody"} in ${JSON.stringify(text)}`, () => {
    const found = [...find(text)];
    assert.deepEqual(found.map(({ user }) => user), expected);
    for (const { start, end, user } of found) {
      assert.equal(text.slice(start, end).toLowerCase(), `@${user}`.toLowerCase());
    }
  });
}

Deno.test("mentionFinder() finds the first of several people with one name, and nobody without a name", () => {
  const people = [["u1", ""], ["u2", "Ann"], ["u3", "ann"]].map(([user = "", name = ""]) => ({
    user,
    name,
  }));
  assert.deepEqual([...mentionFinder(people)("@ @ANN")], [{ start: 2, end: 6, user: "u2" }]);
  assert.deepEqual([...mentionFinder([])("@ann")], []);
});

for (
  const [before, expected] of [
    ["", true],
    ["see ", true],
    ["请", true],
    ["𠮷", true],
    ["a", false],
    ["7", false],
    ["한", false],
  ] as const
) {
  Deno.test(`isMentionStart() is ${expected} after ${JSON.stringify(before)}`, () => {
    assert.equal(isMentionStart(`${before}@`, before.length), expected);
  });
}

/** Shows mentions in brackets, and leaves out what is neither mention nor text. */
function shown(text: string): string {
  return piecesOf(text, PEOPLE).map((piece) => {
    if (piece.type === "mention") return `[${piece.text}]`;
    return piece.type === "text" ? piece.text : "…";
  }).join("");
}

for (
  const [text, expected] of [
    ["@ann and @Bob", "[@ann] and [@Bob]"],
    ["`@Ann` @Ann", "… [@Ann]"],
    ["```\n@Ann\n```\n@Ann", "…[@Ann]"],
    ["https://a.example/@Ann?to=(@Bob) @Bob", "… [@Bob]"],
    ["`x`@Bob", "…[@Bob]"],
  ] as const
) {
  Deno.test(`piecesOf() sets off mentions, but not in code or links, in ${JSON.stringify(text)}`, () => {
    assert.equal(shown(text), expected);
  });
}

Deno.test("piecesOf() makes at most a thousand pieces, and omits nothing, from any number of mentions", () => {
  const text = "@Ann ".repeat(13_000);
  const pieces = piecesOf(text, PEOPLE);
  assert.ok(pieces.length <= 1_002);
  assert.equal(pieces.map((it) => it.text).join(""), text);
});

Deno.test("Mentions are found in linear time, however many people there are", () => {
  // Comparing each sign with each name would take minutes, beyond the test's time limit.
  const numbered = Array.from({ length: 1_000 }, (_, i) => ({ user: `u${i}`, name: `Ann ${i}` }));
  for (const part of ["@", "@ ", "@a ", "@Ann "]) {
    const text = part.repeat(65_000 / part.length);
    for (const people of [PEOPLE, numbered]) assert.ok(piecesOf(text, people).length > 0, part);
  }
});
