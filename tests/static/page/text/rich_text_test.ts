import assert from "node:assert/strict";
import {
  hasStackedMarks,
  isOnlyEmoji,
  paragraphsOf,
  piecesOf,
  splitText,
} from "../../../../static/page/text/rich_text.js";

/** Shows links in brackets and code in backticks, to keep the table readable. */
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
  ["https://a.example/Schrödinger's_cat", "[https://a.example/Schrödinger's_cat]"],
  ["'https://a.example/x', 'https://b.example'", "'[https://a.example/x]', '[https://b.example]'"],
  ["'https://a.example/Schrödinger's_cat'", "'[https://a.example/Schrödinger's_cat]'"],
  ["it's https://a.example/x's.", "it's [https://a.example/x's]."],
  ["https://a.example/Hawai’i", "[https://a.example/Hawai’i]"],
  ["‘https://a.example/x’好", "‘[https://a.example/x]’好"],
  ["看‘https://a.example/x’", "看‘[https://a.example/x]’"],
  ['"https://a.example/x"', '"[https://a.example/x]"'],
  ["https://a.example/x_", "[https://a.example/x_]"],
  ["https://a.example/C*", "[https://a.example/C*]"],
  ["_https://a.example/x_y_", "_[https://a.example/x_y]_"],
  ["**https://a.example/x.**", "**[https://a.example/x].**"],
  ["*https://a.example/x_*.", "*[https://a.example/x_]*."],
  ["~~https://a.example~~", "~~[https://a.example]~~"],
  ["https://en.example/wiki/A_(b)", "[https://en.example/wiki/A_(b)]"],
  ["(https://en.example/wiki/A_(b))", "([https://en.example/wiki/A_(b)])"],
  ["[x](https://a.example/x), y", "[x]([https://a.example/x]), y"],
  ["(https://a.example),(https://b.example)", "([https://a.example]),([https://b.example])"],
  ["{https://a.example/{x}}", "{[https://a.example/{x}]}"],
  ["https://a.example/x (y)", "[https://a.example/x] (y)"],
  ["https://a.example/x(", "[https://a.example/x]("],
  ["http://[::1]:8080/x", "[http://[::1]:8080/x]"],
  ["（见https://a.example/路）", "（见[https://a.example/路]）"],
  ["「https://a.example」", "「[https://a.example]」"],
  ["https://zh.example/wiki/北京（消歧义）。", "[https://zh.example/wiki/北京（消歧义）]。"],
  ["https://zh.example/wiki/《红楼梦》", "[https://zh.example/wiki/《红楼梦》]"],
  ["https://a.example（官网）", "[https://a.example]（官网）"],
  ["https://a.example/（官网）", "[https://a.example/]（官网）"],
  ["https://a.example/x（见下", "[https://a.example/x]（见下"],
  ["https://a.example/x？y！z", "[https://a.example/x]？y！z"],
  ["https://例子.测试/路径", "[https://例子.测试/路径]"],
  ["https://bücher.example/", "[https://bücher.example/]"],
  ["https://a.example/…", "[https://a.example/]…"],
  ["https://a.example/a?b=c&d=e#f-g", "[https://a.example/a?b=c&d=e#f-g]"],
  ["https://a.example/100%25", "[https://a.example/100%25]"],
  ["||https://a.example||", "||[https://a.example]||"],
  ["www.a.example/x.", "[www.a.example/x]."],
  ["访问www.a.example，谢谢", "访问[www.a.example]，谢谢"],
  ["WWW.A.Example", "[WWW.A.Example]"],
  ["www.例子.测试", "[www.例子.测试]"],
  ["www.a www. www..a.b awww.a.b x@www.a.b", "www.a www. www..a.b awww.a.b x@www.a.b"],
  ["www.bank.example@evil.example", "www.bank.example@evil.example"],
  ["https://www.a.example", "[https://www.a.example]"],
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

Deno.test("piecesOf() links an address without a scheme to https", () => {
  assert.deepEqual(piecesOf("www.a.example/x"), [
    { type: "link", text: "www.a.example/x", href: "https://www.a.example/x" },
  ]);
});

Deno.test("piecesOf() makes links of http and https only, whatever precedes them", () => {
  for (const text of TEXTS.map(([text]) => text)) {
    for (const piece of piecesOf(text)) {
      if (piece.type === "link") assert.match(piece.href, /^https?:\/\/[^@]+$/);
    }
  }
});

Deno.test("piecesOf() is linear on texts designed to be slow", () => {
  // Quadratic work on these would take minutes, beyond the test's time limit.
  const length = 200_000;
  for (
    const part of [
      ")",
      "`",
      "```",
      "https://a.example/)",
      "(",
      "https://",
      ".",
      "`a\n",
      "（",
      "www.a.b’",
      "*",
    ]
  ) {
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
  Deno.test(`isOnlyEmoji() is ${expected} for ${JSON.stringify(text)}`, () => {
    assert.equal(isOnlyEmoji(text), expected);
  });
}

for (const part of ["a", "👍", "line\n", "word ", "`c` ", "https://a.example/ ", "ב", "```x``` "]) {
  Deno.test(`paragraphsOf() omits nothing from repetitions of ${JSON.stringify(part)}`, () => {
    const text = part.repeat(20_000 / part.length);
    const paragraphs = paragraphsOf(text).map((it) => it.map(({ text }) => text).join(""));
    assert.equal(paragraphs.join(""), piecesOf(text).map(({ text }) => text).join(""));
    assert.ok(paragraphs.every((it) => it.length <= 4_000 && it.isWellFormed()));
  });
}

Deno.test("paragraphsOf() keeps a text of usual length in one paragraph", () => {
  assert.equal(paragraphsOf("a `b` https://c.example\n".repeat(20)).length, 1);
  assert.deepEqual(paragraphsOf(""), [[]]);
});

Deno.test("splitText() cuts after a line if possible, and otherwise after a word", () => {
  const lines = `${"a b ".repeat(900)}\n`;
  assert.deepEqual(splitText(lines + lines), [lines, lines]);
  assert.ok(splitText("a b ".repeat(2_000)).every((it) => it.endsWith(" ") || it === ""));
});

for (
  const [text, expected] of [
    ["Z\u0351\u0352\u0353\u0354algo", true],
    ["e\u0301\u0302", false],
    ["ที่นี่", false],
    ["हिन्दी में", false],
    ["בְּרֵאשִׁ֖ית", false],
    ["Việt Nam", false],
    ["❤️ 👩‍👩‍👧‍👦", false],
  ] as const
) {
  Deno.test(`hasStackedMarks() is ${expected} for ${JSON.stringify(text)}`, () => {
    assert.equal(hasStackedMarks(text), expected);
  });
}

Deno.test("isOnlyEmoji() does not backtrack on ambiguous texts", () => {
  // With backtracking, each pair of parts would double the time: 2^29 steps take minutes.
  for (const part of ["👍🏽", "#\ufe0f\u20e3🏽", "👩🏽\u200d", "🇩🇪🇩"]) {
    assert.equal(isOnlyEmoji(`${part.repeat(Math.floor(119 / part.length))}a`), false);
  }
});

Deno.test("piecesOf() makes at most a thousand pieces, and no link of a long address", () => {
  assert.ok(piecesOf("`a` ".repeat(5_000)).length <= 1_002);
  assert.deepEqual(piecesOf(`http://${"世".repeat(3_000)}`).map(({ type }) => type), ["text"]);
});
