import assert from "node:assert/strict";
import { isOnlyEmoji, piecesOf } from "../../static/page/rich_text.js";

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
