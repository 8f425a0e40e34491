import assert from "node:assert/strict";
import { isOnlyEmoji, paragraphsOf, partsOf, piecesOf } from "../../static/page/rich_text.js";

/** Links in brackets, code in backticks, so that a table can be read. */
function shown(text: string): string {
  return piecesOf(text).map((piece) => {
    if (piece.type === "link") return `[${piece.text}]`;
    if (piece.type === "code") return `<${piece.text}>`;
    return piece.type === "block" ? `<<${piece.text}>>` : piece.text;
  }).join("");
}

const TEXTS = [
  ["hello", "hello"],
  ["", ""],
  ["see https://a.example/x.", "see [https://a.example/x]."],
  ["(https://a.example/x_(y))", "([https://a.example/x_(y)])"],
  ["https://a.example/?q=[1]!?", "[https://a.example/?q=[1]]!?"],
  ["**https://a.example**", "**[https://a.example]**"],
  ["HTTP://A.example", "[HTTP://A.example]"],
  ["看https://a.example/路，好", "看[https://a.example/路]，好"],
  ["xhttps://a.example", "xhttps://a.example"],
  ["“https://a.example”", "“[https://a.example]”"],
  ["https://", "https://"],
  ["https://user@evil.example/", "https://user@evil.example/"],
  ["https://bank.example:x@evil.example/", "https://bank.example:x@evil.example/"],
  ["javascript:alert(1) data:text/html,x", "javascript:alert(1) data:text/html,x"],
  ["https://a.example/\u202egpj.exe", "[https://a.example/]\u202egpj.exe"],
  ['<a href="https://a.example">', '<a href="[https://a.example]">'],
  ["a `b` c", "a <b> c"],
  ["`https://a.example`", "<https://a.example>"],
  ["``", "``"],
  ["`a\nb`", "`a\nb`"],
  ["```\na\n  b\n```\nc", "<<a\n  b>>c"],
  ["```js\nlet x;\n```", "<<let x;>>"],
  ["```one line```", "<<one line>>"],
  ["```never closed", "```never closed"],
] as const;

for (const [text, expected] of TEXTS) {
  Deno.test(`piecesOf() reads ${JSON.stringify(text)}`, () => assert.equal(shown(text), expected));
}

Deno.test("piecesOf() makes no link but of http and https, whatever stands before", () => {
  for (const text of TEXTS.map(([text]) => text)) {
    for (const piece of piecesOf(text)) {
      if (piece.type === "link") assert.match(piece.href, /^https?:\/\/[^@]+$/);
    }
  }
});

Deno.test("piecesOf() passes once over texts made to be slow", () => {
  // Quadratic work on these would take minutes; the test's own time limit would not be met.
  const length = 200_000;
  for (const part of [")", "`", "```", "https://a.example/)", "(", "https://", ".", "`a\n"]) {
    const text = `https://a.example/${part.repeat(Math.ceil(length / part.length))}`;
    assert.ok(piecesOf(text).length > 0, part);
  }
});

for (
  const [text, expected] of [
    ["👍", true],
    ["👋 🎉", true],
    ["👩‍👩‍👧‍👦", true],
    ["🇩🇪❤️", true],
    ["1", false],
    ["ok 👍", false],
    [" ", false],
    ["👍".repeat(7), false],
  ] as const
) {
  Deno.test(`isOnlyEmoji() says ${expected} of ${JSON.stringify(text)}`, () => {
    assert.equal(isOnlyEmoji(text), expected);
  });
}

for (const part of ["a", "👍", "line\n", "word ", "`c` ", "https://a.example/ ", "ב", "```x``` "]) {
  Deno.test(`paragraphsOf() leaves nothing out of ${JSON.stringify(part)} over and over`, () => {
    const text = part.repeat(20_000 / part.length);
    const paragraphs = paragraphsOf(text).map((it) => it.map(({ text }) => text).join(""));
    assert.equal(paragraphs.join(""), piecesOf(text).map(({ text }) => text).join(""));
    assert.ok(paragraphs.every((it) => it.length <= 4_000 && it.isWellFormed()));
  });
}

Deno.test("paragraphsOf() makes a single one of a text of usual length", () => {
  assert.equal(paragraphsOf("a `b` https://c.example\n".repeat(20)).length, 1);
  assert.deepEqual(paragraphsOf(""), [[]]);
});

Deno.test("partsOf() cuts after a line where there is one, and else after a word", () => {
  const lines = `${"a b ".repeat(900)}\n`;
  assert.deepEqual(partsOf(lines + lines), [lines, lines]);
  assert.ok(partsOf("a b ".repeat(2_000)).every((it) => it.endsWith(" ") || it === ""));
});

Deno.test("isOnlyEmoji() reads a text once, however many ways there are to read it", () => {
  // Read in all ways, each pair of parts would double the time: 2^29 of them take minutes.
  for (const part of ["👍🏽", "#\ufe0f\u20e3🏽", "👩🏽\u200d", "🇩🇪🇩"]) {
    assert.equal(isOnlyEmoji(`${part.repeat(Math.floor(119 / part.length))}a`), false);
  }
});

Deno.test("piecesOf() makes no more than a thousand pieces, and no link of a long address", () => {
  assert.ok(piecesOf("`a` ".repeat(5_000)).length <= 1_002);
  assert.deepEqual(piecesOf(`http://${"世".repeat(3_000)}`).map(({ type }) => type), ["text"]);
});
